-- The status of a license at a time, for filters. The same rule as lex_model::Term::status, compared
-- with it by a property test; status codes as everywhere.
create function license_status(
    status smallint,
    suspended_until bigint,
    valid_from bigint,
    valid_until bigint,
    grace_until bigint,
    at bigint
) returns smallint
language sql immutable parallel safe
as $$
    select case
        when status = 2 or (status = 3 and suspended_until <> 0 and at >= suspended_until) then
            case
                when at < valid_from then 6
                when at < valid_until then 2
                when at < grace_until then 7
                else 8
            end
        else status
    end::smallint
$$;

-- Whether an outbox restriction (kind, subject) is in force at a time: the last word counts.
create function restricted(of_kind smallint, of_subject bytea, at bigint) returns boolean
language sql stable parallel safe
as $$
    select coalesce(
        (
            select in_force
            from restriction
            where kind = of_kind and subject = of_subject and block_time <= at
            order by outbox_nonce desc
            limit 1
        ),
        false
    )
$$;
