-- The rules as read-only entities: those of types and jurisdictions, roles and freezes, modules and pauses.

alter table license_type
    -- Counts the changes of what the type allows, from 1.
    add column version bigint not null default 1,
    -- Bits: 1 committee, 2 clearance, 4 proof.
    add column issue_gates smallint not null default 0,
    add column renew_gates smallint not null default 0,
    add column transfer_gates smallint not null default 0,
    add column enforce_gates smallint not null default 0,
    -- Zero: none.
    add column committee bytea not null default '\x0000000000000000000000000000000000000000',
    -- 0 to 1000.
    add column minimum_score integer not null default 0,
    -- 0: none.
    add column circuit numeric(20, 0) not null default 0,
    add column circuit_version bigint not null default 0,
    add column statement smallint not null default 0,
    -- Basis points.
    add column royalty integer not null default 0,
    -- Zero: the license's issuer.
    add column royalty_receiver bytea not null default '\x0000000000000000000000000000000000000000',
    -- 0: none.
    add column parent_type bigint not null default 0;

-- Every version of a jurisdiction's rules; the last one holds.
create table rule_bundle (
    jurisdiction text collate "C" not null,
    version bigint not null,
    bundle_id bytea not null,
    removed boolean not null,
    -- One place per rule, in their order.
    demands smallint[] not null,
    actions bigint[] not null,
    license_types numeric(20, 0)[] not null,
    rule_values numeric(20, 0)[] not null,
    set_block bigint not null,
    set_at bigint not null,
    constraint rule_bundle_pkey primary key (jurisdiction, version)
);

-- What policy knows about an account that has or had a role, was frozen or was recovered.
create table account (
    account bytea not null constraint account_pkey primary key,
    -- Bits: 1 guardian, 2 signer, 4 regulator, 8 publisher.
    roles smallint not null,
    frozen boolean not null,
    -- Of the last freeze or release.
    actor bytea,
    reason bigint,
    evidence bytea,
    -- The key that took the place of this one.
    successor bytea,
    changed_block bigint not null,
    changed_at bigint not null
);

create table rule_module (
    module bytea not null constraint rule_module_pkey primary key,
    -- Bits: 1 rule, 2 spender, 4 tracker; 0 when it was removed.
    kinds smallint not null,
    changed_block bigint not null
);

-- Evidence that opened the gates of an action: each opens them once.
create table evidence_use (
    block_number bigint not null,
    event_index integer not null,
    block_time bigint not null,
    transaction_hash bytea,
    -- The contract that keeps the license.
    contract bytea not null,
    token_id numeric(78, 0) not null,
    -- lex_model::ActionKind
    action smallint not null,
    -- Digest of the clearance; null when none was needed.
    clearance bytea,
    -- Nullifier of the proof; null when none was needed.
    nullifier numeric(78, 0),
    -- Counts the changes of all rules: those that were asked.
    rules_version bigint not null,
    constraint evidence_use_pkey primary key (block_number, event_index)
);

create index evidence_use_license on evidence_use (contract, token_id, block_number);

-- One row: what holds for all licenses.
create table policy_state (
    only_row boolean not null default true constraint policy_state_pkey primary key,
    admin bytea not null,
    verifier bytea not null,
    -- Bits: 1 issue, 2 renew, 4 transfer, 8 use.
    paused_groups smallint not null,
    changed_block bigint not null,
    changed_at bigint not null,
    constraint policy_state_one_row check (only_row)
);
