-- Every update names the license above its own; 0 for none, as before there was one.

alter table source_update add column parent numeric(78, 0) not null default 0;
alter table source_update alter column parent drop default;
