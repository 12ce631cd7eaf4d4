-- Decisions of committees, for the lists of what waits for whose approval.

-- The committees whose events are read: their addresses, 20 bytes each, in order.
alter table checkpoint
    add column committees bytea not null default ''::bytea
        constraint checkpoint_committees_length check (octet_length(committees) % 20 = 0);

create table committee (
    committee bytea not null constraint committee_pkey primary key,
    -- Grows with every change of the members.
    epoch bigint not null,
    changed_block bigint not null
);

create table committee_member (
    committee bytea not null,
    member bytea not null,
    -- 0: no member any more.
    weight bigint not null,
    changed_block bigint not null,
    constraint committee_member_pkey primary key (committee, member)
);

create table committee_threshold (
    committee bytea not null,
    -- 0: for kinds without a threshold of their own.
    kind smallint not null,
    threshold bigint not null,
    changed_block bigint not null,
    constraint committee_threshold_pkey primary key (committee, kind)
);

create table decision (
    decision bytea not null constraint decision_pkey primary key,
    committee bytea not null,
    maker bytea not null,
    epoch bigint not null,
    -- lex_model::DecisionKind; parts that a kind has no use for are zero.
    kind smallint not null,
    target bytea not null,
    token_id numeric(78, 0) not null,
    account bytea not null,
    counterparty bytea not null,
    -- Whatever a member proposes: not every number that fits is a time.
    valid_from numeric(20, 0) not null,
    valid_until numeric(20, 0) not null,
    number numeric(20, 0) not null,
    reason bigint not null,
    evidence bytea not null,
    -- The lane in the upper 192 bits, the place in it in the lower 64.
    nonce numeric(78, 0) not null,
    deadline numeric(20, 0) not null,
    -- 1 open, 2 executed, 3 canceled
    state smallint not null constraint decision_state check (state between 1 and 3),
    executor bytea,
    proposed_block bigint not null,
    proposed_at bigint not null,
    changed_block bigint not null,
    changed_at bigint not null
);

create index decision_newest on decision (proposed_block, decision);
create index decision_of_license on decision (token_id, proposed_block);
create index decision_executed on decision (committee, div(nonce, 18446744073709551616)) where state = 2;

create table decision_approval (
    decision bytea not null,
    member bytea not null,
    weight bigint not null,
    withdrawn boolean not null,
    changed_block bigint not null,
    changed_at bigint not null,
    constraint decision_approval_pkey primary key (decision, member)
);
