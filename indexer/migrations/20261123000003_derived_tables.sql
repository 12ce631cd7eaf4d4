-- What the events mean. Written by the fold only; `lex-indexer rebuild` writes the same bytes again.

create table license_type (
    license_type bigint not null constraint license_type_pkey primary key,
    kind smallint not null,
    name text not null,
    -- Seconds and counts are unbounded u64 in the contract.
    term numeric(20, 0) not null,
    renewal_window numeric(20, 0) not null,
    grace numeric(20, 0) not null,
    supply_cap numeric(20, 0) not null,
    transferable boolean not null,
    terms_hash bytea not null,
    schema_version bigint not null,
    open boolean not null,
    created_block bigint not null,
    created_at bigint not null,
    search tsvector not null generated always as (to_tsvector('simple', left(name, 4096))) stored
);

create table issuer (
    issuer bytea not null constraint issuer_pkey primary key,
    name text not null,
    registered boolean not null,
    registered_block bigint not null,
    registered_at bigint not null,
    search tsvector not null generated always as (to_tsvector('simple', left(name, 4096))) stored
);

create table issuer_grant (
    issuer bytea not null,
    license_type bigint not null,
    -- Empty covers every jurisdiction.
    jurisdiction text collate "C" not null,
    granted boolean not null,
    changed_block bigint not null,
    constraint issuer_grant_pkey primary key (issuer, license_type, jurisdiction)
);

create table license (
    license_id numeric(78, 0) not null constraint license_pkey primary key,
    holder bytea not null,
    issuer bytea not null,
    license_type bigint not null,
    jurisdiction text collate "C" not null,
    valid_from bigint not null,
    valid_until bigint not null,
    grace_until bigint not null,
    -- The stored status, 1 to 5; what holds at a time is license_status().
    status smallint not null constraint license_status_stored check (status between 1 and 5),
    -- When a suspension lifts by itself; 0: when it is resumed.
    suspended_until bigint not null,
    metadata_hash bytea not null,
    token_uri text not null,
    version bigint not null,
    issued_block bigint not null,
    issued_at bigint not null,
    updated_block bigint not null,
    updated_at bigint not null,
    -- Identifiers are lexemes as they stand; the parser would cut them at letters.
    search tsvector not null generated always as (
        to_tsvector('simple', jurisdiction || ' ' || left(token_uri, 4096))
        || array_to_tsvector(array[
            license_id::text,
            '0x' || encode(holder, 'hex'),
            '0x' || encode(issuer, 'hex')
        ])
    ) stored
);

-- One row per change of a license, never changed once its block is committed.
create table license_history (
    license_id numeric(78, 0) not null,
    version bigint not null,
    -- 1 issue, 2 renew, 3 suspend, 4 resume, 5 revoke, 6 surrender, 7 transfer
    action smallint not null,
    holder bytea not null,
    status smallint not null,
    valid_from bigint not null,
    valid_until bigint not null,
    grace_until bigint not null,
    suspended_until bigint not null,
    -- The issuer's reason code and the hash of the evidence: suspensions and revocations have them.
    reason bigint,
    evidence bytea,
    outbox_nonce bigint not null,
    block_number bigint not null,
    block_hash bytea not null,
    block_time bigint not null,
    event_index integer not null,
    transaction_hash bytea,
    constraint license_history_pkey primary key (license_id, version),
    constraint license_history_nonce_key unique (outbox_nonce)
);

-- Outbox updates for a whole holder, type or contract: frozen, closed, paused, and the end of it.
create table restriction (
    outbox_nonce bigint not null constraint restriction_pkey primary key,
    -- 2 holder frozen, 3 type closed, 4 pause
    kind smallint not null,
    -- 2: the holder's address; 3: the type as eight bytes, big endian; 4: empty
    subject bytea not null,
    in_force boolean not null,
    block_number bigint not null,
    block_time bigint not null
);
