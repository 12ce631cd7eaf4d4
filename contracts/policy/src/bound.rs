//! The license contracts that policy serves: only they ask it for a decision, and they are told of every
//! restriction in the same transaction.

use ink::{
    Address,
    prelude::vec::Vec,
    sol::SolErrorDecode,
    storage::{Lazy, Mapping, traits::ManualKey},
};
use lex_contract_host::{Bounds, CallFailure, call_contract, is_contract};
use lex_model::{Binding, KIND_HOLDER, KIND_PAUSE, KIND_TYPE, Reason};
use lex_policy_interface::{Refused, require_account, restriction};

/// The most license contracts: each costs weight whenever a restriction changes.
pub const MAX_LICENSES: usize = 4;

/// A restriction or its end, as a license contract is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restriction {
    /// A holder is frozen or not.
    Holder(Address, bool),
    /// A type is closed or not.
    Type(u64, bool),
    /// The use of all licenses is paused or not.
    Use(bool),
}

impl Restriction {
    fn call(self) -> Vec<u8> {
        let nobody = Address::zero();
        match self {
            Self::Holder(holder, frozen) => restriction(KIND_HOLDER, holder, 0, frozen.into()),
            Self::Type(id, closed) => restriction(KIND_TYPE, nobody, id, closed.into()),
            Self::Use(paused) => restriction(KIND_PAUSE, nobody, 0, paused.into()),
        }
    }
}

/// The license contracts.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Bound {
    licenses: Lazy<Vec<Address>, ManualKey<0x4c50_0070>>,
    /// How many restrictions and ends of restrictions were told.
    told: Lazy<u64, ManualKey<0x4c50_0071>>,
    /// `told` when a license contract was unbound.
    left_at: Mapping<Address, u64, ManualKey<0x4c50_0072>>,
}

impl Bound {
    /// The license contracts, in the order in which they were bound.
    pub fn all(&self) -> Vec<Address> {
        self.licenses.get_or_default()
    }

    /// Whether policy serves a license contract.
    pub fn binding(&self, license: Address) -> Binding {
        if self.all().contains(&license) {
            Binding::Bound
        } else if self.left_at.contains(license) {
            Binding::Unbound
        } else {
            Binding::Never
        }
    }

    /// Binds a license contract and tells it whether use is paused, which it was told when it was
    /// unbound. One that was unbound comes back only if it missed nothing else: its licenses would be
    /// shown as usable in spite of what it was not told.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`], [`Reason::NotAContract`] for what could not be told of any restriction,
    /// [`Reason::AlreadySo`], [`Reason::LimitReached`], [`Reason::MissedRestrictions`], or as [`tell`].
    pub fn add(&mut self, license: Address, use_paused: bool) -> Result<(), Refused> {
        require_account(license)?;
        let mut licenses = self.all();
        if licenses.contains(&license) {
            return Err(Reason::AlreadySo.into());
        }
        if !is_contract(&license.0) {
            return Err(Reason::NotAContract.into());
        }
        if licenses.len() >= MAX_LICENSES {
            return Err(Refused::new(Reason::LimitReached, MAX_LICENSES as u64));
        }
        let left_at = self.left_at.get(license);
        if left_at.is_some_and(|count| count != self.told.get_or_default()) {
            return Err(Reason::MissedRestrictions.into());
        }
        if use_paused || left_at.is_some() {
            tell(license, Restriction::Use(use_paused))?;
        }
        licenses.push(license);
        self.licenses.set(&licenses);
        Ok(())
    }

    /// Unbinds a license contract: from the next call on it gains nothing here, and as its last word it
    /// is told that use is paused, because it hears of no freeze any more.
    ///
    /// # Errors
    /// [`Reason::NotBound`], or as [`tell`].
    pub fn remove(&mut self, license: Address) -> Result<(), Refused> {
        self.forget(license)?;
        tell(license, Restriction::Use(true))
    }

    /// Unbinds a license contract whether or not it hears of it, so that a broken one holds up no
    /// restriction. Whoever has this executed may choose that it does not hear, so that it is said
    /// knowingly, by a message of its own.
    ///
    /// # Errors
    /// [`Reason::NotBound`].
    pub fn abandon(&mut self, license: Address) -> Result<(), Refused> {
        self.forget(license)?;
        let _unheard = tell(license, Restriction::Use(true));
        Ok(())
    }

    fn forget(&mut self, license: Address) -> Result<(), Reason> {
        let mut licenses = self.all();
        let place = licenses.iter().position(|bound| *bound == license);
        licenses.remove(place.ok_or(Reason::NotBound)?);
        self.licenses.set(&licenses);
        self.left_at.insert(license, &self.told.get_or_default());
        Ok(())
    }

    /// Tells every license contract, or none: whoever has a decision executed also chooses how much gas
    /// comes along, how deep the call is, and what runs meanwhile, and must not choose thereby who hears
    /// of it. A license contract that never answers is abandoned first.
    ///
    /// # Errors
    /// As [`tell`]; [`Reason::LimitReached`] after 2^64 - 1 restrictions.
    pub fn tell_all(&mut self, restriction: Restriction) -> Result<(), Refused> {
        let told = self.told.get_or_default().checked_add(1);
        self.told.set(&told.ok_or(Reason::LimitReached)?);
        self.all()
            .into_iter()
            .try_for_each(|license| tell(license, restriction))
    }
}

/// Tells a license contract.
///
/// # Errors
/// The contract's own refusal, or [`Reason::LicenseUnreachable`].
pub fn tell(license: Address, restriction: Restriction) -> Result<(), Refused> {
    call_contract(&license.0, &restriction.call(), Bounds::ALL).map_err(|failure| match failure {
        CallFailure::Reverted(data) => {
            Refused::decode(&data).unwrap_or(Reason::LicenseUnreachable.into())
        }
        CallFailure::NoAnswer => Reason::LicenseUnreachable.into(),
    })
}
