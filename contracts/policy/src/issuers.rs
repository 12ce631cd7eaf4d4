//! Issuers, the types and places that they may act for, and who took over from them.

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{Jurisdiction, Reason, Scope};

/// An issuer, a type, and where it may act for it.
type Grant = (Address, u64, Scope);

/// How often in a row an issuer can be succeeded before its licenses are nobody's but the committee's.
const MAX_SUCCESSIONS: usize = 16;

/// When an account became an issuer, and whether it still is one.
type Registration = (u32, bool);

/// Who is an issuer, and of what.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Issuers {
    /// The number of an account's last registration, from 1, and whether it is in force.
    registrations: Mapping<Address, Registration, ManualKey<0x4c50_0020>>,
    /// The registration in which a grant was given, 0 for one that was withdrawn. Grants die with their
    /// registration: who comes back starts without any.
    granted: Mapping<Grant, u32, ManualKey<0x4c50_0021>>,
    /// Who took over from an issuer.
    successors: Mapping<Address, Address, ManualKey<0x4c50_0022>>,
}

impl Issuers {
    /// Whether an account is an issuer.
    pub fn contains(&self, issuer: Address) -> bool {
        let (_, in_force) = self.registration(issuer);
        in_force
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

    /// Makes an account an issuer, without grants.
    ///
    /// # Errors
    /// [`Reason::AlreadySo`]; [`Reason::IssuerSucceeded`] when another took over from it;
    /// [`Reason::LimitReached`] after 2^32 - 1 registrations.
    pub fn register(&mut self, issuer: Address) -> Result<(), Reason> {
        let (last, in_force) = self.registration(issuer);
        if in_force {
            return Err(Reason::AlreadySo);
        }
        if self.successors.contains(issuer) {
            return Err(Reason::IssuerSucceeded);
        }
        let number = last.checked_add(1).ok_or(Reason::LimitReached)?;
        self.registrations.insert(issuer, &(number, true));
        Ok(())
    }

    /// Takes an account's role as issuer, and all its grants with it.
    ///
    /// # Errors
    /// [`Reason::UnknownIssuer`].
    pub fn remove(&mut self, issuer: Address) -> Result<(), Reason> {
        self.require(issuer)?;
        let (number, _) = self.registration(issuer);
        self.registrations.insert(issuer, &(number, false));
        Ok(())
    }

    /// Has another issuer decide about the licenses of one that is none any more.
    ///
    /// # Errors
    /// [`Reason::SameAccount`]; [`Reason::UnknownIssuer`] when the successor is no issuer, or the other
    /// never was one; [`Reason::AlreadySo`] when it was succeeded already: its successor can be.
    pub fn succeed(&mut self, retired: Address, successor: Address) -> Result<(), Reason> {
        if retired == successor {
            return Err(Reason::SameAccount);
        }
        self.require(successor)?;
        if self.registration(retired) == Registration::default() {
            return Err(Reason::UnknownIssuer);
        }
        // Who was succeeded is never an issuer again, so that no succession leads back to itself.
        if self.successors.contains(retired) {
            return Err(Reason::AlreadySo);
        }
        self.successors.insert(retired, &successor);
        Ok(())
    }

    /// Who decides now about what an account issued: itself, or whoever took over from it last.
    pub fn in_charge(&self, issuer: Address) -> Address {
        let mut last = issuer;
        for _ in 0..MAX_SUCCESSIONS {
            let Some(successor) = self.successors.get(last) else {
                break;
            };
            last = successor;
        }
        last
    }

    /// Whether grants cover a type in a jurisdiction.
    pub fn granted(&self, issuer: Address, license_type: u64, place: Jurisdiction) -> bool {
        Scope::covering(place)
            .iter()
            .any(|scope| self.granted_in((issuer, license_type, *scope)))
    }

    /// Gives exactly one grant; `US` covers `US-NY`, the empty string covers all.
    ///
    /// # Errors
    /// [`Reason::UnknownIssuer`], [`Reason::InvalidJurisdiction`] or [`Reason::AlreadySo`].
    pub fn grant(
        &mut self,
        issuer: Address,
        license_type: u64,
        jurisdiction: &str,
    ) -> Result<(), Reason> {
        self.require(issuer)?;
        let grant = (issuer, license_type, Scope::parse(jurisdiction)?);
        if self.granted_in(grant) {
            return Err(Reason::AlreadySo);
        }
        let (number, _) = self.registration(issuer);
        self.granted.insert(grant, &number);
        Ok(())
    }

    /// Takes back exactly one grant, of an issuer that was removed too.
    ///
    /// # Errors
    /// [`Reason::UnknownIssuer`] for an account that never was one, [`Reason::InvalidJurisdiction`] or
    /// [`Reason::AlreadySo`].
    pub fn withdraw(
        &mut self,
        issuer: Address,
        license_type: u64,
        jurisdiction: &str,
    ) -> Result<(), Reason> {
        if self.registration(issuer) == Registration::default() {
            return Err(Reason::UnknownIssuer);
        }
        let grant = (issuer, license_type, Scope::parse(jurisdiction)?);
        if !self.granted_in(grant) {
            return Err(Reason::AlreadySo);
        }
        self.granted.insert(grant, &0);
        Ok(())
    }

    /// Whether exactly this grant was given in the account's last registration.
    fn granted_in(&self, grant: Grant) -> bool {
        let (number, _) = self.registration(grant.0);
        number != 0 && self.granted.get(grant) == Some(number)
    }

    fn registration(&self, issuer: Address) -> Registration {
        self.registrations.get(issuer).unwrap_or_default()
    }
}
