//! Everything that policy knows.

use ink::{
    Address,
    storage::{Lazy, traits::ManualKey},
};
use lex_model::{Group, Reason};
use lex_policy_interface::Refused;

use crate::{
    accounts::Accounts, bound::Bound, bundles::Bundles, evidence::Ledger, issuers::Issuers,
    modules::Modules, types::Types,
};

/// The rules, and what they are about.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    /// Who makes the rules.
    admin: Lazy<Address, ManualKey<0x4c50_0001>>,
    /// Counts all changes of rules; clearances are bound to it.
    version: Lazy<u32, ManualKey<0x4c50_0002>>,
    /// The contract that verifies proofs.
    verifier: Lazy<Address, ManualKey<0x4c50_0003>>,
    /// The paused groups.
    paused: Lazy<u8, ManualKey<0x4c50_0004>>,
    /// Counts the changes of the paused groups.
    pause_version: Lazy<u64, ManualKey<0x4c50_0005>>,
    /// License types.
    pub types: Types,
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

    /// Makes another account the admin.
    pub fn set_admin(&mut self, admin: Address) {
        self.admin.set(&admin);
    }

    /// Counts all changes of rules.
    pub fn version(&self) -> u32 {
        self.version.get_or_default()
    }

    /// Starts the next version of the rules: clearances that were given before no longer count.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 changes.
    pub fn next_version(&mut self) -> Result<(), Reason> {
        let next = self.version().checked_add(1).ok_or(Reason::LimitReached)?;
        self.version.set(&next);
        Ok(())
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

    /// Pauses groups or lifts their pause; says whether the pause of use began or ended.
    ///
    /// # Errors
    /// [`Reason::UnknownCode`] for a set that is empty or unknown, [`Reason::AlreadySo`].
    pub fn set_paused(&mut self, groups: u8, paused: bool) -> Result<bool, Refused> {
        if groups == 0 || groups > Group::ALL_BITS {
            return Err(Refused::new(Reason::UnknownCode, groups.into()));
        }
        let before = self.paused();
        let after = if paused {
            before | groups
        } else {
            before & !groups
        };
        if after == before {
            return Err(Reason::AlreadySo.into());
        }
        self.paused.set(&after);
        // It changes once per transaction at most.
        let version = self.pause_version().saturating_add(1);
        self.pause_version.set(&version);
        Ok((before ^ after) & Group::Use.bit() != 0)
    }
}
