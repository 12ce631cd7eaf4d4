//! The rows that a run of events starts from and changes.

use std::collections::{BTreeMap, BTreeSet};

use lex_client::{Address, B256, U256};

use super::{
    AccountRow, ApprovalRow, Change, CommitteeRow, DecisionRow, EvidenceRow, FoldError, HistoryKey,
    HistoryRow, IssuerGrantRow, IssuerRow, LicenseRow, LicenseTypeRow, MemberRow, ModuleRow,
    PolicyRow, RestrictionRow, RuleBundleRow, ThresholdRow, changes, committee, license, policy,
};
use crate::event::{Event, Message};

/// Rows by their key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub licenses: BTreeMap<U256, LicenseRow>,
    pub history: BTreeMap<HistoryKey, HistoryRow>,
    pub license_types: BTreeMap<u64, LicenseTypeRow>,
    pub issuers: BTreeMap<Address, IssuerRow>,
    pub grants: BTreeMap<(Address, u64, String), IssuerGrantRow>,
    pub restrictions: BTreeMap<u64, RestrictionRow>,
    pub accounts: BTreeMap<Address, AccountRow>,
    pub bundles: BTreeMap<(String, u32), RuleBundleRow>,
    pub modules: BTreeMap<Address, ModuleRow>,
    /// By block and event.
    pub evidence: BTreeMap<(u64, u32), EvidenceRow>,
    pub policy: Option<PolicyRow>,
    pub committees: BTreeMap<Address, CommitteeRow>,
    pub members: BTreeMap<(Address, Address), MemberRow>,
    pub thresholds: BTreeMap<(Address, u8), ThresholdRow>,
    pub decisions: BTreeMap<B256, DecisionRow>,
    pub approvals: BTreeMap<(B256, Address), ApprovalRow>,
}

impl Ledger {
    /// Applies `events` in their order.
    ///
    /// # Errors
    /// An event contradicts what is here, or a license is left without its description.
    pub fn fold(&mut self, events: &[Event]) -> Result<(), FoldError> {
        for event in events {
            for change in changes(self, event)? {
                self.set(change);
            }
        }
        match self
            .licenses
            .values()
            .find(|license| license.described.is_none())
        {
            Some(license) => Err(FoldError::Undescribed(license.id)),
            None => Ok(()),
        }
    }

    /// Puts a row in the place of the one with the same key.
    pub fn set(&mut self, change: Change) {
        match change {
            Change::License(row) => {
                self.licenses.insert(row.id, row);
            }
            Change::History(row) => {
                self.history.insert(row.key(), row);
            }
            Change::LicenseType(row) => {
                self.license_types.insert(row.license_type, row);
            }
            Change::Issuer(row) => {
                self.issuers.insert(row.issuer, row);
            }
            Change::Grant(row) => {
                let key = (row.issuer, row.license_type, row.jurisdiction.clone());
                self.grants.insert(key, row);
            }
            Change::Restriction(row) => {
                self.restrictions.insert(row.outbox_nonce, row);
            }
            Change::Account(row) => {
                self.accounts.insert(row.account, row);
            }
            Change::Bundle(row) => {
                self.bundles
                    .insert((row.jurisdiction.clone(), row.version), row);
            }
            Change::Module(row) => {
                self.modules.insert(row.module, row);
            }
            Change::Evidence(row) => {
                let key = (row.place.block_number, row.place.event_index);
                self.evidence.insert(key, row);
            }
            Change::Policy(row) => self.policy = Some(row),
            Change::Committee(row) => {
                self.committees.insert(row.committee, row);
            }
            Change::Member(row) => {
                self.members.insert((row.committee, row.member), row);
            }
            Change::Threshold(row) => {
                self.thresholds.insert((row.committee, row.kind), row);
            }
            Change::Decision(row) => {
                self.decisions.insert(row.id, *row);
            }
            Change::Approval(row) => {
                self.approvals.insert((row.decision, row.member), row);
            }
        }
    }

    pub fn license(&self, id: U256) -> Option<&LicenseRow> {
        self.licenses.get(&id)
    }

    /// The last entry of a license's history that comes from its outbox update.
    pub fn last_update(&self, id: U256) -> Option<&HistoryRow> {
        self.history
            .range((id, 0, 0)..=(id, u64::MAX, u32::MAX))
            .map(|(_, entry)| entry)
            .rfind(|entry| entry.outbox_nonce.is_some())
    }

    pub fn license_type(&self, id: u64) -> Option<&LicenseTypeRow> {
        self.license_types.get(&id)
    }

    pub fn issuer(&self, issuer: Address) -> Option<&IssuerRow> {
        self.issuers.get(&issuer)
    }
}

/// The rows that the fold of some events looks at and that may exist before them. History,
/// grants, restrictions and the like are only ever written, or amended within one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub licenses: BTreeSet<U256>,
    pub license_types: BTreeSet<u64>,
    pub issuers: BTreeSet<Address>,
    pub accounts: BTreeSet<Address>,
    pub decisions: BTreeSet<B256>,
    /// Whether what holds for all licenses is looked at.
    pub policy: bool,
}

impl Keys {
    /// The rows to load before `events` are folded.
    pub fn of(events: &[Event]) -> Self {
        let mut keys = Self::default();
        for event in events {
            match &event.message {
                Message::License(message) => license::look_up(message, &mut keys),
                Message::Policy(message) => policy::look_up(message, &mut keys),
                Message::Committee(_, message) => committee::look_up(message, &mut keys),
                Message::Proxy(_) => {}
            }
        }
        keys
    }
}
