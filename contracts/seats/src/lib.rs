//! Licenses of many seats, as ERC-1155 tokens: an id is a license with one term and one status, its
//! units are seats.
//!
//! # Roles
//! - *issuer*: issues licenses and renews, suspends, resumes and revokes its own, while policy grants
//!   it their type and jurisdiction.
//! - *committee* of the type: brings pending licenses into force, approves renewals, moves and freezes
//!   seats by decision.
//! - *licensee*: to whom a license was issued with all its seats. It answers for the license to policy.
//! - *holder*: has seats, transfers them where the type allows it, assigns them to users with policy's
//!   leave, gives them up.
//! - *user*: works with a holder's seat for a time, without holding it.
//! - *policy*: is asked before every change, in the same transaction, and says what is restricted.
//! - everyone: reads, settles suspensions that have lifted, moves what lost keys hold to their
//!   successors.
//!
//! # Invariants
//! - The balances of all holders of an id add up to its seats; only giving up makes them fewer (I5, I10).
//! - A holder never has more running assignments than seats, and no right of a user outlives the
//!   license, its holder's freeze or its own end (I6).
//! - Frozen seats move by decision only, which releases them first (I11).
//! - Nobody but the licensee gets more seats than the license allows, except by decision or as a lost
//!   key's successor (P7).
//! - What happens to one id changes nothing for another (M6).
//! - A message refuses with the first entry of [`explain`](seats::Seats::explain), unless its own
//!   arguments are at fault. Those that describe a license (what was approved, whether a renewal was
//!   requested) and the length of lists are looked at first; the others (a missing reason code, a time
//!   in the past, a text too long) last.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`;
//! policy's come through unchanged.
//!
//! # Storage
//! Only `Lazy` and `Mapping` fields with fixed keys, so that the contract can stand behind a
//! delegating proxy and be replaced; [`LAYOUT`](seats::LAYOUT) says which layout it has.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod book;
pub mod events;
pub mod holdings;
mod lending;
pub mod moves;
pub mod operators;
pub mod position;
pub mod receiver;
#[cfg(test)]
mod tests;
pub mod views;

#[ink::contract]
#[expect(
    clippy::too_many_arguments,
    reason = "a message has one argument per value that Solidity shows"
)]
pub mod seats {
    use ink::{
        U256,
        prelude::{string::String, vec, vec::Vec},
        sol::{DynBytes, FixedBytes},
    };
    use lex_lifecycle::{
        AmendmentView, Application, Approved, Entry, Issued, LicenseView, Metadata, OutboxView,
        Rewrite, RoyaltyView, require_idle,
    };
    use lex_model::{ActionKind, Layout, Reason};
    use lex_policy_interface::{Evidence, Refusal, Refused, SubjectView, require_account};

    use crate::{
        book::{Book, Request, unfit_number},
        events::{ApprovalForAll, SeatsIssued, Uri},
        holdings::seats,
        moves::{Grounds, delivered, require_batch, wrong_length},
        views::{AssignmentView, PositionView},
    };

    /// What this contract's storage means.
    pub const LAYOUT: Layout = Layout::new("LEX Seats", 1);

    /// The reason code of decisions that come through ERC-7943, which has none.
    const UNSPECIFIED: Grounds = Grounds {
        reason: 1,
        evidence: FixedBytes([0; 32]),
    };

    /// ERC-165, ERC-1155, ERC-1155 MetadataURI, ERC-2981 and ERC-7943 for multi-tokens.
    const INTERFACES: [[u8; 4]; 5] = [
        [0x01, 0xff, 0xc9, 0xa7],
        [0xd9, 0xb6, 0x7a, 0x26],
        [0x0e, 0x89, 0x34, 0x1c],
        [0x2a, 0x55, 0x20, 0x5a],
        [0x41, 0xc4, 0xfb, 0xad],
    ];

    #[ink(storage)]
    pub struct Seats {
        book: Book,
    }

    impl Seats {
        /// A contract without licenses that asks `policy`.
        #[ink(constructor)]
        pub fn new(policy: Address) -> Result<Self, Refused> {
            let mut seats = Self {
                book: Book::default(),
            };
            seats.initialize(policy)?;
            Ok(seats)
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

        /// Issues a license of `amount` seats, all of them to `to`, its licensee; the caller becomes
        /// its issuer. `valid_from` is in Unix seconds, 0 for now; the end follows from the type.
        /// Other accounts may hold `max_per_holder` seats each, 0 for any number. The URI has at most
        /// 256 bytes. If the type has gates for this, the license is pending until it is activated.
        #[ink(message)]
        pub fn issue(
            &mut self,
            to: Address,
            license_type: u64,
            jurisdiction: String,
            valid_from: u64,
            amount: u64,
            max_per_holder: u64,
            metadata_hash: FixedBytes<32>,
            uri: String,
        ) -> Result<U256, Refused> {
            let context = self.book.context();
            if let Some(unfit) = unfit_number(amount) {
                return Err(unfit.into());
            }
            let application = Application {
                to,
                license_type,
                jurisdiction,
                valid_from,
                amount,
                metadata: described(metadata_hash, uri.clone()),
                parent: None,
            };
            let Issued { entry, .. } = self.book.lifecycle.issue(context, application)?;
            self.book
                .holdings
                .open(entry.id, to, amount, max_per_holder);
            let token_id = entry.token_id();
            self.env().emit_event(SeatsIssued {
                token_id,
                issuer: context.caller,
                holder: to,
                amount,
                max_per_holder,
            });
            self.env().emit_event(Uri {
                value: uri,
                id: token_id,
            });
            let nothing = DynBytes(Vec::new());
            delivered(
                context,
                Address::zero(),
                to,
                token_id,
                amount.into(),
                nothing,
            )?;
            Ok(token_id)
        }

        /// Brings a pending license into force: all gates of its type in one transaction. The values
        /// must be the license's. Its issuer or its licensee may, or the committee if the type needs its
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
            let licensee = entry.license.holder.into();
            let amount = self.book.holdings.series(entry.id).seats;
            self.book.lifecycle.activate(
                self.book.context(),
                entry,
                licensee,
                amount,
                approved,
                evidence,
            )?;
            Ok(())
        }

        /// Takes a pending license back, for ever; its issuer, its licensee or the committee may.
        #[ink(message)]
        pub fn withdraw(&mut self, token_id: U256) -> Result<(), Refused> {
            let entry = self.book.find(token_id)?;
            let amount = self.book.holdings.series(entry.id).seats;
            let context = self.book.context();
            self.book.lifecycle.withdraw(context, entry, amount)?;
            Ok(())
        }

        /// Extends a license by its type's term; its issuer may, from the renewal window to the end of
        /// the grace period.
        #[ink(message)]
        pub fn renew(&mut self, token_id: U256) -> Result<(), Refused> {
            self.prolong(token_id, None, None)
        }

        /// As `renew`, with evidence for the type's gates.
        #[ink(message, name = "renewWith")]
        pub fn renew_with(&mut self, token_id: U256, evidence: Evidence) -> Result<(), Refused> {
            self.prolong(token_id, None, Some(evidence))
        }

        /// Asks the committee for a renewal; the licensee or the issuer may. The license stays as it is
        /// meanwhile.
        #[ink(message, name = "requestRenewal")]
        pub fn request_renewal(&mut self, token_id: U256) -> Result<(), Refused> {
            let entry = self.book.find(token_id)?;
            let context = self.book.context();
            self.book.lifecycle.request_renewal(context, entry)
        }

        /// Renews what was requested, to exactly this end; the committee may.
        #[ink(message, name = "renewApproved")]
        pub fn renew_approved(
            &mut self,
            token_id: U256,
            valid_until: u64,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            self.prolong(token_id, Some(valid_until), Some(evidence))
        }

        /// Takes a license out of force until it is resumed, or until `lifts_at` (Unix seconds, 0 for
        /// never); a suspension that runs gets another end. The reason code is the actor's own and not
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
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.suspend(context, entry, reason, evidence, lifts_at)?;
            Ok(())
        }

        /// Ends a suspension; the committee's only the committee may.
        #[ink(message)]
        pub fn resume(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            self.book.lifecycle.resume(context, entry)?;
            Ok(())
        }

        /// Appends the end of a suspension that has lifted by itself to the outbox, so that mirrors
        /// learn of it. Anyone may: it states what is so already.
        #[ink(message)]
        pub fn settle(&mut self, token_id: U256) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            self.book.lifecycle.settle(context, entry)?;
            Ok(())
        }

        /// Takes a license out of force for ever. The reason code is the actor's own and not zero.
        #[ink(message)]
        pub fn revoke(
            &mut self,
            token_id: U256,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let amount = self.book.holdings.series(entry.id).seats;
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.revoke(context, entry, amount, reason, evidence)?;
            Ok(())
        }

        /// Replaces the metadata of a license that is neither suspended nor over; its issuer may, with the
        /// gates of issuing passed once it is in force, or the committee. The URI has at most 256 bytes.
        #[ink(message, name = "setMetadata")]
        pub fn set_metadata(
            &mut self,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            uri: String,
        ) -> Result<(), Refused> {
            self.amend(token_id, described(metadata_hash, uri), None)
        }

        /// As `setMetadata`, with what opens the gates of issuing. A clearance or a proof is about the new
        /// metadata.
        #[ink(message, name = "setMetadataWith")]
        pub fn set_metadata_with(
            &mut self,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            uri: String,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            self.amend(token_id, described(metadata_hash, uri), Some(evidence))
        }

        /// Notes what the metadata of a license is to be, for the committee to decide, instead of what
        /// was requested before. Whoever could amend it, if its gates were open, may. The URI has at
        /// most 256 bytes.
        #[ink(message, name = "requestAmendment")]
        pub fn request_amendment(
            &mut self,
            token_id: U256,
            metadata_hash: FixedBytes<32>,
            uri: String,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.request_amendment(context, entry, described(metadata_hash, uri))
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
            let value = lifecycle.amend_approved(context, entry, approved, evidence)?;
            self.env().emit_event(Uri {
                value,
                id: token_id,
            });
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
            uri: String,
            evidence: Evidence,
        ) -> Vec<Refusal> {
            let context = self.book.context().as_seen_by(caller);
            let metadata = described(metadata_hash, uri);
            let lifecycle = &self.book.lifecycle;
            let explained = lifecycle.explain_amendment(context, token_id, &metadata, evidence);
            explained.unwrap_or_else(|refused| vec![refused.into()])
        }

        /// Ends seats of the caller, for ever. The license is archived with its last seat.
        #[ink(message, name = "giveUp")]
        pub fn give_up(&mut self, token_id: U256, amount: u64) -> Result<(), Refused> {
            self.book.give_up(token_id, amount)
        }

        /// Moves seats without their holder, by decision of the type's committee. The reason code is
        /// the committee's own and not zero.
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
            let grounds = Grounds { reason, evidence };
            self.book
                .force_transfer(from, to, token_id, amount, grounds)
        }

        /// Has an account keep `amount` of its seats from now on, by decision of the type's committee;
        /// it may be more than it holds. The reason code is the committee's own and not zero.
        #[ink(message, name = "freezeToken")]
        pub fn freeze_token(
            &mut self,
            account: Address,
            token_id: U256,
            amount: u64,
            reason: u32,
            evidence: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let grounds = Grounds { reason, evidence };
            self.book.freeze(account, token_id, amount, grounds)
        }

        /// Moves all seats of these licenses from a lost key to the successor that policy recorded;
        /// anyone may, at most 20 licenses at a time. Frozen seats stay frozen; assignments end. The successor
        /// is not asked, and may hold more than others.
        #[ink(message)]
        pub fn recover(&mut self, token_ids: Vec<U256>, lost: Address) -> Result<(), Refused> {
            self.book.recover(token_ids, lost)
        }

        /// Policy says that a holder is frozen (kind 2), a type closed (3) or the use of all licenses
        /// paused (4), or no longer.
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
            lifecycle.restrict(caller, kind, holder, license_type, value != 0)?;
            Ok(())
        }

        /// Gives `user` the right to one of the caller's seats until `expires` (Unix seconds), and never
        /// while the license itself is out of use. A user has at most one seat of a license. Policy is
        /// asked, as about lending.
        #[ink(message)]
        pub fn assign(
            &mut self,
            token_id: U256,
            user: Address,
            expires: u64,
        ) -> Result<(), Refused> {
            let holder = self.env().caller();
            self.book.assign(token_id, holder, user, expires, None)
        }

        /// As `assign`, of a holder's seat, with what opens the gates of lending; the holder and its
        /// operators may.
        #[ink(message, name = "assignWith")]
        pub fn assign_with(
            &mut self,
            token_id: U256,
            holder: Address,
            user: Address,
            expires: u64,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            self.book
                .assign(token_id, holder, user, expires, Some(evidence))
        }

        /// Ends a user's right to a seat; its holder, the holder's operators and the user may, and anyone
        /// once it is over.
        #[ink(message)]
        pub fn unassign(&mut self, token_id: U256, user: Address) -> Result<(), Refused> {
            self.book.unassign(token_id, user)
        }

        /// Whose seat is assigned to the user now, and until when; zero when none is, or when the
        /// license is not usable.
        #[ink(message, name = "assignedTo")]
        pub fn assigned_to(&self, token_id: U256, user: Address) -> AssignmentView {
            let now = self.env().block_timestamp();
            let right = self
                .book
                .find(token_id)
                .ok()
                .and_then(|entry| self.book.user_right(&entry, user, now));
            right.map_or_else(AssignmentView::default, |(holder, expires)| {
                AssignmentView { holder, expires }
            })
        }

        /// Whether an account may use a seat of the license now: a seat of its own that it has not
        /// assigned, or one that is assigned to it.
        #[ink(message, name = "mayUse")]
        pub fn may_use(&self, token_id: U256, account: Address) -> bool {
            let now = self.env().block_timestamp();
            self.book
                .find(token_id)
                .is_ok_and(|entry| self.book.may_use(&entry, account, now))
        }

        /// Code of the license's status at a time (Unix seconds); 0 when there is no such license.
        #[ink(message, name = "statusAt")]
        pub fn status_at(&self, token_id: U256, at: u64) -> u8 {
            self.book.lifecycle.status_at(token_id, at)
        }

        /// Whether the license is in force now: active, its term running, its type open, its use not
        /// paused.
        #[ink(message, name = "isUsable")]
        pub fn is_usable(&self, token_id: U256) -> bool {
            let now = self.env().block_timestamp();
            self.book.find(token_id).is_ok_and(|entry| {
                let lifecycle = &self.book.lifecycle;
                lifecycle.is_usable(&entry.license, Address::zero(), now)
            })
        }

        /// Everything about a license, with its status now; its holder is the licensee.
        #[ink(message)]
        pub fn license(&self, token_id: U256) -> Result<LicenseView, Refused> {
            let Entry { id, license, .. } = self.book.find(token_id)?;
            let hash = self.book.lifecycle.register.metadata(id)?.hash;
            let now = self.env().block_timestamp();
            Ok(self.book.lifecycle.view(&license, hash, now))
        }

        /// What an account has of a license.
        #[ink(message)]
        pub fn position(&self, token_id: U256, account: Address) -> Result<PositionView, Refused> {
            let entry = self.book.find(token_id)?;
            let position = self.book.holdings.position(entry.id, account);
            Ok(PositionView::new(&position, self.env().block_timestamp()))
        }

        /// How many seats of a license there are.
        #[ink(message, name = "totalSupply")]
        pub fn total_supply(&self, token_id: U256) -> U256 {
            let entry = self.book.find(token_id);
            entry
                .map_or(0, |entry| self.book.holdings.series(entry.id).seats)
                .into()
        }

        /// The most seats of a license that an account other than its licensee may get by transfers; 0
        /// for any number.
        #[ink(message, name = "maxPerHolder")]
        pub fn max_per_holder(&self, token_id: U256) -> Result<u64, Refused> {
            let entry = self.book.find(token_id)?;
            Ok(self.book.holdings.series(entry.id).max_per_holder)
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

        /// What those who decide about a license have to be shown of it. Seats may have many holders, so
        /// that none is named.
        #[ink(message, name = "subjectOf")]
        pub fn subject_of(&self, token_id: U256) -> Result<SubjectView, Refused> {
            let entry = self.book.find(token_id)?;
            let seats = self.book.holdings.series(entry.id).seats;
            let lifecycle = &self.book.lifecycle;
            Ok(lifecycle.subject(&entry, Address::zero(), seats))
        }

        /// How many licenses of a type have been issued.
        #[ink(message)]
        pub fn supply(&self, license_type: u64) -> u64 {
            self.book.lifecycle.register.supply(license_type)
        }

        /// How many licenses have been issued; their ids are 1 to this number.
        #[ink(message, name = "licenseCount")]
        pub fn license_count(&self) -> u64 {
            self.book.lifecycle.register.count()
        }

        /// Every reason to refuse the action if `caller` asked for it now, in the order in which it
        /// would be refused; empty when it is allowed. An issue has a type, a jurisdiction, a receiver
        /// and an amount; the others have a license, and where seats are moved, frozen or given up, the
        /// holder and the amount too. A recovery moves what `from` has to its successor, a loan lets
        /// `to` use a seat of `from`. Of another description see `explainAmendment`.
        #[ink(message)]
        pub fn explain(
            &self,
            action: u8,
            caller: Address,
            token_id: U256,
            license_type: u64,
            jurisdiction: String,
            from: Address,
            to: Address,
            amount: u64,
        ) -> Vec<Refusal> {
            let seats = (from, to, amount);
            let license = (token_id, license_type, jurisdiction);
            self.reasons(action, caller, license, seats, None)
        }

        /// As `explain`, when this evidence comes with the action.
        #[ink(message, name = "explainWith")]
        pub fn explain_with(
            &self,
            action: u8,
            caller: Address,
            token_id: U256,
            license_type: u64,
            jurisdiction: String,
            from: Address,
            to: Address,
            amount: u64,
            evidence: Evidence,
        ) -> Vec<Refusal> {
            let seats = (from, to, amount);
            let license = (token_id, license_type, jurisdiction);
            self.reasons(action, caller, license, seats, Some(evidence))
        }

        /// ERC-7943: whether the account may give seats away, as far as it alone is concerned.
        #[ink(message, name = "canSend")]
        pub fn can_send(&self, account: Address) -> bool {
            !self.book.lifecycle.restrictions.is_frozen(account)
        }

        /// ERC-7943: whether the account may get seats, as far as it alone is concerned.
        #[ink(message, name = "canReceive")]
        pub fn can_receive(&self, account: Address) -> bool {
            !account.is_zero() && self.can_send(account)
        }

        /// ERC-7943: whether `from` could transfer so many seats to `to` now. A receiving contract may
        /// still refuse them.
        #[ink(message, name = "canTransfer")]
        pub fn can_transfer(
            &self,
            from: Address,
            to: Address,
            token_id: U256,
            amount: U256,
        ) -> bool {
            let moves = ActionKind::Transfer.code();
            let license = (token_id, 0, String::new());
            let moved = (from, to, seats(amount));
            !from.is_zero() && self.reasons(moves, from, license, moved, None).is_empty()
        }

        /// ERC-7943: how many seats the account must keep; may be more than it holds.
        #[ink(message, name = "getFrozenTokens")]
        pub fn get_frozen_tokens(&self, account: Address, token_id: U256) -> U256 {
            let entry = self.book.find(token_id);
            entry
                .map_or(0, |entry| {
                    self.book.holdings.position(entry.id, account).frozen
                })
                .into()
        }

        /// ERC-7943: as `freezeToken`, with reason code 1 and no evidence.
        #[ink(message, name = "setFrozenTokens")]
        pub fn set_frozen_tokens(
            &mut self,
            account: Address,
            token_id: U256,
            amount: U256,
        ) -> Result<bool, Refused> {
            let amount =
                u64::try_from(amount).map_err(|_| Refused::new(Reason::LimitReached, u64::MAX))?;
            self.book.freeze(account, token_id, amount, UNSPECIFIED)?;
            Ok(true)
        }

        /// ERC-7943: as `forceTransfer`, with reason code 1 and no evidence.
        #[ink(message, name = "forcedTransfer")]
        pub fn forced_transfer(
            &mut self,
            from: Address,
            to: Address,
            token_id: U256,
            amount: U256,
        ) -> Result<bool, Refused> {
            self.book
                .force_transfer(from, to, token_id, seats(amount), UNSPECIFIED)?;
            Ok(true)
        }

        /// ERC-2981: what a sale of seats at this price owes, and to whom.
        #[ink(message, name = "royaltyInfo")]
        pub fn royalty_info(
            &self,
            token_id: U256,
            sale_price: U256,
        ) -> Result<RoyaltyView, Refused> {
            let entry = self.book.find(token_id)?;
            self.book.lifecycle.royalty(&entry.license, sale_price)
        }

        /// ERC-165.
        #[ink(message, name = "supportsInterface")]
        pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
            INTERFACES.contains(&interface_id.0)
        }

        /// ERC-1155 MetadataURI: where the license's metadata is.
        #[ink(message)]
        pub fn uri(&self, id: U256) -> Result<String, Refused> {
            let entry = self.book.find(id)?;
            Ok(self.book.lifecycle.register.metadata(entry.id)?.uri)
        }

        /// ERC-1155: how many seats of a license an account holds, whatever the license's status.
        #[ink(message, name = "balanceOf")]
        pub fn balance_of(&self, account: Address, id: U256) -> U256 {
            let entry = self.book.find(id);
            entry
                .map_or(0, |entry| {
                    self.book.holdings.position(entry.id, account).balance
                })
                .into()
        }

        /// ERC-1155: as `balanceOf`, for at most 20 pairs.
        #[ink(message, name = "balanceOfBatch")]
        pub fn balance_of_batch(
            &self,
            accounts: Vec<Address>,
            ids: Vec<U256>,
        ) -> Result<Vec<U256>, Refused> {
            require_batch(ids.len())?;
            if accounts.len() != ids.len() {
                return Err(wrong_length());
            }
            let pairs = accounts.iter().zip(ids);
            Ok(pairs
                .map(|(account, id)| self.balance_of(*account, id))
                .collect())
        }

        /// ERC-1155: lets an operator transfer all seats of the caller, or no longer.
        #[ink(message, name = "setApprovalForAll")]
        pub fn set_approval_for_all(
            &mut self,
            operator: Address,
            approved: bool,
        ) -> Result<(), Refused> {
            require_idle()?;
            require_account(operator)?;
            let account = self.env().caller();
            let lifecycle = &self.book.lifecycle;
            lifecycle.require_caller_free(account, account)?;
            self.book.operators.set(account, operator, approved);
            self.env().emit_event(ApprovalForAll {
                account,
                operator,
                approved,
            });
            Ok(())
        }

        /// ERC-1155: whether an operator may transfer all seats of an account.
        #[ink(message, name = "isApprovedForAll")]
        pub fn is_approved_for_all(&self, account: Address, operator: Address) -> bool {
            self.book.operators.is_operator(account, operator)
        }

        /// ERC-1155: moves seats of one license; the holder and its operators may. A receiving contract
        /// must accept them.
        #[ink(message, name = "safeTransferFrom")]
        pub fn safe_transfer_from(
            &mut self,
            from: Address,
            to: Address,
            id: U256,
            value: U256,
            data: DynBytes,
        ) -> Result<(), Refused> {
            self.book.transfer(from, to, id, value, None, data)
        }

        /// As `safeTransferFrom`, with evidence for the type's gates.
        #[ink(message, name = "transferWith")]
        pub fn transfer_with(
            &mut self,
            from: Address,
            to: Address,
            id: U256,
            value: U256,
            evidence: Evidence,
        ) -> Result<(), Refused> {
            let nothing = DynBytes(Vec::new());
            self.book
                .transfer(from, to, id, value, Some(evidence), nothing)
        }

        /// ERC-1155: moves seats of several licenses, at most 20, all or none.
        #[ink(message, name = "safeBatchTransferFrom")]
        pub fn safe_batch_transfer_from(
            &mut self,
            from: Address,
            to: Address,
            ids: Vec<U256>,
            values: Vec<U256>,
            data: DynBytes,
        ) -> Result<(), Refused> {
            self.book.transfer_batch(from, to, ids, values, data)
        }

        fn prolong(
            &mut self,
            token_id: U256,
            approved_end: Option<u64>,
            evidence: Option<Evidence>,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.renew(context, entry, approved_end, evidence)?;
            Ok(())
        }

        fn amend(
            &mut self,
            token_id: U256,
            metadata: Metadata,
            evidence: Option<Evidence>,
        ) -> Result<(), Refused> {
            let (context, entry) = (self.book.context(), self.book.find(token_id)?);
            let value = metadata.uri.clone();
            let lifecycle = &mut self.book.lifecycle;
            lifecycle.amend(context, entry, metadata, evidence)?;
            self.env().emit_event(Uri {
                value,
                id: token_id,
            });
            Ok(())
        }

        fn reasons(
            &self,
            action: u8,
            caller: Address,
            license: (U256, u64, String),
            seats: (Address, Address, u64),
            evidence: Option<Evidence>,
        ) -> Vec<Refusal> {
            let reasons = match ActionKind::from_code(action) {
                None => Err(Reason::UnknownAction.into()),
                Some(kind) => self.reasons_for(kind, caller, license, seats, evidence),
            };
            reasons.unwrap_or_else(|refused| vec![refused.into()])
        }

        fn reasons_for(
            &self,
            kind: ActionKind,
            caller: Address,
            (token_id, license_type, jurisdiction): (U256, u64, String),
            (from, to, amount): (Address, Address, u64),
            evidence: Option<Evidence>,
        ) -> Result<Vec<Refusal>, Refused> {
            let context = self.book.context().as_seen_by(caller);
            let request = match kind {
                ActionKind::Issue => {
                    let application = Application {
                        to,
                        license_type,
                        jurisdiction,
                        valid_from: 0,
                        amount,
                        metadata: described(FixedBytes([0; 32]), String::new()),
                        parent: None,
                    };
                    return self.book.explain_issue(context, &application);
                }
                // Seats have no sublicenses.
                ActionKind::Sublicense => return Err(Reason::NotSublicensable.into()),
                ActionKind::Recover => {
                    let entry = self.book.find(token_id)?;
                    let successor = self.book.lifecycle.policy.successor(from)?;
                    self.book.recovery(entry, from, successor)
                }
                ActionKind::Lend => Request {
                    from,
                    to,
                    amount: 1,
                    ..Request::on(kind, self.book.find(token_id)?)
                },
                ActionKind::Surrender => Request {
                    from: caller,
                    amount,
                    ..Request::on(kind, self.book.find(token_id)?)
                },
                _ => Request {
                    from,
                    to,
                    amount,
                    ..Request::on(kind, self.book.find(token_id)?)
                },
            };
            self.book.explain(context, &request, evidence)
        }
    }

    fn described(metadata_hash: FixedBytes<32>, uri: String) -> Metadata {
        Metadata {
            hash: metadata_hash.0,
            uri,
        }
    }
}
