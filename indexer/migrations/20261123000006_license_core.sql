-- What the license core adds to licenses: sublicenses, renewal requests, frozen tokens, metadata that change, and
-- entries of the history that no outbox update shows.

alter table license
    -- The license that this one stands under.
    add column parent numeric(78, 0),
    -- How it stands on its own; `status` takes the license above it into account.
    add column own_status smallint not null default 2
        constraint license_own_status_stored check (own_status between 1 and 5),
    add column own_suspended_until bigint not null default 0,
    -- Unix seconds; null when no request is open.
    add column renewal_requested_at bigint,
    -- Whether a decision holds it where it is.
    add column frozen boolean not null default false,
    -- ERC-4907: who may use it instead of its holder, until when (Unix seconds).
    add column user_account bytea,
    add column user_expires numeric(20, 0);

update license set own_status = status, own_suspended_until = suspended_until;

alter table license
    alter column own_status drop default,
    alter column own_suspended_until drop default,
    alter column frozen drop default;

create index license_parent on license (parent, license_id) where parent is not null;

-- Actions from now on: 8 activate, 9 request renewal, 10 forced transfer, 11 recover, 12 freeze token, 14 withdraw,
-- 15 metadata changed, 16 the license above it changed; see fold::Action.
alter table license_history
    -- Who decided, where the event tells.
    add column actor bytea,
    -- Where metadata are set: an issue, a change of them.
    add column metadata_hash bytea,
    add column token_uri text,
    drop constraint license_history_pkey,
    alter column outbox_nonce drop not null,
    add constraint license_history_pkey primary key (license_id, block_number, event_index);

update license_history h
set metadata_hash = l.metadata_hash, token_uri = l.token_uri
from license l
where l.license_id = h.license_id and h.action = 1;

-- Whether something keeps a license from being used although it is in force: its holder frozen, its type closed, or
-- the use of all licenses paused.
create function unusable(holder bytea, license_type bigint, at bigint) returns boolean
language sql stable parallel safe
as $$
    select restricted(2::smallint, holder, at)
        or restricted(3::smallint, int8send(license_type), at)
        or restricted(4::smallint, ''::bytea, at)
$$;
