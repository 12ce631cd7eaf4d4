-- Reorganisations of the destination: which deliveries an account's nonce says to be undone, and
-- since when one that left its block waits again. Older deliveries do not know their account.

alter table delivery
    add column account bytea,
    add column reopened_at timestamptz;

create index delivery_account on delivery (account, account_nonce);

drop index delivery_account_nonce_once;
-- Two open deliveries of an account may never compete for one nonce.
create unique index delivery_account_nonce_once
    on delivery (destination_chain_id, account, account_nonce) where state = 'submitted';

-- An older program writes no account, and without one nothing guards its nonces.
update schema_compatibility set needed_migration = 20261129000200;
