-- How far this schema is. One row, moved by compare-and-swap in the transaction that writes the rows of the blocks.
create table checkpoint (
    only_row boolean not null default true constraint checkpoint_pkey primary key,
    -- Which chain and contracts this schema belongs to; never changes.
    chain_id bigint not null,
    genesis bytea not null,
    policy bytea not null,
    license bytea not null,
    start_block bigint not null,
    -- The last block that is committed here.
    block_number bigint not null,
    block_hash bytea not null,
    block_time bigint not null,
    -- Grows by one with each commit: what the compare-and-swap compares.
    sequence bigint not null,
    -- The outbox of the license contract, recomputed from its updates.
    outbox_nonce bigint not null,
    outbox_head bytea not null,
    constraint checkpoint_one_row check (only_row)
);
