-- Which programs may work with this schema: those that know the named migration. One that an older
-- program cannot live with ends by putting its own version here; one that only adds tables or columns
-- leaves this as it is, and an older program can go on, start again, and be gone back to.

create table schema_compatibility (
    schema_compatibility_id boolean primary key default true,
    needed_migration bigint not null, -- version
    constraint schema_compatibility_is_single check (schema_compatibility_id)
);

insert into schema_compatibility (needed_migration) values (20261129000100);
