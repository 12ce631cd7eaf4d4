-- What binds an instance: one head for each nonce (signed_head) and one time for each block, for ever.
-- Every statement follows from these two, so the statements themselves need not all be kept: of each
-- destination, epoch and nonce the one about the newest block. So nothing that is asked for makes more
-- rows than the source chain has updates and blocks.

create table signed_block (
    signed_block_id bigint primary key, -- block number
    block_time bigint not null,
    created_at timestamptz not null default now()
);

insert into signed_block (signed_block_id, block_time)
    select source_block, min(source_time) from signed_attestation group by source_block;

delete from signed_attestation as older using signed_attestation as newer
    where (older.destination_chain_id, older.mirror, older.epoch, older.nonce)
            = (newer.destination_chain_id, newer.mirror, newer.epoch, newer.nonce)
        and older.source_block < newer.source_block;

-- One unique key and no other: of two equal rows written at the same time the second then waits for
-- the first and finds it, whatever the order of indexes.
alter table signed_attestation
    drop constraint signed_attestation_once,
    drop constraint signed_attestation_pkey,
    add constraint signed_attestation_newest
        primary key (destination_chain_id, mirror, epoch, nonce);

create index signed_attestation_nonce on signed_attestation (nonce);
