//! What the events mean: one pure function from an event and the rows before it to the rows after.
//!
//! Live indexing, catching up, `rebuild` and `check` all run [`changes`], so that derived tables
//! depend on the events alone and not on how these were cut into batches.
//!
//! The license contract appends to the outbox first and then tells the details (issue, suspension,
//! revocation) in the same transaction, hence in the same block and batch.

mod committee;
mod ledger;
mod license;
mod policy;
mod rows;

use alloy::primitives::U256;
use lex_client::{Address, B256};

pub use self::{
    ledger::{Keys, Ledger},
    rows::{
        AccountRow, Action, ApprovalRow, Change, CommitteeRow, DecisionRow, DecisionState,
        Described, EvidenceRow, Freeze, HistoryKey, HistoryRow, IssuerGrantRow, IssuerRow,
        LicenseRow, LicenseTypeRow, MemberRow, ModuleRow, PolicyRow, RestrictionRow, Rule,
        RuleBundleRow, ThresholdRow, TypeRules,
    },
};
use crate::event::{Event, Message};

/// An event that does not follow from the events before it. The index stops rather than guess.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FoldError {
    #[error("license {id} has version {found} after version {before}")]
    Version { id: U256, before: u32, found: u32 },
    #[error("license {id} is told to be {told}, but its last update says something else")]
    Contradiction { id: U256, told: &'static str },
    #[error("license {0} has an update but was never described by an issue event")]
    Undescribed(U256),
    #[error("license {id} has status code {code}, which is not a stored status")]
    Status { id: U256, code: u8 },
    #[error(
        "update {nonce} has kind {kind}, which this version does not know; upgrade lex-indexer"
    )]
    Kind { nonce: u64, kind: u8 },
    #[error("license {0} was never issued")]
    UnknownLicense(U256),
    #[error("license type {0} was never created")]
    UnknownType(u64),
    #[error("issuer {0} was never registered")]
    UnknownIssuer(Address),
    #[error("decision {0} was never proposed")]
    UnknownDecision(B256),
    #[error("decision {0} is told to end, but it is of another committee or has ended")]
    DecisionClosed(B256),
}

/// The rows that `event` changes, given the rows before it.
///
/// # Errors
/// The event contradicts the rows before it.
pub fn changes(before: &Ledger, event: &Event) -> Result<Vec<Change>, FoldError> {
    match &event.message {
        Message::Policy(message) => policy::changes(before, &event.place, message),
        Message::License(message) => license::changes(before, &event.place, message),
        Message::Committee(committee, message) => {
            committee::changes(before, &event.place, *committee, message)
        }
        // Who keeps the state has other code or another upgrader from now on; the state is as it was.
        Message::Proxy(_) => Ok(Vec::new()),
    }
}
