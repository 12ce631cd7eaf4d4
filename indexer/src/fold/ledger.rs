//! The rows that a run of events starts from and changes.

use std::collections::{BTreeMap, BTreeSet};

use lex_client::{
    Address, U256,
    abi::{license::License::LicenseEvents, policy::Policy::PolicyEvents},
};
use lex_model::KIND_LICENSE;

use super::{
    Change, FoldError, HistoryRow, IssuerGrantRow, IssuerRow, LicenseRow, LicenseTypeRow,
    RestrictionRow, changes,
};
use crate::event::{Event, Message};

/// Rows by their key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub licenses: BTreeMap<U256, LicenseRow>,
    pub history: BTreeMap<(U256, u32), HistoryRow>,
    pub license_types: BTreeMap<u64, LicenseTypeRow>,
    pub issuers: BTreeMap<Address, IssuerRow>,
    pub grants: BTreeMap<(Address, u64, String), IssuerGrantRow>,
    pub restrictions: BTreeMap<u64, RestrictionRow>,
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
                self.history.insert((row.license_id, row.version), row);
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
        }
    }

    pub fn license(&self, id: U256) -> Option<&LicenseRow> {
        self.licenses.get(&id)
    }

    pub fn history(&self, id: U256, version: u32) -> Option<&HistoryRow> {
        self.history.get(&(id, version))
    }

    pub fn license_type(&self, id: u64) -> Option<&LicenseTypeRow> {
        self.license_types.get(&id)
    }

    pub fn issuer(&self, issuer: Address) -> Option<&IssuerRow> {
        self.issuers.get(&issuer)
    }
}

/// The rows that the fold of some events looks at and that may exist before them. History,
/// grants and restrictions are only ever written, or amended within one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub licenses: BTreeSet<U256>,
    pub license_types: BTreeSet<u64>,
    pub issuers: BTreeSet<Address>,
}

impl Keys {
    /// The rows to load before `events` are folded.
    pub fn of(events: &[Event]) -> Self {
        let mut keys = Self::default();
        for event in events {
            match &event.message {
                Message::License(LicenseEvents::UpdateAppended(update))
                    if update.kind == KIND_LICENSE =>
                {
                    keys.licenses.insert(update.tokenId);
                }
                Message::Policy(PolicyEvents::TypeOpenChanged(changed)) => {
                    keys.license_types.insert(changed.licenseType);
                }
                Message::Policy(PolicyEvents::IssuerRemoved(removed)) => {
                    keys.issuers.insert(removed.issuer);
                }
                Message::License(_) | Message::Policy(_) => {}
            }
        }
        keys
    }
}
