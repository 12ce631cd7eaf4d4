//! Which version of a license decisions and evidence name.

use ink::{Address, sol::FixedBytes};
use lex_policy_interface::SubjectView;

use crate::{Entry, Lifecycle};

impl Lifecycle {
    /// The version that decisions and evidence name: what they rest on is gone once it has moved. Every
    /// change counts that somebody made of the license. That anybody wrote down what time had done does not,
    /// for then anybody could void what was approved.
    pub fn version_of(&self, entry: &Entry) -> u32 {
        let settlements = self.settlements.get(entry.id).unwrap_or_default();
        // Each of them was a version.
        entry.license.version.saturating_sub(settlements)
    }

    /// What those who decide about a license have to be shown of it.
    pub fn subject(&self, entry: &Entry, holder: Address, seats: u64) -> SubjectView {
        let license = &entry.license;
        let mut jurisdiction = [0; 32];
        jurisdiction[..6].copy_from_slice(&license.jurisdiction.to_bytes());
        SubjectView {
            version: self.version_of(entry).into(),
            holder,
            issuer: license.issuer.into(),
            jurisdiction: FixedBytes(jurisdiction),
            seats,
        }
    }

    /// Counts a version that only records what time had done.
    pub(crate) fn note_settlement(&mut self, entry: &Entry) {
        let settlements = self.settlements.get(entry.id).unwrap_or_default();
        // Less than the license's version.
        self.settlements
            .insert(entry.id, &settlements.saturating_add(1));
    }
}
