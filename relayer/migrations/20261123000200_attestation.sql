-- What this instance has signed.

-- One head per nonce, for ever: the database itself refuses to let two be signed.
create table signed_head (
    signed_head_id bigint primary key, -- nonce
    head bytea not null,
    created_at timestamptz not null default now(),
    constraint signed_head_binding unique (signed_head_id, head),
    constraint signed_head_length check (octet_length(head) = 32)
);

create table signed_attestation (
    digest bytea primary key,
    destination_chain_id bigint not null,
    mirror bytea not null,
    epoch bigint not null,
    nonce bigint not null,
    head bytea not null,
    source_block bigint not null,
    source_time bigint not null,
    signature bytea not null,
    created_at timestamptz not null default now(),
    constraint signed_attestation_head foreign key (nonce, head)
        references signed_head (signed_head_id, head),
    constraint signed_attestation_once
        unique (destination_chain_id, mirror, epoch, nonce, source_block)
);
