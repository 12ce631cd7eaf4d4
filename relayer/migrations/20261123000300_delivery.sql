-- Deliveries to the mirror and every transaction that ever carried one.

create table delivery (
    delivery_id bigint generated always as identity primary key,
    destination_chain_id bigint not null,
    mirror bytea not null,
    first_nonce bigint, -- null for a heartbeat
    nonce bigint not null, -- attested
    head bytea not null,
    epoch bigint not null,
    source_block bigint not null,
    source_time bigint not null,
    account_nonce bigint not null,
    calldata bytea not null,
    gas_limit bigint not null,
    state text not null default 'submitted',
    outcome text, -- why it was superseded
    transaction_hash bytea, -- the included one
    included_block bigint,
    included_hash bytea,
    gas_used bigint,
    paid_wei numeric(78, 0),
    included_at timestamptz,
    final_at timestamptz,
    created_at timestamptz not null default now(),
    constraint delivery_state check (state in ('submitted', 'included', 'final', 'superseded')),
    constraint delivery_included check (
        state not in ('included', 'final')
        or (transaction_hash is not null and included_block is not null and included_hash is not null)
    )
);

create index delivery_nonce on delivery (nonce);
create index delivery_open on delivery (account_nonce) where state in ('submitted', 'included');
-- Two open deliveries may never compete for one account nonce.
create unique index delivery_account_nonce_once
    on delivery (destination_chain_id, account_nonce) where state = 'submitted';

-- Recorded before it is broadcast. Replaced transactions stay: any of them may be mined.
create table delivery_transaction (
    transaction_hash bytea primary key,
    delivery_id bigint not null references delivery,
    raw bytea not null,
    max_fee_per_gas numeric(39, 0) not null,
    max_priority_fee_per_gas numeric(39, 0) not null,
    broadcast_at timestamptz,
    created_at timestamptz not null default now()
);

create index delivery_transaction_delivery on delivery_transaction (delivery_id);

create table delivery_signature (
    delivery_id bigint not null references delivery,
    attester bytea not null,
    signature bytea not null,
    created_at timestamptz not null default now(),
    constraint delivery_signature_once primary key (delivery_id, attester)
);
