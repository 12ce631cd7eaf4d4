//! The rows of the derived tables.

mod committee;
mod license;
mod policy;

pub use self::{
    committee::{ApprovalRow, CommitteeRow, DecisionRow, DecisionState, MemberRow, ThresholdRow},
    license::{Action, Described, HistoryKey, HistoryRow, LicenseRow, RestrictionRow},
    policy::{
        AccountRow, EvidenceRow, Freeze, IssuerGrantRow, IssuerRow, LicenseTypeRow, ModuleRow,
        PolicyRow, Rule, RuleBundleRow, TypeRules,
    },
};

/// One row of a derived table, whole, as it is after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    License(LicenseRow),
    History(HistoryRow),
    LicenseType(LicenseTypeRow),
    Issuer(IssuerRow),
    Grant(IssuerGrantRow),
    Restriction(RestrictionRow),
    Account(AccountRow),
    Bundle(RuleBundleRow),
    Module(ModuleRow),
    Evidence(EvidenceRow),
    Policy(PolicyRow),
    Committee(CommitteeRow),
    Member(MemberRow),
    Threshold(ThresholdRow),
    Decision(Box<DecisionRow>),
    Approval(ApprovalRow),
}

/// Text as Postgres can hold it: a NUL, which it refuses, becomes U+FFFD. Without this one token
/// URI could stop the index for everybody. The raw event keeps the original.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
