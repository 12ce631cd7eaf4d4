//! Rows of the derived tables: loaded before a fold, written after it.

mod load;
mod save;

pub(super) use self::{load::load, save::save};

/// The tables that the fold writes, each with the columns that order its rows.
pub(super) const DERIVED_TABLES: [(&str, &str); 16] = [
    ("license_type", "license_type"),
    ("issuer", "issuer"),
    ("issuer_grant", "issuer, license_type, jurisdiction"),
    ("license", "license_id"),
    ("license_history", "license_id, block_number, event_index"),
    ("restriction", "outbox_nonce"),
    ("rule_bundle", "jurisdiction, version"),
    ("account", "account"),
    ("rule_module", "module"),
    ("evidence_use", "block_number, event_index"),
    ("policy_state", "only_row"),
    ("committee", "committee"),
    ("committee_member", "committee, member"),
    ("committee_threshold", "committee, kind"),
    ("decision", "decision"),
    ("decision_approval", "decision, member"),
];
