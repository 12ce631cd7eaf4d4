//! Policy: which license types exist, who may issue them where, and whether an action on a license
//! may happen.
//!
//! # Roles
//! - *admin*: makes the rules. An account in development, the governor's timelock in production.
//! - *license contracts*: ask [`check`](policy::Policy::check) before every change, in the same
//!   transaction, and are told when a type closes or reopens.
//! - everyone else reads.
//!
//! # Invariants
//! - `check` refuses exactly when `explain` is not empty, and with its first entry: both run the same
//!   rules (`lex_model::refusals`), which are in no other place.
//! - A closed type is closed for every bound license contract in the same transaction, or stays open.
//! - Removing an issuer or withdrawing a grant has effect from the next call on.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`.
//!
//! Policy is replaced by pointing the license contracts to a successor, so it needs no proxy.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod events;
pub mod records;
#[cfg(test)]
mod tests;

#[ink::contract]
#[expect(
    clippy::too_many_arguments,
    reason = "a message has one argument per value that Solidity shows"
)]
pub mod policy {
    use ink::{
        prelude::{string::String, vec::Vec},
        sol::FixedBytes,
        storage::{Lazy, Mapping, traits::ManualKey},
    };
    use lex_model::{Facts, Jurisdiction, Reason, Refusals, Scope, TypeKind};
    use lex_policy_interface::{
        Action, LicenseType, NoAnswer, Refusal, Refused, require_account, type_changed,
    };

    use crate::{
        events::{
            AdminChanged, IssuerGranted, IssuerRegistered, IssuerRemoved, IssuerWithdrawn,
            LicenseBound, TypeCreated, TypeOpenChanged,
        },
        records::{MAX_NAME, TypeRecord},
    };

    /// The most license contracts that one policy tells of type changes: each costs gas whenever a
    /// type is closed.
    const MAX_LICENSES: usize = 4;

    /// An issuer, a type, and where it may act for it.
    type Grant = (Address, u64, Scope);

    /// Flags are stored as `false` rather than removed: an entry that changes back is cheaper, and
    /// the host function that removes entries is not needed.
    #[ink(storage)]
    pub struct Policy {
        /// Who makes the rules.
        admin: Lazy<Address, ManualKey<0x4c50_0001>>,
        /// How many types there are; their ids are 1 to this number.
        type_count: Lazy<u64, ManualKey<0x4c50_0002>>,
        types: Mapping<u64, TypeRecord, ManualKey<0x4c50_0003>>,
        /// Whether an account is an issuer.
        issuers: Mapping<Address, bool, ManualKey<0x4c50_0004>>,
        /// Whether an issuer may act for a type in a scope.
        grants: Mapping<Grant, bool, ManualKey<0x4c50_0005>>,
        /// The license contracts that are told of type changes.
        licenses: Lazy<Vec<Address>, ManualKey<0x4c50_0006>>,
    }

    impl Policy {
        /// A policy without types and issuers, ruled by `admin`.
        #[ink(constructor)]
        pub fn new(admin: Address) -> Result<Self, Refused> {
            require_account(admin)?;
            let mut policy = Self {
                admin: Lazy::new(),
                type_count: Lazy::new(),
                types: Mapping::new(),
                issuers: Mapping::new(),
                grants: Mapping::new(),
                licenses: Lazy::new(),
            };
            policy.admin.set(&admin);
            policy.env().emit_event(AdminChanged {
                previous: Address::zero(),
                current: admin,
            });
            Ok(policy)
        }

        /// Who makes the rules.
        #[ink(message)]
        pub fn admin(&self) -> Address {
            self.admin.get().unwrap_or_default()
        }

        /// Hands the rules over to another account; only the admin may.
        #[ink(message, name = "setAdmin")]
        pub fn set_admin(&mut self, admin: Address) -> Result<(), Refused> {
            let previous = self.require_admin()?;
            require_account(admin)?;
            self.admin.set(&admin);
            self.env().emit_event(AdminChanged {
                previous,
                current: admin,
            });
            Ok(())
        }

        /// Creates an open license type and returns its id. Durations are seconds; a `supply_cap` of
        /// 0 is no limit.
        #[ink(message, name = "createType")]
        pub fn create_type(
            &mut self,
            name: String,
            kind: u8,
            term: u64,
            renewal_window: u64,
            grace: u64,
            supply_cap: u64,
            transferable: bool,
            terms_hash: FixedBytes<32>,
            schema_version: u32,
        ) -> Result<u64, Refused> {
            self.require_admin()?;
            require_name(&name)?;
            let kind_of_type = TypeKind::from_code(kind).ok_or(Reason::InvalidTypeTerms)?;
            let rules = lex_model::LicenseType {
                kind: kind_of_type,
                term,
                renewal_window,
                grace,
                supply_cap,
                transferable,
                open: true,
                version: 1,
            };
            rules.validate()?;
            let license_type = self
                .type_count()
                .checked_add(1)
                .ok_or(Reason::LimitReached)?;

            self.type_count.set(&license_type);
            let record = TypeRecord {
                rules,
                name: name.clone(),
                terms_hash: terms_hash.0,
                schema_version,
            };
            self.types.insert(license_type, &record);
            self.env().emit_event(TypeCreated {
                license_type,
                name,
                kind,
                term,
                renewal_window,
                grace,
                supply_cap,
                transferable,
                terms_hash,
                schema_version,
            });
            Ok(license_type)
        }

        /// Closes or reopens a type and tells every bound license contract. Saying what is already so
        /// is refused, so that no update is sent for nothing.
        #[ink(message, name = "setTypeOpen")]
        pub fn set_type_open(&mut self, license_type: u64, open: bool) -> Result<(), Refused> {
            self.require_admin()?;
            let mut record = self.type_record(license_type)?;
            if record.rules.open == open {
                return Err(Reason::AlreadySo.into());
            }
            record.rules.open = open;
            record.rules.version = record
                .rules
                .version
                .checked_add(1)
                .ok_or(Reason::LimitReached)?;

            self.types.insert(license_type, &record);
            for license in self.licenses.get_or_default() {
                type_changed(license, license_type, open)
                    .map_err(|NoAnswer| Reason::LicenseUnreachable)??;
            }
            self.env()
                .emit_event(TypeOpenChanged { license_type, open });
            Ok(())
        }

        /// How many types there are; their ids are 1 to this number.
        #[ink(message, name = "typeCount")]
        pub fn type_count(&self) -> u64 {
            self.type_count.get_or_default()
        }

        /// The rules of a type.
        #[ink(message, name = "licenseType")]
        pub fn license_type(&self, license_type: u64) -> Result<LicenseType, Refused> {
            self.type_record(license_type)
                .map(TypeRecord::into_interface)
        }

        /// Makes an account an issuer.
        #[ink(message, name = "registerIssuer")]
        pub fn register_issuer(&mut self, issuer: Address, name: String) -> Result<(), Refused> {
            self.require_admin()?;
            require_account(issuer)?;
            require_name(&name)?;
            if self.is_issuer(issuer) {
                return Err(Reason::AlreadySo.into());
            }
            self.issuers.insert(issuer, &true);
            self.env().emit_event(IssuerRegistered { issuer, name });
            Ok(())
        }

        /// Takes an account's role as issuer. Its grants stay written but have no effect.
        #[ink(message, name = "removeIssuer")]
        pub fn remove_issuer(&mut self, issuer: Address) -> Result<(), Refused> {
            self.require_admin()?;
            self.require_issuer(issuer)?;
            self.issuers.insert(issuer, &false);
            self.env().emit_event(IssuerRemoved { issuer });
            Ok(())
        }

        /// Whether an account is an issuer.
        #[ink(message, name = "isIssuer")]
        pub fn is_issuer(&self, issuer: Address) -> bool {
            self.issuers.get(issuer).unwrap_or_default()
        }

        /// Lets an issuer act for a type in a jurisdiction; `US` covers `US-NY`, the empty string
        /// covers all.
        #[ink(message, name = "grantIssuer")]
        pub fn grant_issuer(
            &mut self,
            issuer: Address,
            license_type: u64,
            jurisdiction: String,
        ) -> Result<(), Refused> {
            self.set_grant(issuer, license_type, &jurisdiction, true)?;
            self.env().emit_event(IssuerGranted {
                issuer,
                license_type,
                jurisdiction,
            });
            Ok(())
        }

        /// Takes back exactly one grant; a wider one that covers the same jurisdiction stays.
        #[ink(message, name = "withdrawIssuer")]
        pub fn withdraw_issuer(
            &mut self,
            issuer: Address,
            license_type: u64,
            jurisdiction: String,
        ) -> Result<(), Refused> {
            self.set_grant(issuer, license_type, &jurisdiction, false)?;
            self.env().emit_event(IssuerWithdrawn {
                issuer,
                license_type,
                jurisdiction,
            });
            Ok(())
        }

        /// Whether an issuer may act for a type in a jurisdiction now.
        #[ink(message, name = "issuerMay")]
        pub fn issuer_may(&self, issuer: Address, license_type: u64, jurisdiction: String) -> bool {
            Jurisdiction::parse(&jurisdiction).is_ok_and(|jurisdiction| {
                self.is_issuer(issuer) && self.is_granted(issuer, license_type, jurisdiction)
            })
        }

        /// Tells a license contract of type changes from now on.
        #[ink(message, name = "bindLicense")]
        pub fn bind_license(&mut self, license: Address) -> Result<(), Refused> {
            self.require_admin()?;
            require_account(license)?;
            let mut licenses = self.licenses.get_or_default();
            if licenses.contains(&license) {
                return Err(Reason::AlreadySo.into());
            }
            if licenses.len() >= MAX_LICENSES {
                return Err(Refused::new(Reason::LimitReached, MAX_LICENSES as u64));
            }
            licenses.push(license);
            self.licenses.set(&licenses);
            self.env().emit_event(LicenseBound { license });
            Ok(())
        }

        /// Allows an action and returns the rules of its type, or refuses it with the first reason
        /// that [`explain`](Self::explain) gives.
        #[ink(message)]
        pub fn check(&self, action: Action) -> Result<LicenseType, Refused> {
            let record = self.types.get(action.license_type);
            match self.refusals(&action, record.as_ref())?.first() {
                Some(refusal) => Err(refusal.into()),
                None => record
                    .map(TypeRecord::into_interface)
                    .ok_or(Reason::UnknownType.into()),
            }
        }

        /// Every reason to refuse the action, most fundamental first; empty when it is allowed.
        #[ink(message)]
        pub fn explain(&self, action: Action) -> Vec<Refusal> {
            let record = self.types.get(action.license_type);
            match self.refusals(&action, record.as_ref()) {
                Ok(refusals) => refusals.iter().map(Refusal::from).collect(),
                Err(reason) => ink::prelude::vec![Refusal::new(reason, 0)],
            }
        }

        /// What the model says; an error when the action is not even well formed.
        fn refusals(
            &self,
            action: &Action,
            record: Option<&TypeRecord>,
        ) -> Result<Refusals, Reason> {
            let jurisdiction = Jurisdiction::parse(&action.jurisdiction)?;
            let rules = record.map(|record| &record.rules);
            let facts = Facts {
                license_type: rules,
                issuer_registered: self.is_issuer(action.issuer),
                issuer_granted: self.is_granted(action.issuer, action.license_type, jurisdiction),
                supply: action.supply,
            };
            Ok(lex_model::refusals(
                &action.to_model(action.validity.into())?,
                &facts,
            ))
        }

        fn type_record(&self, license_type: u64) -> Result<TypeRecord, Refused> {
            self.types
                .get(license_type)
                .ok_or(Reason::UnknownType.into())
        }

        fn is_granted(
            &self,
            issuer: Address,
            license_type: u64,
            jurisdiction: Jurisdiction,
        ) -> bool {
            Scope::covering(jurisdiction).iter().any(|scope| {
                self.grants
                    .get((issuer, license_type, *scope))
                    .unwrap_or_default()
            })
        }

        fn set_grant(
            &mut self,
            issuer: Address,
            license_type: u64,
            jurisdiction: &str,
            granted: bool,
        ) -> Result<(), Refused> {
            self.require_admin()?;
            self.require_issuer(issuer)?;
            self.type_record(license_type)?;
            let scope = Scope::parse(jurisdiction)?;
            let key = (issuer, license_type, scope);
            if self.grants.get(key).unwrap_or_default() == granted {
                return Err(Reason::AlreadySo.into());
            }
            self.grants.insert(key, &granted);
            Ok(())
        }

        fn require_admin(&self) -> Result<Address, Refused> {
            let admin = self.admin();
            if self.env().caller() == admin {
                Ok(admin)
            } else {
                Err(Reason::NotAdmin.into())
            }
        }

        fn require_issuer(&self, issuer: Address) -> Result<(), Refused> {
            if self.is_issuer(issuer) {
                Ok(())
            } else {
                Err(Reason::UnknownIssuer.into())
            }
        }
    }

    fn require_name(name: &str) -> Result<(), Refused> {
        let valid = (1..=MAX_NAME).contains(&name.len());
        if valid {
            Ok(())
        } else {
            Err(Refused::new(Reason::InvalidText, MAX_NAME as u64))
        }
    }
}
