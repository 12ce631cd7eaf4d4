-- What lending a license, or a seat of one, has to pass. Bits: 1 committee, 2 clearance, 4 proof.
alter table license_type
    add column lend_gates smallint not null default 0;
