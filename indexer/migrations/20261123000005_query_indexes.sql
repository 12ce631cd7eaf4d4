-- Filters and orders of the `licenses` query, and the lookups of a license's past.
create index license_holder on license (holder, license_id);
create index license_issuer on license (issuer, license_id);
create index license_by_type on license (license_type, license_id);
create index license_jurisdiction on license (jurisdiction, license_id);
create index license_valid_until on license (valid_until, license_id);
create index license_updated on license (updated_block, license_id);
create index license_search on license using gin (search);
create index license_type_search on license_type using gin (search);
create index issuer_search on issuer using gin (search);
create index restriction_subject on restriction (kind, subject, outbox_nonce);
