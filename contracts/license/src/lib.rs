//! Licenses of single-token types, as ERC-721 tokens with a status.
//!
//! # Roles
//! - *issuer*: issues, renews, suspends, resumes and revokes its own licenses, while policy grants it
//!   their type and jurisdiction.
//! - *holder*: transfers, where the type allows it, and surrenders.
//! - *policy*: is asked before every change, in the same transaction, and says when a type closes.
//! - everyone: reads, and settles suspensions that have lifted.
//!
//! # Invariants
//! - A revoked or archived license never changes again, and no id is used twice.
//! - Every change that a reader must learn of appends exactly one update to the outbox, in the same
//!   transaction; `outbox()` commits to all of them.
//! - The balances of all holders add up to `totalSupply()`.
//! - A message refuses with the first entry of [`explain`](license::License::explain), unless its own
//!   arguments are at fault (a missing reason code, a time in the past, a text too long), which is
//!   looked at last.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`;
//! policy's come through unchanged.
//!
//! # Storage
//! Only `Lazy` and `Mapping` fields with fixed keys, so that the contract can stand behind a
//! delegating proxy and be replaced; [`LAYOUT_VERSION`](license::LAYOUT_VERSION) counts its layouts.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod approvals;
pub mod events;
pub mod receiver;
pub mod records;
#[cfg(test)]
mod tests;
pub mod views;

#[ink::contract]
pub mod license {
    use ink::{
        U256,
        prelude::{string::String, vec, vec::Vec},
        sol::{DynBytes, FixedBytes},
        storage::{Lazy, traits::ManualKey},
    };
    use lex_contract_host::{HostKeccak, chain_id};
    use lex_model::{
        ActionKind, Jurisdiction, LicenseType, Outbox, Reason, Standing, Term, TypeKind, Update,
    };
    use lex_policy_interface::{self as interface, NoAnswer, Refusal, Refused, require_account};

    use crate::{
        approvals::Approvals,
        events::{
            Approval, ApprovalForAll, LicenseIssued, LicenseRenewed, LicenseResumed,
            LicenseRevoked, LicenseSurrendered, LicenseSuspended, Transfer, UpdateAppended,
        },
        receiver,
        records::{MAX_URI, Metadata, OutboxRecord, Register},
        views::{LicenseView, OutboxView, action_on},
    };

    /// Counts the layouts of this contract's storage.
    pub const LAYOUT_VERSION: u32 = 1;

    /// ERC-165, ERC-721 and ERC-721 Metadata.
    const INTERFACES: [[u8; 4]; 3] = [
        [0x01, 0xff, 0xc9, 0xa7],
        [0x80, 0xac, 0x58, 0xcd],
        [0x5b, 0x5e, 0x13, 0x9f],
    ];

    #[ink(storage)]
    pub struct License {
        /// The contract that is asked before every change.
        policy: Lazy<Address, ManualKey<0x4c4c_0001>>,
        outbox: Lazy<OutboxRecord, ManualKey<0x4c4c_0002>>,
        register: Register,
        approvals: Approvals,
    }

    /// An action on a license that policy has allowed.
    struct Allowed {
        id: u64,
        license: lex_model::License,
        rules: LicenseType,
        now: u64,
    }

    impl License {
        /// A contract without licenses that asks `policy`.
        #[ink(constructor)]
        pub fn new(policy: Address) -> Result<Self, Refused> {
            let mut license = Self {
                policy: Lazy::new(),
                outbox: Lazy::new(),
                register: Register::default(),
                approvals: Approvals::default(),
            };
            license.initialize(policy)?;
            Ok(license)
        }

        /// Does once, for the proxy in front of this contract, what the constructor does without one.
        #[ink(message)]
        pub fn initialize(&mut self, policy: Address) -> Result<(), Refused> {
            if self.policy.get().is_some() {
                return Err(Reason::AlreadyInitialized.into());
            }
            require_account(policy)?;
            self.policy.set(&policy);
            let empty = Outbox::empty::<HostKeccak>(chain_id(), &self.env().address().0);
            self.outbox.set(&OutboxRecord(empty));
            Ok(())
        }

        /// Which layout the storage has.
        #[ink(message, name = "layoutVersion")]
        pub fn layout_version(&self) -> u32 {
            LAYOUT_VERSION
        }

        /// The contract that is asked before every change; zero before it is initialized.
        #[ink(message)]
        pub fn policy(&self) -> Address {
            self.policy.get().unwrap_or_default()
        }

        /// Issues a license to `to`; the caller becomes its issuer. `valid_from` is in Unix seconds, 0
        /// for now; its end follows from the type. The URI has at most 256 bytes.
        #[ink(message)]
        pub fn issue(
            &mut self,
            to: Address,
            license_type: u64,
            jurisdiction: String,
            valid_from: u64,
            metadata_hash: FixedBytes<32>,
            token_uri: String,
        ) -> Result<U256, Refused> {
            let issuer = self.env().caller();
            let valid_from = if valid_from == 0 {
                self.now()
            } else {
                valid_from
            };
            let action =
                self.issue_action(issuer, to, license_type, jurisdiction.clone(), valid_from);
            let rules = self.allow(action)?;
            if token_uri.len() > MAX_URI {
                return Err(Refused::new(Reason::InvalidText, MAX_URI as u64));
            }
            let place = Jurisdiction::parse(&jurisdiction)?;
            let term = Term::first(&rules, valid_from)?;

            let license = lex_model::License::issued(to.0, issuer.0, license_type, place, term);
            let metadata = Metadata {
                hash: metadata_hash.0,
                uri: token_uri,
            };
            let id = self.register.add(license, &metadata)?;
            self.append(license.update(id.into(), 0))?;

            let token_id = U256::from(id);
            self.env().emit_event(Transfer {
                from: Address::zero(),
                to,
                token_id,
            });
            self.env().emit_event(LicenseIssued {
                token_id,
                issuer,
                holder: to,
                license_type,
                jurisdiction,
                valid_from: term.valid_from,
                valid_until: term.valid_until,
                grace_until: term.grace_until,
                metadata_hash,
                token_uri: metadata.uri,
            });
            Ok(token_id)
        }

        /// Extends a license by its type's term; its issuer may, from the renewal window to the end of
        /// the grace period.
        #[ink(message)]
        pub fn renew(&mut self, token_id: U256) -> Result<(), Refused> {
            let allowed = self.allowed(ActionKind::Renew, token_id, Address::zero())?;
            let renewed = allowed.license.renewed(&allowed.rules, allowed.now)?;
            self.commit(allowed.id, renewed)?;
            let Term {
                valid_until,
                grace_until,
                ..
            } = renewed.term;
            self.env().emit_event(LicenseRenewed {
                token_id,
                valid_until,
                grace_until,
            });
            Ok(())
        }

        /// Takes a license out of force until its issuer resumes it, or until `lifts_at` (Unix
        /// seconds, 0 for never). The reason code is the issuer's own and not zero.
        #[ink(message)]
        pub fn suspend(
            &mut self,
            token_id: U256,
            reason: u32,
            evidence: FixedBytes<32>,
            lifts_at: u64,
        ) -> Result<(), Refused> {
            let allowed = self.allowed(ActionKind::Suspend, token_id, Address::zero())?;
            require_reason(reason)?;
            let suspended = allowed
                .license
                .suspended((lifts_at != 0).then_some(lifts_at), allowed.now)
                .map_err(|reason| Refused::new(reason, lifts_at))?;
            self.commit(allowed.id, suspended)?;
            self.env().emit_event(LicenseSuspended {
                token_id,
                reason,
                evidence,
                lifts_at,
            });
            Ok(())
        }

        /// Ends a suspension; the license's issuer may.
        #[ink(message)]
        pub fn resume(&mut self, token_id: U256) -> Result<(), Refused> {
            let allowed = self.allowed(ActionKind::Resume, token_id, Address::zero())?;
            self.commit(allowed.id, allowed.license.resumed(allowed.now)?)?;
            self.env().emit_event(LicenseResumed { token_id });
            Ok(())
        }

        /// Appends the end of a suspension that has lifted by itself to the outbox, so that mirrors
        /// learn of it. Anyone may: it states what is so already.
        #[ink(message)]
        pub fn settle(&mut self, token_id: U256) -> Result<(), Refused> {
            let (id, license) = self.register.find(token_id)?;
            let settled = license
                .settled(self.now())
                .map_err(|reason| Refused::new(reason, lifts_at(license.standing)))?;
            self.commit(id, settled)?;
            self.env().emit_event(LicenseResumed { token_id });
            Ok(())
        }

        /// Takes a license out of force for ever; its issuer may. The reason code is the issuer's own
        /// and not zero.
        #[ink(message)]
        pub fn revoke(
            &mut self,
            token_id: U256,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let allowed = self.allowed(ActionKind::Revoke, token_id, Address::zero())?;
            require_reason(reason)?;
            self.commit(allowed.id, allowed.license.revoked()?)?;
            self.env().emit_event(LicenseRevoked {
                token_id,
                reason,
                evidence,
            });
            Ok(())
        }

        /// Gives a license up, for ever; its holder may.
        #[ink(message)]
        pub fn surrender(&mut self, token_id: U256) -> Result<(), Refused> {
            let allowed = self.allowed(ActionKind::Surrender, token_id, Address::zero())?;
            self.commit(allowed.id, allowed.license.surrendered(allowed.now)?)?;
            self.env().emit_event(LicenseSurrendered { token_id });
            Ok(())
        }

        /// Policy says that a type was closed or reopened.
        #[ink(message, name = "typeChanged")]
        pub fn type_changed(&mut self, license_type: u64, open: bool) -> Result<(), Refused> {
            if self.env().caller() != self.policy_address()? {
                return Err(Reason::NotPolicy.into());
            }
            self.register.set_closed(license_type, !open);
            self.append(Update::of_type(license_type, open, 0))
        }

        /// Code of the license's status at a time (Unix seconds); 0 when there is no such license.
        #[ink(message, name = "statusAt")]
        pub fn status_at(&self, token_id: U256, at: u64) -> u8 {
            self.register
                .find(token_id)
                .map_or(0, |(_, license)| license.status_at(at).code())
        }

        /// Whether the license is in force now: active, its term running, its type open.
        #[ink(message, name = "isUsable")]
        pub fn is_usable(&self, token_id: U256) -> bool {
            self.register.find(token_id).is_ok_and(|(_, license)| {
                license.status_at(self.now()) == lex_model::Status::Active
                    && !self.register.is_closed(license.license_type)
            })
        }

        /// Everything about a license, with its status now.
        #[ink(message)]
        pub fn license(&self, token_id: U256) -> Result<LicenseView, Refused> {
            let (id, license) = self.register.find(token_id)?;
            Ok(LicenseView::new(
                &license,
                self.register.metadata(id)?.hash,
                self.now(),
            ))
        }

        /// The last update's nonce and the head that commits to all updates.
        #[ink(message)]
        pub fn outbox(&self) -> Result<OutboxView, Refused> {
            let OutboxRecord(Outbox { nonce, head }) =
                self.outbox.get().ok_or(Reason::NotInitialized)?;
            Ok(OutboxView {
                nonce,
                head: FixedBytes(head),
            })
        }

        /// How many licenses of a type have been issued.
        #[ink(message)]
        pub fn supply(&self, license_type: u64) -> u64 {
            self.register.supply(license_type)
        }

        /// How many licenses have been issued; their ids are 1 to this number.
        #[ink(message, name = "totalSupply")]
        pub fn total_supply(&self) -> U256 {
            self.register.count().into()
        }

        /// Every reason to refuse the action if `caller` asked for it now, in the order in which it
        /// would be refused; empty when it is allowed. An issue has no token id; the other actions
        /// have no type and no jurisdiction; only an issue and a transfer have a `to`.
        #[ink(message)]
        pub fn explain(
            &self,
            action: u8,
            caller: Address,
            token_id: U256,
            license_type: u64,
            jurisdiction: String,
            to: Address,
        ) -> Vec<Refusal> {
            let refusals = match ActionKind::from_code(action) {
                None => Err(Reason::UnknownAction),
                Some(ActionKind::Issue) => self.explain_issue(self.issue_action(
                    caller,
                    to,
                    license_type,
                    jurisdiction,
                    self.now(),
                )),
                Some(kind) => self.explain_on(kind, caller, token_id, to),
            };
            refusals.unwrap_or_else(|reason| vec![Refusal::new(reason, 0)])
        }

        /// Whether `from` could transfer the license to `to` now.
        #[ink(message, name = "canTransfer")]
        pub fn can_transfer(&self, from: Address, to: Address, token_id: U256) -> bool {
            let holds = self
                .register
                .find(token_id)
                .is_ok_and(|(_, license)| from.0 == license.holder);
            holds
                && self
                    .explain_on(ActionKind::Transfer, from, token_id, to)
                    .is_ok_and(|refusals| refusals.is_empty())
        }

        /// ERC-165.
        #[ink(message, name = "supportsInterface")]
        pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
            INTERFACES.contains(&interface_id.0)
        }

        /// ERC-721 Metadata: the collection's name.
        #[ink(message)]
        pub fn name(&self) -> String {
            "LEX License".into()
        }

        /// ERC-721 Metadata: the collection's symbol.
        #[ink(message)]
        pub fn symbol(&self) -> String {
            "LEX".into()
        }

        /// ERC-721 Metadata: where the license's metadata is.
        #[ink(message, name = "tokenURI")]
        pub fn token_uri(&self, token_id: U256) -> Result<String, Refused> {
            let (id, _) = self.register.find(token_id)?;
            Ok(self.register.metadata(id)?.uri)
        }

        /// ERC-721: how many licenses an account holds, those out of force included.
        #[ink(message, name = "balanceOf")]
        pub fn balance_of(&self, owner: Address) -> Result<U256, Refused> {
            require_account(owner)?;
            Ok(self.register.balance(owner).into())
        }

        /// ERC-721: who holds the license, or held it when it was revoked or surrendered.
        #[ink(message, name = "ownerOf")]
        pub fn owner_of(&self, token_id: U256) -> Result<Address, Refused> {
            let (_, license) = self.register.find(token_id)?;
            Ok(license.holder.into())
        }

        /// ERC-721: lets `to` transfer the license; the holder and its operators may.
        #[ink(message)]
        pub fn approve(&mut self, to: Address, token_id: U256) -> Result<(), Refused> {
            let (id, license) = self.register.find(token_id)?;
            let owner = Address::from(license.holder);
            if !self.approvals.may_approve(self.env().caller(), owner) {
                return Err(Reason::NotApproved.into());
            }
            self.approvals.approve(id, to);
            self.env().emit_event(Approval {
                owner,
                approved: to,
                token_id,
            });
            Ok(())
        }

        /// ERC-721: who may transfer the license besides its holder and the operators.
        #[ink(message, name = "getApproved")]
        pub fn get_approved(&self, token_id: U256) -> Result<Address, Refused> {
            let (id, _) = self.register.find(token_id)?;
            Ok(self.approvals.approved(id))
        }

        /// ERC-721: lets an operator transfer all licenses of the caller, or no longer.
        #[ink(message, name = "setApprovalForAll")]
        pub fn set_approval_for_all(
            &mut self,
            operator: Address,
            approved: bool,
        ) -> Result<(), Refused> {
            require_account(operator)?;
            let owner = self.env().caller();
            self.approvals.set_operator(owner, operator, approved);
            self.env().emit_event(ApprovalForAll {
                owner,
                operator,
                approved,
            });
            Ok(())
        }

        /// ERC-721: whether an operator may transfer all licenses of an account.
        #[ink(message, name = "isApprovedForAll")]
        pub fn is_approved_for_all(&self, owner: Address, operator: Address) -> bool {
            self.approvals.is_operator(owner, operator)
        }

        /// ERC-721: moves the license from its holder to `to`.
        #[ink(message, name = "transferFrom")]
        pub fn transfer_from(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
        ) -> Result<(), Refused> {
            let (_, license) = self.register.find(token_id)?;
            if from.0 != license.holder {
                return Err(Reason::NotHolder.into());
            }
            let allowed = self.allowed(ActionKind::Transfer, token_id, to)?;
            let moved = allowed.license.transferred(to.0, allowed.now)?;
            self.approvals.clear(allowed.id);
            self.register.hand_over(allowed.id, from, moved)?;
            self.append(moved.update(allowed.id.into(), 0))?;
            self.env().emit_event(Transfer { from, to, token_id });
            Ok(())
        }

        /// ERC-721: as `transferFrom`; a receiving contract must accept the license.
        #[ink(message, name = "safeTransferFrom")]
        pub fn safe_transfer_from(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
        ) -> Result<(), Refused> {
            self.safe_transfer(from, to, token_id, DynBytes(Vec::new()))
        }

        fn safe_transfer(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
            data: DynBytes,
        ) -> Result<(), Refused> {
            self.transfer_from(from, to, token_id)?;
            if self.env().is_contract(&to) {
                receiver::ask(to, self.env().caller(), from, token_id, data)?;
            }
            Ok(())
        }

        fn now(&self) -> u64 {
            self.env().block_timestamp()
        }

        fn policy_address(&self) -> Result<Address, Reason> {
            self.policy.get().ok_or(Reason::NotInitialized)
        }

        fn issue_action(
            &self,
            issuer: Address,
            to: Address,
            license_type: u64,
            jurisdiction: String,
            valid_from: u64,
        ) -> interface::Action {
            interface::Action {
                action: ActionKind::Issue as u8,
                caller: issuer,
                issuer,
                license_type,
                jurisdiction,
                token_id: U256::zero(),
                from: Address::zero(),
                to,
                status: 0,
                validity: interface::Validity {
                    valid_from,
                    ..Default::default()
                },
                supply: self.register.supply(license_type),
                at: self.now(),
            }
        }

        /// Asks policy. What it refuses is refused in its words.
        fn allow(&self, action: interface::Action) -> Result<LicenseType, Refused> {
            let answer = interface::check(self.policy_address()?, action)
                .map_err(|NoAnswer| Reason::PolicyUnreachable)?;
            let rules = answer?.rules().ok_or(Reason::PolicyUnreachable)?;
            if rules.kind == TypeKind::Nft {
                Ok(rules)
            } else {
                Err(Reason::WrongKind.into())
            }
        }

        /// Asks whether the caller may do this to the license.
        fn allowed(
            &self,
            kind: ActionKind,
            token_id: U256,
            to: Address,
        ) -> Result<Allowed, Refused> {
            let (id, license) = self.register.find(token_id)?;
            let (caller, now) = (self.env().caller(), self.now());
            if !self.may_ask(kind, caller, id, &license) {
                return Err(Reason::NotApproved.into());
            }
            let rules = self.allow(action_on(kind, caller, id, &license, to, now))?;
            Ok(Allowed {
                id,
                license,
                rules,
                now,
            })
        }

        /// The one rule that only this contract knows: who may move a license for its holder.
        fn may_ask(
            &self,
            kind: ActionKind,
            caller: Address,
            id: u64,
            license: &lex_model::License,
        ) -> bool {
            kind != ActionKind::Transfer
                || self.approvals.may_move(caller, license.holder.into(), id)
        }

        fn explain_on(
            &self,
            kind: ActionKind,
            caller: Address,
            token_id: U256,
            to: Address,
        ) -> Result<Vec<Refusal>, Reason> {
            let (id, license) = self.register.find(token_id)?;
            let action = action_on(kind, caller, id, &license, to, self.now());
            let mut refusals = Vec::new();
            if !self.may_ask(kind, caller, id, &license) {
                refusals.push(Refusal::new(Reason::NotApproved, 0));
            }
            refusals.extend(self.ask_why(action)?);
            Ok(refusals)
        }

        fn explain_issue(&self, action: interface::Action) -> Result<Vec<Refusal>, Reason> {
            let mut refusals = self.ask_why(action.clone())?;
            // A type of another kind is known only once policy allows the action.
            if refusals.is_empty()
                && let Err(refused) = self.allow(action)
            {
                refusals.push(refused.into());
            }
            Ok(refusals)
        }

        fn ask_why(&self, action: interface::Action) -> Result<Vec<Refusal>, Reason> {
            interface::explain(self.policy_address()?, action)
                .map_err(|NoAnswer| Reason::PolicyUnreachable)
        }

        fn commit(&mut self, id: u64, license: lex_model::License) -> Result<(), Refused> {
            self.register.put(id, license);
            self.append(license.update(id.into(), 0))
        }

        /// Gives the update its nonce and appends it to the outbox.
        fn append(&mut self, update: Update) -> Result<(), Refused> {
            let OutboxRecord(outbox) = self.outbox.get().ok_or(Reason::NotInitialized)?;
            let nonce = outbox.next_nonce().ok_or(Reason::LimitReached)?;
            let update = Update { nonce, ..update };
            let longer = outbox
                .with::<HostKeccak>(&update)
                .ok_or(Reason::LimitReached)?;
            self.outbox.set(&OutboxRecord(longer));
            self.env().emit_event(UpdateAppended {
                nonce,
                token_id: U256::from_big_endian(&update.token_id.0),
                holder: update.holder.into(),
                kind: update.kind,
                license_type: update.license_type,
                status: update.status,
                valid_from: update.valid_from,
                valid_until: update.valid_until,
                grace_until: update.grace_until,
                version: update.version,
                head: FixedBytes(longer.head),
            });
            Ok(())
        }
    }

    /// The overload of ERC-721 needs a namespace of its own in Rust; Solidity does not see it.
    #[ink(namespace = "data")]
    impl License {
        /// ERC-721: as the other; `data` is for the receiving contract.
        #[ink(message, name = "safeTransferFrom")]
        pub fn safe_transfer_from_with_data(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
            data: DynBytes,
        ) -> Result<(), Refused> {
            self.safe_transfer(from, to, token_id, data)
        }
    }

    fn require_reason(reason: u32) -> Result<(), Reason> {
        if reason == 0 {
            Err(Reason::MissingReason)
        } else {
            Ok(())
        }
    }

    fn lifts_at(standing: Standing) -> u64 {
        match standing {
            Standing::Suspended { lifts_at } => lifts_at.unwrap_or_default(),
            _ => 0,
        }
    }
}
