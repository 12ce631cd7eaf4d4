-- The status and the usability of a license that stands under others, for filters and for reading: computed from
-- theirs when it is asked for, for no update of the outbox tells it.

-- From now on `status` and `suspended_until` are a license's own.
update license set status = own_status, suspended_until = own_suspended_until;
alter table license drop column own_status, drop column own_suspended_until;

-- The status of a license under one with status `parent`: the weaker of the two. The same rule as
-- lex_model::Status::under; vectors/lineage.json binds both.
create function status_under(own smallint, parent smallint) returns smallint
language sql immutable strict parallel safe
as $$
    select case
        when own in (4, 5) then own
        when parent in (4, 5) then 4
        -- How far from being in force, by code from 0 to 8.
        when (array[6, 5, 0, 4, 7, 7, 1, 2, 3])[parent + 1] > (array[6, 5, 0, 4, 7, 7, 1, 2, 3])[own + 1] then parent
        else own
    end::smallint
$$;

create aggregate weakest_status(smallint) (sfunc = status_under, stype = smallint);

-- How one license stands by itself: as it is at present, or as it was at a time that has passed.
create function standing_of(of_license numeric, at bigint, past boolean)
returns table (parent numeric, status smallint, suspended_until bigint, restricted boolean)
language sql stable parallel safe
as $$
    select l.parent, license_status(l.status, l.suspended_until, l.valid_from, l.valid_until, l.grace_until, at),
        l.suspended_until, unusable(l.holder, l.license_type, at)
    from license l
    where not past and l.license_id = of_license
    union all
    (
        select l.parent, license_status(h.status, h.suspended_until, h.valid_from, h.valid_until, h.grace_until, at),
            h.suspended_until, unusable(h.holder, l.license_type, at)
        from license l
        join license_history h on h.license_id = l.license_id
        where past and l.license_id = of_license and h.block_time <= at
        order by h.block_number desc, h.event_index desc
        limit 1
    )
$$;

-- A license with all above it, at most four: its status, when the suspension that it shows lifts by itself (0: it does
-- not), and whether something keeps one of them from being used. What is not there, or stands deeper, is unknown.
create function lineage(of_license numeric, at bigint, past boolean)
returns table (status smallint, suspended_until bigint, restricted boolean)
language sql stable parallel safe
as $$
    with recursive line (depth, parent, status, suspended_until, restricted) as (
        select 0, s.* from standing_of(of_license, at, past) s
        union all
        select c.depth + 1, s.parent, coalesce(s.status, 0::smallint), coalesce(s.suspended_until, 0),
            coalesce(s.restricted, true)
        from line c
        left join lateral standing_of(c.parent, at, past) s on c.depth < 4
        where c.parent is not null
    )
    select
        weakest_status(status order by depth),
        case when bool_or(status = 3 and suspended_until = 0) then 0
            else coalesce(max(suspended_until) filter (where status = 3), 0) end,
        bool_or(restricted)
    from line
$$;

-- The status for the filter: most licenses stand alone.
create function present_status(l license, at bigint) returns smallint
language sql stable parallel safe
as $$
    select case
        when l.parent is null
            then license_status(l.status, l.suspended_until, l.valid_from, l.valid_until, l.grace_until, at)
        else (select a.status from lineage(l.license_id, at, false) a)
    end
$$;
