-- The recovery of a key takes effect after a delay, and may end before it: readers are told when, and
-- whether a freeze stands beside it.
alter table account
    add column recovered_from bigint,
    add column frozen_by_regulator boolean not null default false;
