//! Policy: which license types exist, who may issue them where, what each jurisdiction demands, and
//! whether an action on a license may happen.
//!
//! # Roles
//! - *admin*: makes the rules. An account in development, the governor's timelock in production.
//! - *license contracts*: ask [`check`](policy::Policy::check) or [`clear`](policy::Policy::clear)
//!   before every change, in the same transaction, and are told of every restriction.
//! - *committee of a type*: nothing here by itself. An action that needs its approval is one that it
//!   calls.
//! - *guardian*: pauses groups of functions and can never resume. *Regulator*: freezes holders, declares
//!   keys lost, lifts pauses, stops and ends licenses of types without a committee. *Signer*: signs
//!   clearances. *Publisher*: publishes the roots that proofs are about.
//! - everyone else reads.
//!
//! # Invariants
//! - `check` and `clear` refuse exactly when `explain` and `explainWith` are not empty, and with their
//!   first entry: all run the same rules (`lex_model::refusals`), which are in no other place. The one
//!   thing that only shows when it is tried is a module that fails to keep its books; it stops what is
//!   ordinary, and nothing that a committee decides or that protects the public.
//! - A refusal changes nothing: it reverts (I9).
//! - A restriction holds here and for every bound license contract from the same transaction on, or for
//!   none.
//! - A license contract that is unbound shows nothing as usable and changes nothing, but what stops
//!   licenses and ends them.
//! - A key that is declared lost does nothing. Its holder has three days to object; nothing moves before.
//! - Removing an issuer, a grant, a role, a module or a license contract has effect from the next call
//!   on (I12), and asks nobody (I13). Grants end with the registration in which they were given.
//! - A clearance opens one action under one version of the rules that it is judged by, once; an identity
//!   has one license of a type at a time (I16, I27). A bundle's version, and a root that has ended, never
//!   come back (I30).
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`.
//!
//! # Successors
//! A license contract keeps the policy that it was initialized with, and no message points it to another:
//! that one would not know who is frozen or lost, which clearances and identities are used up, and what counts
//! against caps. An upgrade of the license contract's code can, together with a policy that brings all that.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod accounts;
pub mod book;
pub mod bound;
pub mod bundles;
pub mod events;
pub mod evidence;
pub mod gate;
pub mod issuers;
pub mod modules;
pub mod records;
pub mod score;
pub mod supply;
#[cfg(test)]
mod tests;
pub mod types;

#[ink::contract]
#[expect(
    clippy::too_many_arguments,
    reason = "a message has one argument per value that Solidity shows"
)]
pub mod policy {
    use ink::{
        U256,
        prelude::{string::String, vec::Vec},
        sol::FixedBytes,
    };
    use lex_contract_host::is_contract;
    use lex_model::{Account, Binding, Durations, Gates, Jurisdiction, MAX_TIME, Reason, TypeKind};
    use lex_policy_interface::{
        Action, Evidence, LicenseType, Refusal, Refused, Rules, TypeRules, require_account,
    };

    use crate::{
        accounts::Role,
        book::Book,
        bound::Restriction,
        events::{
            AdminChanged, AdminProposed, BundleRemoved, BundleSet, EvidenceUsed, HolderFrozen,
            IssuerGranted, IssuerRegistered, IssuerRemoved, IssuerShareSet, IssuerSucceeded,
            IssuerWithdrawn, KeyRecovered, LicenseBound, LicenseUnbound, ModuleAdded,
            ModuleRemoved, PauseLifted, Paused, RecoveryEnded, RoleChanged, RootSet, TypeCreated,
            TypeOpenChanged, TypeRulesChanged, VerifierChanged,
        },
        gate::{Asked, number},
        modules::Module,
        records::{BundleRule, BundleView, MAX_NAME, TypeRecord},
        score::score_of,
    };

    /// How many sets a circuit's statement is about at most; each has its roots.
    const MAX_SLOTS: u8 = 3;

    #[ink(storage)]
    pub struct Policy {
        book: Book,
    }

    impl Policy {
        /// A policy without types and issuers, ruled by `admin`.
        #[ink(constructor)]
        pub fn new(admin: Address) -> Result<Self, Refused> {
            require_account(admin)?;
            let mut policy = Self {
                book: Book::default(),
            };
            policy.book.set_admin(admin);
            policy.env().emit_event(AdminChanged {
                previous: Address::zero(),
                current: admin,
            });
            Ok(policy)
        }

        /// Who makes the rules.
        #[ink(message)]
        pub fn admin(&self) -> Address {
            self.book.admin()
        }

        /// Counts all changes of rules.
        #[ink(message)]
        pub fn version(&self) -> u32 {
            self.book.version()
        }

        /// Counts the changes of the rules by which actions on licenses of a type in a jurisdiction are
        /// judged; a clearance counts only under the version that it was given in. It never comes back to
        /// what it was.
        #[ink(message, name = "rulesVersion")]
        pub fn rules_version(
            &self,
            license_type: u64,
            jurisdiction: String,
        ) -> Result<u32, Refused> {
            let place = Jurisdiction::parse(&jurisdiction)?;
            Ok(self.book.rules_version(license_type, place)?)
        }

        /// Offers the rules to another account, which has to accept them; only the admin may. A former
        /// offer ends.
        #[ink(message, name = "setAdmin")]
        pub fn set_admin(&mut self, admin: Address) -> Result<(), Refused> {
            let current = self.require_admin()?;
            require_account(admin)?;
            self.book.propose_admin(admin);
            self.env().emit_event(AdminProposed {
                current,
                proposed: admin,
            });
            Ok(())
        }

        /// Takes the rules over; only the account to which they were offered may.
        #[ink(message, name = "acceptAdmin")]
        pub fn accept_admin(&mut self) -> Result<(), Refused> {
            let current = self.env().caller();
            if current != self.book.proposed_admin() {
                return Err(Reason::NotAdmin.into());
            }
            let previous = self.book.admin();
            self.book.set_admin(current);
            self.env().emit_event(AdminChanged { previous, current });
            Ok(())
        }

        /// To whom the rules are offered; zero for nobody.
        #[ink(message, name = "proposedAdmin")]
        pub fn proposed_admin(&self) -> Address {
            self.book.proposed_admin()
        }

        /// Creates an open license type without gates and returns its id. Durations are seconds; a
        /// `supply_cap` of 0 is no limit.
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
            let rules = lex_model::LicenseType {
                kind: TypeKind::from_code(kind).ok_or(Reason::InvalidTypeTerms)?,
                durations: Durations {
                    term,
                    renewal_window,
                    grace,
                },
                supply_cap,
                transferable,
                open: true,
                gates: Gates::default(),
                minimum_score: 0,
                parent_type: 0,
                version: 1,
            };
            rules.validate()?;
            let record = TypeRecord {
                rules,
                committee: Address::zero(),
                proven: None,
                royalty: 0,
                royalty_receiver: Address::zero(),
                name: name.clone(),
                terms_hash: terms_hash.0,
                schema_version,
            };
            let license_type = self.book.types.add(&record)?;
            self.book.next_version()?;
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

        /// Replaces the rules of a type that go beyond its terms. A gate needs what opens it: a
        /// committee, a statement with its circuit.
        #[ink(message, name = "setTypeRules")]
        pub fn set_type_rules(
            &mut self,
            license_type: u64,
            rules: TypeRules,
        ) -> Result<(), Refused> {
            self.require_admin()?;
            let version = self.book.types.set_rules(license_type, &rules)?;
            self.book.next_version()?;
            self.env().emit_event(TypeRulesChanged {
                license_type,
                rules,
                version,
            });
            Ok(())
        }

        /// Closes or reopens a type and tells every bound license contract. Saying what is already so
        /// is refused, so that no update is sent for nothing.
        #[ink(message, name = "setTypeOpen")]
        pub fn set_type_open(&mut self, license_type: u64, open: bool) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.types.set_open(license_type, open)?;
            self.book.next_version()?;
            self.book
                .bound
                .tell_all(Restriction::Type(license_type, !open))?;
            self.env()
                .emit_event(TypeOpenChanged { license_type, open });
            Ok(())
        }

        /// How many types there are; their ids are 1 to this number.
        #[ink(message, name = "typeCount")]
        pub fn type_count(&self) -> u64 {
            self.book.types.count()
        }

        /// The terms of a type.
        #[ink(message, name = "licenseType")]
        pub fn license_type(&self, license_type: u64) -> Result<LicenseType, Refused> {
            Ok(self.book.types.find(license_type)?.into_interface())
        }

        /// The rules of a type that go beyond its terms.
        #[ink(message, name = "typeRules")]
        pub fn type_rules(&self, license_type: u64) -> Result<TypeRules, Refused> {
            Ok(self.book.types.find(license_type)?.type_rules())
        }

        /// How many licenses or seats of a type there are that have not been ended, in all license
        /// contracts together; the type's cap is about them.
        #[ink(message, name = "supplyOf")]
        pub fn supply_of(&self, license_type: u64) -> u64 {
            self.book.supply.present(license_type)
        }

        /// Gives an account a share of a type's cap, so that it cannot use up what all issuers share; 0
        /// takes it away. What it has issued already stays.
        #[ink(message, name = "setIssuerShare")]
        pub fn set_issuer_share(
            &mut self,
            issuer: Address,
            license_type: u64,
            share: u64,
        ) -> Result<(), Refused> {
            self.require_admin()?;
            require_account(issuer)?;
            self.book.types.find(license_type)?;
            self.book.supply.set_share(license_type, issuer, share)?;
            self.book.next_version()?;
            self.env().emit_event(IssuerShareSet {
                issuer,
                license_type,
                share,
            });
            Ok(())
        }

        /// The most licenses or seats of a type that an account may have issued, 0 for no share of its
        /// own.
        #[ink(message, name = "issuerShare")]
        pub fn issuer_share(&self, issuer: Address, license_type: u64) -> u64 {
            self.book.supply.share(license_type, issuer)
        }

        /// How many licenses or seats of a type there are that an account issued.
        #[ink(message, name = "issuedBy")]
        pub fn issued_by(&self, issuer: Address, license_type: u64) -> u64 {
            self.book.supply.issued(license_type, issuer)
        }

        /// Makes an account an issuer, without grants: those of an earlier registration died with it.
        #[ink(message, name = "registerIssuer")]
        pub fn register_issuer(&mut self, issuer: Address, name: String) -> Result<(), Refused> {
            self.require_admin()?;
            require_account(issuer)?;
            require_name(&name)?;
            if self.book.accounts.account(issuer).lost {
                return Err(Reason::KeyLost.into());
            }
            self.book.issuers.register(issuer)?;
            self.book.next_version()?;
            self.env().emit_event(IssuerRegistered { issuer, name });
            Ok(())
        }

        /// Takes an account's role as issuer, and all its grants with it.
        #[ink(message, name = "removeIssuer")]
        pub fn remove_issuer(&mut self, issuer: Address) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.issuers.remove(issuer)?;
            self.book.next_version()?;
            self.env().emit_event(IssuerRemoved { issuer });
            Ok(())
        }

        /// Has another issuer decide about the licenses of one whose key is lost, stolen or retired, where
        /// it is granted their type and place. The old one is an issuer no more, for ever.
        #[ink(message, name = "succeedIssuer")]
        pub fn succeed_issuer(
            &mut self,
            retired: Address,
            successor: Address,
        ) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.issuers.succeed(retired, successor)?;
            if self.is_issuer(retired) {
                self.book.issuers.remove(retired)?;
                self.env().emit_event(IssuerRemoved { issuer: retired });
            }
            self.book.next_version()?;
            self.env()
                .emit_event(IssuerSucceeded { retired, successor });
            Ok(())
        }

        /// Who decides now about what an account issued: itself, or whoever took over from it.
        #[ink(message, name = "issuerInCharge")]
        pub fn issuer_in_charge(&self, issuer: Address) -> Address {
            self.book.issuers.in_charge(issuer)
        }

        /// Whether an account is an issuer.
        #[ink(message, name = "isIssuer")]
        pub fn is_issuer(&self, issuer: Address) -> bool {
            self.book.issuers.contains(issuer)
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
            self.require_ruler_of(license_type)?;
            self.book
                .issuers
                .grant(issuer, license_type, &jurisdiction)?;
            self.book.next_version()?;
            self.env().emit_event(IssuerGranted {
                issuer,
                license_type,
                jurisdiction,
            });
            Ok(())
        }

        /// Takes back exactly one grant, of an issuer that was removed too; a wider one that covers the
        /// same jurisdiction stays.
        #[ink(message, name = "withdrawIssuer")]
        pub fn withdraw_issuer(
            &mut self,
            issuer: Address,
            license_type: u64,
            jurisdiction: String,
        ) -> Result<(), Refused> {
            self.require_ruler_of(license_type)?;
            self.book
                .issuers
                .withdraw(issuer, license_type, &jurisdiction)?;
            self.book.next_version()?;
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
            Jurisdiction::parse(&jurisdiction).is_ok_and(|place| {
                self.is_issuer(issuer) && self.book.issuers.granted(issuer, license_type, place)
            })
        }

        /// Replaces the rules of a jurisdiction. A subdivision's rules stand instead of its country's.
        #[ink(message, name = "setBundle")]
        pub fn set_bundle(
            &mut self,
            jurisdiction: String,
            bundle_id: FixedBytes<32>,
            rules: Vec<BundleRule>,
        ) -> Result<(), Refused> {
            self.require_admin()?;
            let place = Jurisdiction::parse(&jurisdiction)?;
            let version = self.book.bundles.set(place, bundle_id.0, &rules)?;
            self.book.next_version()?;
            self.env().emit_event(BundleSet {
                jurisdiction,
                bundle_id,
                version,
                rules,
            });
            Ok(())
        }

        /// Removes a jurisdiction's own rules: its country's stand, or it has none and nothing is
        /// issued, renewed, transferred or lent there.
        #[ink(message, name = "removeBundle")]
        pub fn remove_bundle(&mut self, jurisdiction: String) -> Result<(), Refused> {
            self.require_admin()?;
            let place = Jurisdiction::parse(&jurisdiction)?;
            let version = self.book.bundles.remove(place)?;
            self.book.next_version()?;
            self.env().emit_event(BundleRemoved {
                jurisdiction,
                version,
            });
            Ok(())
        }

        /// The rules that count in a jurisdiction: its own or, if it has none, its country's.
        #[ink(message)]
        pub fn bundle(&self, jurisdiction: String) -> Result<BundleView, Refused> {
            let place = Jurisdiction::parse(&jurisdiction)?;
            self.book
                .bundles
                .covering(place)
                .and_then(|record| record.into_view())
                .ok_or(Reason::NoRules.into())
        }

        /// Gives a role to an account or takes it: 1 guardian, 2 clearance signer, 4 regulator, 8
        /// publisher of roots.
        #[ink(message, name = "setRole")]
        pub fn set_role(&mut self, account: Address, role: u8, held: bool) -> Result<(), Refused> {
            self.require_admin()?;
            let named = Role::from_code(role)
                .ok_or_else(|| Refused::new(Reason::UnknownCode, role.into()))?;
            self.book.accounts.set_role(account, named, held)?;
            self.book.next_version()?;
            self.env().emit_event(RoleChanged {
                account,
                role,
                held,
            });
            Ok(())
        }

        /// Whether an account has a role.
        #[ink(message, name = "hasRole")]
        pub fn has_role(&self, account: Address, role: u8) -> bool {
            Role::from_code(role).is_some_and(|role| self.book.accounts.has_role(account, role))
        }

        /// Adds a rule module: 1 for rules, 2 for rules about callers, 4 for books, or a sum of these.
        /// The contract is not called.
        #[ink(message, name = "addModule")]
        pub fn add_module(&mut self, module: Address, kinds: u8) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.modules.add(module, kinds)?;
            self.book.next_common_version()?;
            self.env().emit_event(ModuleAdded { module, kinds });
            Ok(())
        }

        /// Removes a rule module without calling it.
        #[ink(message, name = "removeModule")]
        pub fn remove_module(&mut self, module: Address) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.modules.remove(module)?;
            self.book.next_common_version()?;
            self.env().emit_event(ModuleRemoved { module });
            Ok(())
        }

        /// The rule modules, in the order in which they are asked.
        #[ink(message)]
        pub fn modules(&self) -> Vec<Module> {
            self.book.modules.all()
        }

        /// Has another contract verify proofs; zero for none.
        #[ink(message, name = "setVerifier")]
        pub fn set_verifier(&mut self, verifier: Address) -> Result<(), Refused> {
            self.require_admin()?;
            if self.verifier() == verifier {
                return Err(Reason::AlreadySo.into());
            }
            if !verifier.is_zero() && !is_contract(&verifier.0) {
                return Err(Reason::NotAContract.into());
            }
            self.book.set_verifier(verifier);
            self.book.next_common_version()?;
            self.env().emit_event(VerifierChanged { verifier });
            Ok(())
        }

        /// The contract that verifies proofs; zero for none.
        #[ink(message)]
        pub fn verifier(&self) -> Address {
            self.book.verifier()
        }

        /// Lets a license contract ask, and tells it of restrictions, from now on. A new contract has no
        /// licenses of types that are closed and of holders that are frozen already, and issues none;
        /// one that was unbound comes back only if no restriction has changed since.
        #[ink(message, name = "bindLicense")]
        pub fn bind_license(&mut self, license: Address) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.bound.add(license, self.book.use_paused())?;
            self.env().emit_event(LicenseBound { license });
            Ok(())
        }

        /// From now on a license contract is told nothing, and its licenses are not usable; they can still
        /// be suspended and revoked. It has to hear of it: one that cannot is abandoned.
        #[ink(message, name = "unbindLicense")]
        pub fn unbind_license(&mut self, license: Address) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.bound.remove(license)?;
            self.env().emit_event(LicenseUnbound { license });
            Ok(())
        }

        /// As `unbindLicense`, of a license contract that does not answer: whatever it shows by itself from
        /// now on is as it was.
        #[ink(message, name = "abandonLicense")]
        pub fn abandon_license(&mut self, license: Address) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.bound.abandon(license)?;
            self.env().emit_event(LicenseUnbound { license });
            Ok(())
        }

        /// The license contracts that are bound, in the order in which they were.
        #[ink(message, name = "boundLicenses")]
        pub fn bound_licenses(&self) -> Vec<Address> {
            self.book.bound.all()
        }

        /// Pauses groups of functions: 1 issuing and amending, 2 renewing, 4 moving, 8 use, 16 lending, or a
        /// sum of these. A guardian may, and can never resume.
        #[ink(message)]
        pub fn pause(&mut self, groups: u8) -> Result<(), Refused> {
            let actor = self.require_role(Role::Guardian, Reason::NotGuardian)?;
            self.require_free(actor)?;
            self.set_paused(groups, true)?;
            self.env().emit_event(Paused { groups, actor });
            Ok(())
        }

        /// Ends the pause of groups of functions; a regulator or the admin may.
        #[ink(message, name = "liftPause")]
        pub fn lift_pause(&mut self, groups: u8) -> Result<(), Refused> {
            let actor = self
                .require_admin()
                .or_else(|_| self.require_role(Role::Regulator, Reason::NotCommittee))?;
            self.set_paused(groups, false)?;
            self.env().emit_event(PauseLifted { groups, actor });
            Ok(())
        }

        /// The paused groups.
        #[ink(message, name = "pausedGroups")]
        pub fn paused_groups(&self) -> u8 {
            self.book.paused()
        }

        /// Counts the changes of the paused groups, from 0. A decision that lifts a pause names it.
        #[ink(message, name = "pauseVersion")]
        pub fn pause_version(&self) -> u64 {
            self.book.pause_version()
        }

        /// Freezes a holder, or ends the caller's freeze of it, and tells every bound license contract of what
        /// changes; a regulator may. A holder is frozen until every regulator that froze it has ended that;
        /// what an account froze that is a regulator no more ends with the next release. A
        /// lost key stays frozen for readers; releasing it lets what it holds go to its successor.
        /// The reason code is the regulator's own and not zero.
        #[ink(message, name = "setHolderFrozen")]
        pub fn set_holder_frozen(
            &mut self,
            account: Address,
            frozen: bool,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let actor = self.require_role(Role::Regulator, Reason::NotRegulator)?;
            require_reason(reason)?;
            let accounts = &mut self.book.accounts;
            let is_seen = match frozen {
                true => accounts.freeze(account, actor)?,
                false => accounts.release(account, actor)?,
            };
            if is_seen {
                self.book
                    .bound
                    .tell_all(Restriction::Holder(account, frozen))?;
            }
            let regulators = self.book.accounts.frozen_by(account).len();
            self.env().emit_event(HolderFrozen {
                account,
                frozen,
                actor,
                reason,
                evidence,
                regulators: u32::try_from(regulators).unwrap_or(u32::MAX),
            });
            Ok(())
        }

        /// Whether an account is frozen, by a regulator or because its key was declared lost.
        #[ink(message, name = "isFrozen")]
        pub fn is_frozen(&self, account: Address) -> bool {
            self.book.accounts.is_frozen(account)
        }

        /// The regulators that froze an account and have not released it, in the order in which they did.
        #[ink(message, name = "frozenBy")]
        pub fn frozen_by(&self, account: Address) -> Vec<Address> {
            self.book.accounts.frozen_by(account)
        }

        /// What stands against an account: 1 a regulator froze it, 2 its key was declared lost, 3 both, 0
        /// nothing.
        #[ink(message, name = "restrictionsOf")]
        pub fn restrictions_of(&self, account: Address) -> u8 {
            self.book.accounts.restrictions(account)
        }

        /// Counts the changes of what stands against an account, from 0. A decision that releases or
        /// recovers it names it.
        #[ink(message, name = "accountVersion")]
        pub fn account_version(&self, account: Address) -> u64 {
            self.book.accounts.version(account)
        }

        /// Declares a key lost and names who takes over from it; a regulator may. The key does nothing
        /// from now on, and for three days its holder may object. After them the recovery is in force
        /// by itself, and anyone moves what the key holds. The reason code is the regulator's own and not
        /// zero.
        #[ink(message, name = "recoverKey")]
        pub fn recover_key(
            &mut self,
            lost: Address,
            successor: Address,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let actor = self.require_role(Role::Regulator, Reason::NotRegulator)?;
            require_reason(reason)?;
            let now = self.env().block_timestamp();
            let accounts = &mut self.book.accounts;
            let (was_free, in_force_from) = accounts.declare_lost(lost, successor, now)?;
            if was_free {
                self.book.bound.tell_all(Restriction::Holder(lost, true))?;
            }
            self.env().emit_event(KeyRecovered {
                lost,
                successor,
                actor,
                reason,
                evidence,
                in_force_from,
            });
            Ok(())
        }

        /// Says that the key of `account` is not lost, before its recovery is in force; only the account
        /// itself may, a frozen one too.
        #[ink(message, name = "objectRecovery")]
        pub fn object_recovery(&mut self, account: Address) -> Result<(), Refused> {
            if self.env().caller() != account {
                return Err(Reason::NotHolder.into());
            }
            self.end_recovery(account, account, 0, FixedBytes([0; 32]))
        }

        /// Takes the recovery of a key back before it is in force; a regulator may. The reason code is
        /// the regulator's own and not zero.
        #[ink(message, name = "withdrawRecovery")]
        pub fn withdraw_recovery(
            &mut self,
            account: Address,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let actor = self.require_role(Role::Regulator, Reason::NotRegulator)?;
            require_reason(reason)?;
            self.end_recovery(account, actor, reason, evidence)
        }

        /// Who takes over what a lost key holds; zero while no recovery of the key is in force. If the
        /// successor was lost too, it is the successor's, and so on.
        #[ink(message, name = "successorOf")]
        pub fn successor_of(&self, lost: Address) -> Address {
            let now = self.env().block_timestamp();
            self.book.accounts.successor(lost, now)
        }

        /// The first second in which the recovery of a key is in force; 0 when it was not declared lost.
        #[ink(message, name = "recoveredFrom")]
        pub fn recovered_from(&self, lost: Address) -> u64 {
            self.book.accounts.recovered_from(lost)
        }

        /// Says until when (Unix seconds, excluded) proofs about a root count; a publisher may. Zero
        /// ends it now, and what has ended never counts again. A slot is one of the sets that a
        /// circuit's statement is about, from 0.
        #[ink(message, name = "setRoot")]
        pub fn set_root(
            &mut self,
            circuit: u64,
            slot: u8,
            root: U256,
            valid_until: u64,
        ) -> Result<(), Refused> {
            let actor = self.require_role(Role::Publisher, Reason::NotPublisher)?;
            self.require_free(actor)?;
            if slot >= MAX_SLOTS {
                return Err(Refused::new(Reason::UnknownCode, slot.into()));
            }
            if valid_until > MAX_TIME {
                return Err(Refused::new(Reason::InvalidTime, valid_until));
            }
            let now = self.env().block_timestamp();
            if (1..=now).contains(&valid_until) {
                return Err(Refused::new(Reason::InvalidTime, valid_until));
            }
            self.book
                .ledger
                .set_root(circuit, slot, root.to_big_endian(), valid_until, now)?;
            self.env().emit_event(RootSet {
                circuit,
                slot,
                root,
                valid_until,
                actor,
            });
            Ok(())
        }

        /// The first second in which a root no longer counts; 0 for one that never did.
        #[ink(message, name = "rootValidUntil")]
        pub fn root_valid_until(&self, circuit: u64, slot: u8, root: U256) -> u64 {
            self.book
                .ledger
                .root_valid_until(circuit, slot, root.to_big_endian())
        }

        /// Whether a nullifier was used, for an action or for a license that is not over.
        #[ink(message, name = "isNullifierUsed")]
        pub fn is_nullifier_used(&self, nullifier: U256) -> bool {
            let now = self.env().block_timestamp();
            self.book
                .ledger
                .is_nullifier_used(nullifier.to_big_endian(), now)
        }

        /// Whether a clearance with this digest was used.
        #[ink(message, name = "isClearanceUsed")]
        pub fn is_clearance_used(&self, digest: FixedBytes<32>) -> bool {
            self.book.ledger.is_clearance_used(digest.0)
        }

        /// The score of signals by the published formula, so that anybody can recompute what a
        /// clearance states: 0 to 1000, higher is safer. Each signal has a risk from 0 to 100 and, at
        /// the same place, a weight from 0 to 10,000; there are at most 8.
        #[ink(message)]
        pub fn score(&self, risks: Vec<u8>, weights: Vec<u16>) -> Result<u16, Refused> {
            score_of(&risks, &weights)
        }

        /// Allows an action without evidence and returns the rules of its type, or refuses it with the
        /// first reason that [`explain`](Self::explain) gives. Only a bound license contract may ask.
        #[ink(message)]
        pub fn check(&mut self, action: Action) -> Result<Rules, Refused> {
            self.admit(action, None)
        }

        /// Allows an action, uses its evidence up and returns the rules of its type, or refuses it with
        /// the first reason that [`explain_with`](Self::explain_with) gives. Only a bound license
        /// contract may ask.
        #[ink(message)]
        pub fn clear(&mut self, action: Action, evidence: Evidence) -> Result<Rules, Refused> {
            self.admit(action, Some(evidence))
        }

        /// Every reason to refuse the action without evidence, most fundamental first; empty when it is
        /// allowed. Anyone may ask; who is no bound license contract is told so first.
        #[ink(message)]
        pub fn explain(&self, action: Action) -> Vec<Refusal> {
            self.reasons(&action, None)
        }

        /// Every reason to refuse the action with this evidence, most fundamental first. Evidence is
        /// bound to the license contract, so only that contract is told that it holds.
        #[ink(message, name = "explainWith")]
        pub fn explain_with(&self, action: Action, evidence: Evidence) -> Vec<Refusal> {
            self.reasons(&action, Some(&evidence))
        }

        fn end_recovery(
            &mut self,
            account: Address,
            actor: Address,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let now = self.env().block_timestamp();
            if self.book.accounts.end_recovery(account, now)? {
                self.book
                    .bound
                    .tell_all(Restriction::Holder(account, false))?;
            }
            self.env().emit_event(RecoveryEnded {
                account,
                actor,
                reason,
                evidence,
            });
            Ok(())
        }

        fn admit(&mut self, action: Action, evidence: Option<Evidence>) -> Result<Rules, Refused> {
            let license = self.env().caller();
            if self.book.bound.binding(license) == Binding::Never {
                return Err(Reason::NotBound.into());
            }
            let asked = self.asked();
            let (rules, verdict) = self.book.admit(asked, &action, evidence.as_ref())?;
            if verdict.clearance.is_some() || verdict.nullifier.is_some() {
                self.env().emit_event(EvidenceUsed {
                    license,
                    token_id: action.token_id,
                    action: action.action,
                    clearance: FixedBytes(verdict.clearance.unwrap_or_default()),
                    nullifier: number(verdict.nullifier),
                    rules_version: self.rules_version_of(&action)?,
                });
            }
            Ok(rules)
        }

        fn reasons(&self, action: &Action, evidence: Option<&Evidence>) -> Vec<Refusal> {
            let asked = self.asked();
            match self.book.judge(asked, action, evidence) {
                Ok(verdict) => verdict.refusals.iter().map(Refusal::from).collect(),
                Err(reason) => [Refusal::new(reason, 0)].into(),
            }
        }

        fn rules_version_of(&self, action: &Action) -> Result<u32, Reason> {
            let place = Jurisdiction::from_bytes(action.jurisdiction.0)?;
            self.book.rules_version(action.license_type, place)
        }

        fn asked(&self) -> Asked {
            Asked {
                policy: self.env().address(),
                license: self.env().caller(),
            }
        }

        fn require_ruler_of(&self, license_type: u64) -> Result<(), Refused> {
            self.require_admin()?;
            self.book.types.find(license_type)?;
            Ok(())
        }

        fn set_paused(&mut self, groups: u8, paused: bool) -> Result<(), Refused> {
            if self.book.set_paused(groups, paused)? {
                self.book.bound.tell_all(Restriction::Use(paused))?;
            }
            Ok(())
        }

        fn require_admin(&self) -> Result<Address, Refused> {
            let admin = self.book.admin();
            if self.env().caller() == admin {
                Ok(admin)
            } else {
                Err(Reason::NotAdmin.into())
            }
        }

        /// A frozen or lost account does nothing in any role, but to decide as a regulator: else one of
        /// them silences the others.
        fn require_free(&self, account: Address) -> Result<(), Reason> {
            let Account { frozen, lost } = self.book.accounts.account(account);
            if lost {
                Err(Reason::KeyLost)
            } else if frozen {
                Err(Reason::CallerFrozen)
            } else {
                Ok(())
            }
        }

        fn require_role(&self, role: Role, reason: Reason) -> Result<Address, Refused> {
            let caller = self.env().caller();
            if self.book.accounts.has_role(caller, role) {
                Ok(caller)
            } else {
                Err(reason.into())
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

    fn require_reason(reason: u32) -> Result<(), Refused> {
        if reason == 0 {
            Err(Reason::MissingReason.into())
        } else {
            Ok(())
        }
    }
}
