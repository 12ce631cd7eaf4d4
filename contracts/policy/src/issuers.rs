//! Issuers, and the types and places that they may act for.

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{Jurisdiction, Reason, Scope};

/// An issuer, a type, and where it may act for it.
type Grant = (Address, u64, Scope);

/// Who is an issuer, and of what. Flags are stored as `false` rather than removed: an entry that
/// changes back is cheaper, and the host function that removes entries is not needed.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Issuers {
    registered: Mapping<Address, bool, ManualKey<0x4c50_0020>>,
    granted: Mapping<Grant, bool, ManualKey<0x4c50_0021>>,
}

impl Issuers {
    /// Whether an account is an issuer.
    pub fn contains(&self, issuer: Address) -> bool {
        self.registered.get(issuer).unwrap_or_default()
    }

    /// Refuses an account that is no issuer.
    ///
    /// # Errors
    /// [`Reason::UnknownIssuer`].
    pub fn require(&self, issuer: Address) -> Result<(), Reason> {
        if self.contains(issuer) {
            Ok(())
        } else {
            Err(Reason::UnknownIssuer)
        }
    }

    /// Makes an account an issuer, or takes that role from it. Grants stay written, without effect.
    pub fn set(&mut self, issuer: Address, registered: bool) {
        self.registered.insert(issuer, &registered);
    }

    /// Whether grants cover a type in a jurisdiction.
    pub fn granted(&self, issuer: Address, license_type: u64, place: Jurisdiction) -> bool {
        Scope::covering(place)
            .iter()
            .any(|scope| self.granted_in((issuer, license_type, *scope)))
    }

    /// Gives or takes back exactly one grant; `US` covers `US-NY`, the empty string covers all.
    ///
    /// # Errors
    /// [`Reason::UnknownIssuer`], [`Reason::InvalidJurisdiction`] or [`Reason::AlreadySo`].
    pub fn set_grant(
        &mut self,
        issuer: Address,
        license_type: u64,
        jurisdiction: &str,
        granted: bool,
    ) -> Result<(), Reason> {
        self.require(issuer)?;
        let grant = (issuer, license_type, Scope::parse(jurisdiction)?);
        if self.granted_in(grant) == granted {
            return Err(Reason::AlreadySo);
        }
        self.granted.insert(grant, &granted);
        Ok(())
    }

    fn granted_in(&self, grant: Grant) -> bool {
        self.granted.get(grant).unwrap_or_default()
    }
}
