-- What was read from the chain, as it was read: the ground truth from which everything else is rebuilt.

-- Finalized blocks in which one of our contracts emitted an event.
create table block (
    block_number bigint not null constraint block_pkey primary key,
    block_hash bytea not null constraint block_hash_key unique,
    parent_hash bytea not null,
    -- The contracts' clock, Unix seconds. Not timestamptz: the chain's u64 is what every rule is computed with.
    block_time bigint not null,
    -- Unix milliseconds, for latency measurements.
    time_millis bigint not null,
    constraint block_hash_length check (octet_length(block_hash) = 32),
    constraint block_parent_length check (octet_length(parent_hash) = 32)
);

-- No created_at here and below: two indexers of one chain hold byte-equal tables.
create table contract_event (
    block_hash bytea not null constraint contract_event_block_fkey references block (block_hash),
    -- Place among all events of the block.
    event_index integer not null,
    block_number bigint not null,
    extrinsic_index integer,
    transaction_hash bytea,
    contract bytea not null,
    -- Up to four words of 32 bytes, one after the other.
    topics bytea not null,
    data bytea not null,
    constraint contract_event_key unique (block_hash, event_index),
    constraint contract_event_topics_length check (octet_length(topics) in (0, 32, 64, 96, 128)),
    constraint contract_event_contract_length check (octet_length(contract) = 20)
);

-- Rebuild reads the events in chain order.
create unique index contract_event_order on contract_event (block_number, event_index);
