//! Licenses of single-token types, as ERC-721 tokens with a status.
//!
//! # Roles
//! - *issuer*: issues, renews, suspends, resumes, revokes and describes its own licenses, while policy
//!   grants it their type and jurisdiction.
//! - *committee* of the type: brings pending licenses into force, approves renewals, moves and holds
//!   licenses by decision; alone lifts what it suspended, and changes what a frozen or lost account holds.
//! - *holder*: completes what was applied for, transfers, where the type allows it, lends the use,
//!   surrenders, and gives sublicenses, for which it then decides as an issuer does.
//! - *policy*: is asked before every change, in the same transaction, and says what is restricted.
//! - everyone: reads, settles suspensions that have lifted, moves what lost keys hold to their
//!   successors.
//!
//! # Invariants
//! - A revoked or archived license never comes into force again, and no id is used twice (I1).
//! - Every change that a reader must learn of appends exactly one update to the outbox, in the same
//!   transaction; `outbox()` commits to all of them.
//! - The balances of all holders add up to `totalSupply()` (I5).
//! - A user's right ends with the license, its holder's right to use it, its own time and every move,
//!   whichever comes first (I6). It is given only with policy's leave, as a transfer is.
//! - `canTransfer` is true exactly if a transfer by the holder succeeds (I8).
//! - A frozen or lost account does nothing, and a license that is held where it is changes by decision
//!   only; a move lets it go first (I11).
//! - A sublicense never stands better nor lasts longer than its parent, and dies with it.
//! - A message refuses with the first entry of [`explain`](license::License::explain), unless its own
//!   arguments are at fault. Those that name a license (its holder, what was approved, whether a
//!   renewal was requested) are looked at first; the others (a missing reason code, a time in the
//!   past, a text too long) last.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`;
//! policy's come through unchanged.
//!
//! # Standards
//! ERC-165, 721, 721 Metadata, 2981, 4906, 4907, 5192, 5643 and 7943. Not 7858, which wants expired
//! tokens to move, and not 5484, which forbids amendments. Nothing is paid here, so ERC-5643's two
//! payable messages take no value. Where ERC-5643 knows no subscription that rests, `expiresAt` says 0:
//! what is shown with an end in the future is in force until then.
//!
//! # Storage
//! Only `Lazy` and `Mapping` fields with fixed keys, so that the contract can stand behind a
//! delegating proxy and be replaced; [`LAYOUT`](license::LAYOUT) says which layout it has.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod book;
pub mod events;
pub mod holders;
mod lending;
pub mod moves;
pub mod receiver;
pub mod rights;
pub mod sublicenses;
#[cfg(test)]
mod tests;

#[ink::contract]
#[expect(
    clippy::too_many_arguments,
    reason = "a message has one argument per value that Solidity shows"
)]
pub mod license {
    use ink::{
        U256,
        prelude::{string::String, vec, vec::Vec},
        sol::{DynBytes, FixedBytes},
    };
    use lex_lifecycle::{
        AmendmentView, Approved, Issued, LicenseView, Metadata, OutboxView, Rewrite, RoyaltyView,
        require_idle,
    };
    use lex_model::{ActionKind, Layout, Reason};
    use lex_policy_interface::{Evidence, Refusal, Refused, SubjectView, require_account};

    use crate::{
        book::{Book, Question},
        events::{Approval, ApprovalForAll, LicenseSurrendered, MetadataUpdate},
        moves::{Grounds, MAX_BATCH, Route},
        receiver,
        sublicenses::Wanted,
    };

    /// What this contract's storage means.
    pub const LAYOUT: Layout = Layout::new("LEX License", 1);

    /// The reason of decisions that come through ERC-7943, which has none.
    const UNSPECIFIED: Grounds = Grounds {
        reason: 1,
        evidence: FixedBytes([0; 32]),
    };

    /// ERC-165, 721, 721 Metadata, 2981, 4906, 4907, 5192, 5643 and 7943 for single tokens.
    const INTERFACES: [[u8; 4]; 9] = [
        [0x01, 0xff, 0xc9, 0xa7],
        [0x80, 0xac, 0x58, 0xcd],
        [0x5b, 0x5e, 0x13, 0x9f],
        [0x2a, 0x55, 0x20, 0x5a],
        [0x49, 0x06, 0x49, 0x06],
        [0xad, 0x09, 0x2b, 0x5c],
        [0xb4, 0x5a, 0x3c, 0x0e],
        [0x8c, 0x65, 0xf8, 0x4d],
        [0xbf, 0x1e, 0xf5, 0xfe],
    ];

    #[ink(storage)]
    pub struct License {
        book: Book,
    }

    impl License {
        /// A contract without licenses that asks `policy`.
        #[ink(constructor)]
        pub fn new(policy: Address) -> Result<Self, Refused> {
            let mut license = Self {
                book: Book::default(),
            };
            license.initialize(policy)?;
            Ok(license)
        }

        /// Does once, for the proxy in front of this contract, what the constructor does without one.
        #[ink(message)]
        pub fn initialize(&mut self, policy: Address) -> Result<(), Refused> {
            let contract = self.env().address();
            Ok(self.book.lifecycle.initialize(policy, contract)?)
        }

        /// Which layout the storage has: the contract's name, and the layout's version in the last four
        /// bytes.
        #[ink(message)]
        pub fn layout(&self) -> FixedBytes<32> {
            FixedBytes(LAYOUT.word())
        }

        /// The contract that is asked before every change; zero before it is initialized.
        #[ink(message)]
        pub fn policy(&self) -> Address {
            self.book.lifecycle.policy.address()
        }

        /// Issues a license to `to`; the caller becomes its issuer. `valid_from` is in Unix seconds, 0
        /// for now; its end follows from the type. The URI has at most 256 bytes. If the type has gates
        /// for this, the license is pending until it is activated.
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
            let wanted = Wanted {
                to,
                license_type,
                jurisdiction,
                valid_from,
                metadata: described(metadata_hash, token_uri),
            };
            let context = self.book.context();
            let Issued { entry, .. } = self.book.lifecycle.issue(context, wanted.under(None))?;
            self.book.minted(context, &entry, to)?;
            Ok(entry.token_id())
        }

        /// Issues a license to `to` under one that the caller holds and decides about: it ends with
        /// that one at the latest. A license has at most 8 sublicenses; those have none.
        #[ink(message)]
        pub fn sublicense(
            &mut self,
            parent_id: U256,
            to: Address,
            license_type: u64,
            jurisdiction: String,
            valid_from: u64,
            metadata_hash: FixedBytes<32>,
            token_uri: String,
        ) -> Result<U256, Refused> {
            let wanted = Wanted {
                to,
                license_type,
                jurisdiction,
                valid_from,
                metadata: described(metadata_hash, token_uri),
            };
            let context = self.book.context();
            self.book.sublicense(context, parent_id, wanted)
        }

        /// Brings a pending license into force: all gates of its type in one transaction. The values
        /// must be the license's. Its issuer or its holder may, or the committee if the type needs its
        /// decision.
        #[ink(message)]
        pub fn activate(
            &mut self,
            token_id: U256,
            holder: Address,
            license_type: u64,
            valid_from: u64,
            valid_until: u64,
            metadata_hash: FixedBytes<32>,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            let entry = self.book.find(token_id)?;
            let approved = Approved {
                holder,
                license_type,
                valid_from,
                valid_until,
                metadata_hash,
            };
            let context = self.book.context();
            let to = entry.license.holder.into();
            let change = self
                .book
                .lifecycle
                .activate(context, entry, to, 1, approved, evidence)?;
            Ok(self.book.changed(context, change)?)
        }

        /// Takes a pending license back, for ever; its issuer, its holder or the committee may.
        #[ink(message)]
        pub fn withdraw(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let change = self.book.lifecycle.withdraw(context, entry, 1)?;
            Ok(self.book.changed(context, change)?)
        }

        /// Extends a license by its type's term; its issuer may, from the renewal window to the end of
        /// the grace period.
        #[ink(message)]
        pub fn renew(&mut self, token_id: U256) -> Result<(), Refused> {
            self.prolong(token_id, None, None)
        }

        /// As `renew`, with what opens the gates of a renewal.
        #[ink(message, name = "renewWith")]
        pub fn renew_with(&mut self, token_id: U256, evidence: Evidence) -> Result<(), Refused> {
            self.prolong(token_id, None, Some(evidence))
        }

        /// Notes that a renewal is wanted, for the committee to decide; the issuer or the holder may
        /// when it could be renewed. The license stays as it is meanwhile.
        #[ink(message, name = "requestRenewal")]
        pub fn request_renewal(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            self.book.lifecycle.request_renewal(context, entry)
        }

        /// Answers a request: extends a license to `valid_until`, which must be the end that its
        /// renewal gives. The committee decides it.
        #[ink(message, name = "renewApproved")]
        pub fn renew_approved(
            &mut self,
            token_id: U256,
            valid_until: u64,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            self.prolong(token_id, Some(valid_until), Some(evidence))
        }

        /// Whether a renewal is requested and not yet decided.
        #[ink(message, name = "isRenewalRequested")]
        pub fn is_renewal_requested(&self, token_id: U256) -> bool {
            let found = self.book.find(token_id);
            found.is_ok_and(|entry| entry.marks.renewal_requested)
        }

        /// Takes a license out of force until it is resumed, or until `lifts_at` (Unix seconds, 0 for
        /// never); a suspension that runs gets another end. The reason code is the caller's own and not
        /// zero.
        #[ink(message)]
        pub fn suspend(
            &mut self,
            token_id: U256,
            reason: u32,
            evidence: FixedBytes<32>,
            lifts_at: u64,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let change = self
                .book
                .lifecycle
                .suspend(context, entry, reason, evidence, lifts_at)?;
            Ok(self.book.changed(context, change)?)
        }

        /// Ends a suspension; the committee's only the committee may.
        #[ink(message)]
        pub fn resume(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let change = self.book.lifecycle.resume(context, entry)?;
            Ok(self.book.changed(context, change)?)
        }

        /// Appends the end of a suspension that has lifted by itself to the outbox, so that mirrors
        /// learn of it. Anyone may: it states what is so already.
        #[ink(message)]
        pub fn settle(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let change = self.book.lifecycle.settle(context, entry)?;
            Ok(self.book.changed(context, change)?)
        }

        /// Takes a license, and all under it, out of force for ever. The reason code is the caller's
        /// own and not zero.
        #[ink(message)]
        pub fn revoke(
            &mut self,
            token_id: U256,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let change = self
                .book
                .lifecycle
                .revoke(context, entry, 1, reason, evidence)?;
            Ok(self.book.changed(context, change)?)
        }

        /// Gives a license up, for ever; its holder may. All under it end.
        #[ink(message)]
        pub fn surrender(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.allow(context, ActionKind::Surrender, &entry, 1)?;
            let change = lifecycle.store(entry, entry.license.surrendered(context.now)?)?;
            self.env().emit_event(LicenseSurrendered { token_id });
            Ok(self.book.changed(context, change)?)
        }

        /// Moves a license by decision of the committee; `amount` is 1. The reason code is not zero.
        #[ink(message, name = "forceTransfer")]
        pub fn force_transfer(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
            amount: u64,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            if amount != 1 {
                return Err(Reason::NotAsApproved.into());
            }
            let context = self.book.context();
            let grounds = Grounds { reason, evidence };
            self.book
                .force(context, Route { from, to, token_id }, grounds)
        }

        /// Holds a license where it is (`amount` 1) or lets it go (0) by decision of the committee. To be
        /// held it need not be `account`'s any more. The reason code is not zero.
        #[ink(message, name = "freezeToken")]
        pub fn freeze_token(
            &mut self,
            account: Address,
            token_id: U256,
            amount: u64,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            if amount > 1 {
                return Err(Reason::NotAsApproved.into());
            }
            let context = self.book.context();
            let grounds = Grounds { reason, evidence };
            self.book
                .freeze(context, account, token_id, amount == 1, grounds)
        }

        /// Moves up to 10 licenses from lost keys to their successors, once the recoveries are in force.
        /// Anyone may.
        #[ink(message)]
        pub fn recover(&mut self, token_ids: Vec<U256>) -> Result<(), Refused> {
            if token_ids.len() > MAX_BATCH {
                return Err(Refused::new(Reason::WrongLength, MAX_BATCH as u64));
            }
            let context = self.book.context();
            for token_id in token_ids {
                self.book.recover(context, token_id)?;
            }
            Ok(())
        }

        /// Replaces the metadata of a license that is neither suspended nor over; its issuer may, with the
        /// gates of issuing passed once it is in force, or the committee. The URI has at most 256 bytes.
        #[ink(message, name = "setMetadata")]
        pub fn set_metadata(
            &mut self,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            token_uri: String,
        ) -> Result<(), Refused> {
            self.amend(token_id, described(metadata_hash, token_uri), None)
        }

        /// As `setMetadata`, with what opens the gates of issuing. A clearance or a proof is about the new
        /// metadata.
        #[ink(message, name = "setMetadataWith")]
        pub fn set_metadata_with(
            &mut self,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            token_uri: String,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            let metadata = described(metadata_hash, token_uri);
            self.amend(token_id, metadata, Some(evidence))
        }

        /// Notes what the metadata of a license is to be, for the committee to decide, instead of what
        /// was requested before. Whoever could amend it, if its gates were open, may. The URI has at
        /// most 256 bytes.
        #[ink(message, name = "requestAmendment")]
        pub fn request_amendment(
            &mut self,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            token_uri: String,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let metadata = described(metadata_hash, token_uri);
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.request_amendment(context, entry, metadata)
        }

        /// Answers a request: replaces the metadata that has the previous hash by what was requested,
        /// which must have the other two, of its URI Keccak-256. The committee decides it.
        #[ink(message, name = "amendApproved")]
        pub fn amend_approved(
            &mut self,
            token_id: U256,
            previous_hash: FixedBytes<32>,
            metadata_hash: FixedBytes<32>,
            uri_hash: FixedBytes<32>,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let approved = Rewrite {
                previous: previous_hash,
                metadata: metadata_hash,
                uri: uri_hash,
            };
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.amend_approved(context, entry, approved, evidence)?;
            self.env().emit_event(MetadataUpdate { token_id });
            Ok(())
        }

        /// What the metadata of a license is requested to be, and not yet decided.
        #[ink(message, name = "amendmentRequest")]
        pub fn amendment_request(&self, token_id: U256) -> Result<AmendmentView, Refused> {
            Ok(self.book.lifecycle.amendment_request(token_id)?)
        }

        /// Every reason to refuse this metadata with this evidence if `caller` asked for it now, in the
        /// order in which it would be refused; empty when it is allowed.
        #[ink(message, name = "explainAmendment")]
        pub fn explain_amendment(
            &self,
            caller: Address,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            token_uri: String,
            evidence: Evidence,
        ) -> Vec<Refusal> {
            let context = self.book.context().as_seen_by(caller);
            let metadata = described(metadata_hash, token_uri);
            let lifecycle = &self.book.lifecycle;
            let explained = lifecycle.explain_amendment(context, token_id, &metadata, evidence);
            explained.unwrap_or_else(|refused| vec![refused.into()])
        }

        /// Policy says that a holder (kind 2), a type (3) or the use of all licenses (4) is restricted
        /// (`value` 1) or no longer (0).
        #[ink(message)]
        pub fn restrict(
            &mut self,
            kind: u8,
            holder: Address,
            license_type: u64,
            value: u8,
        ) -> Result<(), Refused> {
            let caller = self.env().caller();
            let lifecycle = &mut self.book.lifecycle;
            Ok(lifecycle.restrict(caller, kind, holder, license_type, value != 0)?)
        }

        /// Code of the license's status at a time (Unix seconds); 0 when there is no such license.
        #[ink(message, name = "statusAt")]
        pub fn status_at(&self, token_id: U256, at: u64) -> u8 {
            self.book.lifecycle.status_at(token_id, at)
        }

        /// Whether its holder may use the license now: it is in force, its term runs, its type is open,
        /// its holder is not frozen, no pause stops the use of licenses; and so for every license above it.
        #[ink(message, name = "isUsable")]
        pub fn is_usable(&self, token_id: U256) -> bool {
            let now = self.book.context().now;
            let found = self.book.find(token_id);
            found.is_ok_and(|entry| self.book.is_usable(&entry, now))
        }

        /// Everything about a license, with its status now.
        #[ink(message)]
        pub fn license(&self, token_id: U256) -> Result<LicenseView, Refused> {
            let entry = self.book.find(token_id)?;
            let metadata = self.book.lifecycle.register.metadata(entry.id)?;
            let now = self.book.context().now;
            Ok(self.book.lifecycle.view(&entry.license, metadata.hash, now))
        }

        /// The licenses that stand under this one, oldest first.
        #[ink(message)]
        pub fn sublicenses(&self, token_id: U256) -> Result<Vec<U256>, Refused> {
            let entry = self.book.find(token_id)?;
            let children = self.book.sublicenses.of(entry.id);
            Ok(children.into_iter().map(U256::from).collect())
        }

        /// The last update's nonce and the head that commits to all updates.
        #[ink(message)]
        pub fn outbox(&self) -> Result<OutboxView, Refused> {
            Ok(self.book.lifecycle.outbox()?)
        }

        /// Counts what was done with a license, from 1; that a suspension had lifted by itself and somebody
        /// recorded that does not count. A decision that grants or changes names it, and evidence does.
        #[ink(message, name = "versionOf")]
        pub fn version_of(&self, token_id: U256) -> Result<u64, Refused> {
            let entry = self.book.find(token_id)?;
            Ok(self.book.lifecycle.version_of(&entry).into())
        }

        /// What those who decide about a license have to be shown of it.
        #[ink(message, name = "subjectOf")]
        pub fn subject_of(&self, token_id: U256) -> Result<SubjectView, Refused> {
            let entry = self.book.find(token_id)?;
            let holder = entry.license.holder.into();
            Ok(self.book.lifecycle.subject(&entry, holder, 1))
        }

        /// How many licenses of a type have been issued.
        #[ink(message)]
        pub fn supply(&self, license_type: u64) -> u64 {
            self.book.lifecycle.register.supply(license_type)
        }

        /// How many licenses have been issued; their ids are 1 to this number.
        #[ink(message, name = "totalSupply")]
        pub fn total_supply(&self) -> U256 {
            self.book.lifecycle.register.count().into()
        }

        /// Every reason to refuse the action if `caller` asked for it now, in the order in which it
        /// would be refused; empty when it is allowed. An issue has no token id; a sublicense names its
        /// parent there; only these two have a type and a jurisdiction, and only what issues, moves or
        /// lends a license has a `to`; a loan to the zero address takes the license back. Of another
        /// description see `explainAmendment`.
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
            let wanted = asked_for(to, license_type, jurisdiction);
            self.reasons(action, caller, token_id, wanted, None)
        }

        /// As `explain`, for an action with evidence.
        #[ink(message, name = "explainWith")]
        pub fn explain_with(
            &self,
            action: u8,
            caller: Address,
            token_id: U256,
            license_type: u64,
            jurisdiction: String,
            to: Address,
            evidence: Evidence,
        ) -> Vec<Refusal> {
            let wanted = asked_for(to, license_type, jurisdiction);
            self.reasons(action, caller, token_id, wanted, Some(evidence))
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
            let entry = self.book.find(token_id)?;
            Ok(self.book.lifecycle.register.metadata(entry.id)?.uri)
        }

        /// ERC-721: how many licenses an account holds. The standard counts whatever `ownerOf` names, so
        /// that those out of force are included; how many are usable changes with time alone, which no
        /// counter follows: whoever needs to know asks `isUsable` of each.
        #[ink(message, name = "balanceOf")]
        pub fn balance_of(&self, owner: Address) -> Result<U256, Refused> {
            require_account(owner)?;
            Ok(self.book.holders.balance(owner).into())
        }

        /// ERC-721: who holds the license, or held it when it was revoked or surrendered.
        #[ink(message, name = "ownerOf")]
        pub fn owner_of(&self, token_id: U256) -> Result<Address, Refused> {
            Ok(self.book.find(token_id)?.license.holder.into())
        }

        /// ERC-721: lets `to` transfer the license, the zero address nobody; the holder and its operators may.
        #[ink(message)]
        pub fn approve(&mut self, to: Address, token_id: U256) -> Result<(), Refused> {
            require_idle()?;
            let entry = self.book.find(token_id)?;
            let owner = Address::from(entry.license.holder);
            let caller = self.env().caller();
            if !self.book.rights.may_approve(caller, owner) {
                return Err(Reason::NotHolder.into());
            }
            self.book.require_free(caller, &entry)?;
            if to == owner {
                return Err(Reason::SameAccount.into());
            }
            self.book.rights.approve(entry.id, to);
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
            let entry = self.book.find(token_id)?;
            Ok(self.book.rights.of(entry.id).approved)
        }

        /// ERC-721: lets an operator transfer all licenses of the caller, or no longer.
        #[ink(message, name = "setApprovalForAll")]
        pub fn set_approval_for_all(
            &mut self,
            operator: Address,
            approved: bool,
        ) -> Result<(), Refused> {
            require_idle()?;
            require_account(operator)?;
            let owner = self.env().caller();
            self.book.lifecycle.require_caller_free(owner, owner)?;
            self.book.rights.set_operator(owner, operator, approved);
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
            self.book.rights.is_operator(owner, operator)
        }

        /// ERC-721: moves the license from its holder to `to`.
        #[ink(message, name = "transferFrom")]
        pub fn transfer_from(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
        ) -> Result<(), Refused> {
            let context = self.book.context();
            self.book
                .transfer(context, Route { from, to, token_id }, None)
        }

        /// As `transferFrom`, with what opens the gates of a transfer.
        #[ink(message, name = "transferWith")]
        pub fn transfer_with(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            let context = self.book.context();
            self.book
                .transfer(context, Route { from, to, token_id }, Some(evidence))
        }

        /// ERC-721: as `transferFrom`; a receiving contract must accept the license.
        #[ink(message, name = "safeTransferFrom")]
        pub fn safe_transfer_from(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
        ) -> Result<(), Refused> {
            self.safe_transfer_from_with_data(from, to, token_id, DynBytes(Vec::new()))
        }

        /// ERC-2981: what a sale at this price owes, by the royalty of the license's type.
        #[ink(message, name = "royaltyInfo")]
        pub fn royalty_info(
            &self,
            token_id: U256,
            sale_price: U256,
        ) -> Result<RoyaltyView, Refused> {
            let entry = self.book.find(token_id)?;
            self.book.lifecycle.royalty(&entry.license, sale_price)
        }

        /// ERC-4907: lets `user` use the license before `expires` (Unix seconds), and never while the
        /// license itself is out of use. The holder may, also while another's right runs, as may whoever
        /// may transfer the license; policy is asked. The zero address takes the right back: the user
        /// may, too, and no rule is in the way. Every move ends the right.
        #[ink(message, name = "setUser")]
        pub fn set_user(
            &mut self,
            token_id: U256,
            user: Address,
            expires: u64,
        ) -> Result<(), Refused> {
            let context = self.book.context();
            self.book.lend(context, token_id, user, expires, None)
        }

        /// As `setUser`, with what opens the gates of lending.
        #[ink(message, name = "setUserWith")]
        pub fn set_user_with(
            &mut self,
            token_id: U256,
            user: Address,
            expires: u64,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            let context = self.book.context();
            self.book
                .lend(context, token_id, user, expires, Some(evidence))
        }

        /// ERC-4907: who may use the license now besides its holder; the zero address for nobody.
        #[ink(message, name = "userOf")]
        pub fn user_of(&self, token_id: U256) -> Result<Address, Refused> {
            let now = self.book.context().now;
            Ok(self.book.user_of(token_id, now)?)
        }

        /// ERC-4907: the first second in which the user's right has ended; 0 when none was given.
        #[ink(message, name = "userExpires")]
        pub fn user_expires(&self, token_id: U256) -> Result<U256, Refused> {
            let entry = self.book.find(token_id)?;
            Ok(self.book.rights.of(entry.id).user_expires.into())
        }

        /// ERC-5192: whether the license is of a type that is not transferable.
        #[ink(message)]
        pub fn locked(&self, token_id: U256) -> Result<bool, Refused> {
            Ok(self.book.find(token_id)?.marks.locked)
        }

        /// ERC-5643: as `renew`. The duration follows from the type: it is 0, or what the renewal adds.
        #[ink(message, name = "renewSubscription")]
        pub fn renew_subscription(&mut self, token_id: U256, duration: u64) -> Result<(), Refused> {
            let before = self.book.find(token_id)?.license.term.valid_until;
            self.prolong(token_id, None, None)?;
            let after = self.book.find(token_id)?.license.term.valid_until;
            if duration != 0 && Some(after) != before.checked_add(duration) {
                return Err(Refused::new(Reason::InvalidTime, after));
            }
            Ok(())
        }

        /// ERC-5643: as `surrender`.
        #[ink(message, name = "cancelSubscription")]
        pub fn cancel_subscription(&mut self, token_id: U256) -> Result<(), Refused> {
            self.surrender(token_id)
        }

        /// ERC-5643: the first second no longer in force; 0 while the license is not in force whatever the
        /// time, because it waits, is suspended or has come to its end.
        #[ink(message, name = "expiresAt")]
        pub fn expires_at(&self, token_id: U256) -> Result<u64, Refused> {
            let now = self.book.context().now;
            Ok(self.book.end_of(token_id, now)?)
        }

        /// ERC-5643: whether whoever decides about the license could renew it now, given the evidence
        /// that its gates ask for.
        #[ink(message, name = "isRenewable")]
        pub fn is_renewable(&self, token_id: U256) -> bool {
            self.book.is_renewable(self.book.context(), token_id)
        }

        /// ERC-7943: whether an account may send licenses at all.
        #[ink(message, name = "canSend")]
        pub fn can_send(&self, account: Address) -> bool {
            self.book.may_hold(account)
        }

        /// ERC-7943: whether an account may receive licenses at all.
        #[ink(message, name = "canReceive")]
        pub fn can_receive(&self, account: Address) -> bool {
            self.book.may_hold(account)
        }

        /// ERC-7943: whether `from` could transfer the license to `to` now.
        #[ink(message, name = "canTransfer")]
        pub fn can_transfer(&self, from: Address, to: Address, token_id: U256) -> bool {
            let found = self.book.find(token_id);
            let holds = found.is_ok_and(|entry| from.0 == entry.license.holder);
            let wanted = asked_for(to, 0, String::new());
            let kind = ActionKind::Transfer as u8;
            holds && self.reasons(kind, from, token_id, wanted, None).is_empty()
        }

        /// ERC-7943: whether the license is held where it is, and `account` is its holder.
        #[ink(message, name = "getFrozenTokens")]
        pub fn get_frozen_tokens(&self, account: Address, token_id: U256) -> bool {
            let found = self.book.find(token_id);
            found.is_ok_and(|entry| entry.marks.frozen && entry.license.holder == account.0)
        }

        /// ERC-7943: as `freezeToken`, without a reason of its own (code 1).
        #[ink(message, name = "setFrozenTokens")]
        pub fn set_frozen_tokens(
            &mut self,
            account: Address,
            token_id: U256,
            frozen_status: bool,
        ) -> Result<bool, Refused> {
            let context = self.book.context();
            self.book
                .freeze(context, account, token_id, frozen_status, UNSPECIFIED)?;
            Ok(true)
        }

        /// ERC-7943: as `forceTransfer`, without a reason of its own (code 1).
        #[ink(message, name = "forcedTransfer")]
        pub fn forced_transfer(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
        ) -> Result<bool, Refused> {
            let context = self.book.context();
            self.book
                .force(context, Route { from, to, token_id }, UNSPECIFIED)?;
            Ok(true)
        }

        fn prolong(
            &mut self,
            token_id: U256,
            approved_end: Option<u64>,
            evidence: Option<Evidence>,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let change = self
                .book
                .lifecycle
                .renew(context, entry, approved_end, evidence)?;
            Ok(self.book.changed(context, change)?)
        }

        fn amend(
            &mut self,
            token_id: U256,
            metadata: Metadata,
            evidence: Option<Evidence>,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.amend(context, entry, metadata, evidence)?;
            self.env().emit_event(MetadataUpdate { token_id });
            Ok(())
        }

        fn reasons(
            &self,
            action: u8,
            caller: Address,
            token_id: U256,
            wanted: Wanted,
            evidence: Option<Evidence>,
        ) -> Vec<Refusal> {
            let Some(kind) = ActionKind::from_code(action) else {
                return vec![Refusal::new(Reason::UnknownAction, 0)];
            };
            let question = Question {
                kind,
                token_id,
                wanted,
                evidence,
            };
            let context = self.book.context().as_seen_by(caller);
            let explained = self.book.explain(context, question);
            explained.unwrap_or_else(|refused| vec![refused.into()])
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
            let context = self.book.context();
            self.book
                .transfer(context, Route { from, to, token_id }, None)?;
            receiver::ask(to, context.caller, from, token_id, data)
        }
    }

    fn described(metadata_hash: FixedBytes<32>, uri: String) -> Metadata {
        Metadata {
            hash: metadata_hash.0,
            uri,
        }
    }

    /// What `explain` is asked about, from now on and without metadata, which no gate looks at.
    fn asked_for(to: Address, license_type: u64, jurisdiction: String) -> Wanted {
        Wanted {
            to,
            license_type,
            jurisdiction,
            valid_from: 0,
            metadata: described(FixedBytes([0; 32]), String::new()),
        }
    }
}
