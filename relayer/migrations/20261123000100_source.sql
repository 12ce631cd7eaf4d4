-- What this instance has verified of the source chain. The newest source_block is the checkpoint.
-- Unsigned 64-bit numbers are stored bit for bit in bigint; times are Unix seconds, because they
-- are signed and hashed as such.

-- The world this schema belongs to; a service configured for another one refuses to start.
create table instance (
    instance_id boolean primary key default true,
    source_chain_id bigint not null,
    source_genesis bytea not null,
    source_contract bytea not null,
    created_at timestamptz not null default now(),
    constraint instance_is_single check (instance_id),
    constraint instance_lengths check (
        octet_length(source_genesis) = 32 and octet_length(source_contract) = 20
    )
);

create table source_block (
    source_block_id bigint primary key, -- block number
    block_hash bytea not null,
    block_time bigint not null,
    nonce bigint not null, -- of the outbox at the end of this block
    head bytea not null,
    created_at timestamptz not null default now(),
    constraint source_block_hash_unique unique (block_hash),
    constraint source_block_lengths check (octet_length(block_hash) = 32 and octet_length(head) = 32)
);

create table source_update (
    source_update_id bigint primary key, -- nonce
    source_block_id bigint not null references source_block,
    kind smallint not null,
    token_id numeric(78, 0) not null,
    holder bytea not null,
    license_type bigint not null,
    status smallint not null,
    valid_from bigint not null,
    valid_until bigint not null,
    grace_until bigint not null,
    version bigint not null,
    head bytea not null,
    created_at timestamptz not null default now(),
    constraint source_update_lengths check (octet_length(holder) = 20 and octet_length(head) = 32)
);

create index source_update_block on source_update (source_block_id);

-- A stop that only `lex-relayer resume` ends: what was read cannot be trusted.
create table halt (
    halt_id bigint generated always as identity primary key,
    reason text not null,
    block_number bigint,
    created_at timestamptz not null default now(),
    resumed_at timestamptz
);
