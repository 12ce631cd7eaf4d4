//! Rows of the derived tables: loaded before a fold, written after it.

mod load;
mod save;

pub(super) use self::{load::load, save::save};

/// The tables that the fold writes, each with the columns that order its rows.
pub(super) const DERIVED_TABLES: [(&str, &str); 6] = [
    ("license_type", "license_type"),
    ("issuer", "issuer"),
    ("issuer_grant", "issuer, license_type, jurisdiction"),
    ("license", "license_id"),
    ("license_history", "license_id, version"),
    ("restriction", "outbox_nonce"),
];
