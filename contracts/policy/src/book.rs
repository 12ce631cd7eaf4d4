//! Everything that policy knows.

use ink::{
    Address,
    storage::{Lazy, traits::ManualKey},
};
use lex_model::{Group, Jurisdiction, Reason};
use lex_policy_interface::Refused;

use crate::{
    accounts::Accounts, bound::Bound, bundles::Bundles, evidence::Ledger, issuers::Issuers,
    modules::Modules, supply::Supply, types::Types,
};

/// The rules, and what they are about.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    /// Who makes the rules.
    admin: Lazy<Address, ManualKey<0x4c50_0001>>,
    /// Who may become the admin by accepting; zero for nobody.
    proposed_admin: Lazy<Address, ManualKey<0x4c50_0007>>,
    /// Counts all changes of rules.
    version: Lazy<u32, ManualKey<0x4c50_0002>>,
    /// Counts the changes of what every action is judged by: modules and the verifier.
    common: Lazy<u32, ManualKey<0x4c50_0008>>,
    /// The contract that verifies proofs.
    verifier: Lazy<Address, ManualKey<0x4c50_0003>>,
    /// The paused groups.
    paused: Lazy<u8, ManualKey<0x4c50_0004>>,
    /// Counts the changes of the paused groups.
    pause_version: Lazy<u64, ManualKey<0x4c50_0005>>,
    /// License types.
    pub types: Types,
    /// How many licenses of each there are.
    pub supply: Supply,
    /// Issuers and their grants.
    pub issuers: Issuers,
    /// The rules of jurisdictions.
    pub bundles: Bundles,
    /// Roles, frozen accounts, lost keys.
    pub accounts: Accounts,
    /// Rule modules.
    pub modules: Modules,
    /// Roots, and used evidence.
    pub ledger: Ledger,
    /// The license contracts.
    pub bound: Bound,
}

impl Book {
    /// Who makes the rules.
    pub fn admin(&self) -> Address {
        self.admin.get().unwrap_or_default()
    }

    /// Makes another account the admin; nobody else may become it by accepting.
    pub fn set_admin(&mut self, admin: Address) {
        self.admin.set(&admin);
        self.propose_admin(Address::zero());
    }

    /// Who may become the admin by accepting; zero for nobody.
    pub fn proposed_admin(&self) -> Address {
        self.proposed_admin.get().unwrap_or_default()
    }

    /// Says who may become the admin by accepting.
    pub fn propose_admin(&mut self, admin: Address) {
        self.proposed_admin.set(&admin);
    }

    /// Counts all changes of rules.
    pub fn version(&self) -> u32 {
        self.version.get_or_default()
    }

    /// Counts one more change of rules.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 changes.
    pub fn next_version(&mut self) -> Result<(), Reason> {
        let next = self.version().checked_add(1).ok_or(Reason::LimitReached)?;
        self.version.set(&next);
        Ok(())
    }

    /// Counts one more change of rules by which every action is judged.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 changes.
    pub fn next_common_version(&mut self) -> Result<(), Reason> {
        let next = self.common.get_or_default().checked_add(1);
        self.common.set(&next.ok_or(Reason::LimitReached)?);
        self.next_version()
    }

    /// Counts the changes of the rules by which actions on licenses of a type in a place are judged: the
    /// type's, the place's and its country's, and those for all. It never comes back to what it was; a
    /// clearance counts only under the one that it was given in. A change elsewhere leaves it as it is.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 of them.
    pub fn rules_version(&self, license_type: u64, place: Jurisdiction) -> Result<u32, Reason> {
        let of_type = self
            .types
            .get(license_type)
            .map_or(0, |record| record.rules.version);
        [of_type, self.bundles.changes(place)?]
            .into_iter()
            .try_fold(self.common.get_or_default(), u32::checked_add)
            .ok_or(Reason::LimitReached)
    }

    /// The contract that verifies proofs; zero for none.
    pub fn verifier(&self) -> Address {
        self.verifier.get().unwrap_or_default()
    }

    /// Has another contract verify proofs.
    pub fn set_verifier(&mut self, verifier: Address) {
        self.verifier.set(&verifier);
    }

    /// The paused groups, as bits of [`Group`].
    pub fn paused(&self) -> u8 {
        self.paused.get_or_default()
    }

    /// Counts the changes of the paused groups: a decision that lifts a pause names the one that it is
    /// about.
    pub fn pause_version(&self) -> u64 {
        self.pause_version.get_or_default()
    }

    /// Whether the use of all licenses is paused.
    pub fn use_paused(&self) -> bool {
        self.paused() & Group::Use.bit() != 0
    }

    /// Pauses groups or lifts their pause; says whether the pause of use began or ended. Pausing again what
    /// is paused says that the alarm goes on.
    ///
    /// # Errors
    /// [`Reason::UnknownCode`] for a set that is unknown, [`Reason::AlreadySo`] for an empty one, and when
    /// nothing of what is to be lifted is paused.
    pub fn set_paused(&mut self, groups: u8, paused: bool) -> Result<bool, Refused> {
        if groups > Group::ALL_BITS {
            return Err(Refused::new(Reason::UnknownCode, groups.into()));
        }
        let before = self.paused();
        let after = if paused {
            before | groups
        } else {
            before & !groups
        };
        let lifts_nothing = !paused && after == before;
        if groups == 0 || lifts_nothing {
            return Err(Reason::AlreadySo.into());
        }
        self.paused.set(&after);
        // It changes once per transaction at most.
        let version = self.pause_version().saturating_add(1);
        self.pause_version.set(&version);
        Ok((before ^ after) & Group::Use.bit() != 0)
    }
}
