//! A committee: members with weights approve typed decisions, and anyone has them executed.
//!
//! # Roles
//! - *member*: a key, a contract or another committee; proposes, approves, takes its approval back.
//!   The *maker* of a decision is the member who proposed it; it may cancel it.
//! - everyone: brings members' signatures, executes what is approved, reads.
//!
//! # Decisions
//! There is one kind of decision per action ([`lex_model::DecisionKind`]), and no opaque call data: the
//! committee builds the call from the decision's values, so it is simply the caller of the message that
//! it decided about. A decision's id is the EIP-712 digest that members sign ([`lex_model::Proposal`]).
//!
//! Members approve in one of four ways: by a transaction of their own ([`approve`](Committee::approve);
//! Substrate accounts, contracts, other committees), by an Ethereum key's signature, by a contract that
//! knows the signature (ERC-1271), or by a passkey. A committee itself does not answer ERC-1271: it
//! approves elsewhere by its decision `ApproveIn`, which members see for what it is.
//!
//! A nonce is a lane (192 bits) and a place in it. Lanes are independent. In a lane, executing a
//! decision retires all with the same or a smaller number, executed or not; a decision that fails
//! stays open and holds up nobody, because a later one may be executed before it.
//!
//! # Invariants
//! - I16: a signature counts at most once, for one decision of one committee on one chain in one epoch.
//! - I17: what is executed has the weight of its threshold among the members of that moment.
//! - I18: every threshold is between 1 and the sum of all weights.
//! - I19: members are distinct, and neither the zero address nor the committee itself.
//! - I20: at least one approval of what is executed is not its maker's.
//! - I21: a decision that cannot be executed holds up no other.
//! - Whenever members change, the epoch grows, and all decisions and signatures before it are dead.
//!   The committee's address stays.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`;
//! that of a decision's target comes through unchanged.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod events;
pub mod members;
pub mod passkey;
pub mod records;
#[cfg(test)]
mod tests;
pub mod views;

#[ink::contract]
#[expect(
    clippy::too_many_arguments,
    reason = "a message has one argument per value that Solidity shows"
)]
pub mod committee {
    use ink::{
        U256,
        prelude::{vec, vec::Vec},
        sol::{DynBytes, FixedBytes},
    };
    use lex_contract_host::{
        Bounds, CallFailure, HostKeccak, PasskeyPoint, call_contract, chain_id, contract_accepts,
        is_contract, recover, revert,
    };
    use lex_model::{DecisionKind, Nonce, Part, Proposal, Reason};
    use lex_policy_interface::{Evidence, Refusal, Refused, decided_call};

    use crate::{
        events::{
            Approved, Canceled, DecisionProposed, EpochStarted, Executed, MemberChanged,
            ThresholdChanged, Withdrawn,
        },
        members::{Committee as Loaded, MAX_MEMBERS, Roll},
        passkey,
        records::{Book, Id, Record, State},
        views::{Boxed, Decision, DecisionView, Member, invalid},
    };

    /// The longest signature that is passed on to a contract, in bytes.
    pub const MAX_SIGNATURE: usize = 1024;

    #[ink(storage)]
    pub struct Committee {
        roll: Roll,
        book: Book,
    }

    impl Committee {
        /// A committee of 2 to 32 members with weights of 1 to 65535. Decisions need approvals of
        /// `threshold` weight unless their kind gets a threshold of its own.
        #[ink(constructor)]
        pub fn new(
            members: Vec<Address>,
            weights: Vec<u32>,
            threshold: u32,
        ) -> Result<Self, Refused> {
            let mut committee = Self {
                roll: Roll::default(),
                book: Book::default(),
            };
            let own = committee.env().address();
            let loaded = Loaded::new(own, &members, &weights, threshold)?;
            committee.roll.store(&loaded);
            for (account, weight) in members.into_iter().zip(weights) {
                committee
                    .env()
                    .emit_event(MemberChanged { account, weight });
            }
            committee
                .env()
                .emit_event(ThresholdChanged { kind: 0, threshold });
            committee.env().emit_event(EpochStarted {
                epoch: loaded.charter.epoch,
            });
            Ok(committee)
        }

        /// Puts a decision to the committee and approves it; a member may, and becomes its maker.
        /// Returns its id.
        #[ink(message)]
        pub fn propose(&mut self, decision: Boxed<Decision>) -> Result<FixedBytes<32>, Refused> {
            let loaded = self.roll.load()?;
            let maker = self.env().caller();
            let (id, mut record) = self.proposed(&loaded, &decision.0, maker)?;
            if let Some(known) = self.book.get(&id) {
                return Err(match known.state {
                    State::Open => Reason::AlreadySo.into(),
                    _ => Reason::DecisionClosed.into(),
                });
            }
            self.require_standing(&loaded, &record)?;
            self.announce(&id, &record);
            record.approve(loaded.bit(maker)?)?;
            self.book.store(&id, &record);
            self.tell_approval(&loaded, &id, maker);
            Ok(FixedBytes(id))
        }

        /// Approves a decision; a member may, also after it took its approval back.
        #[ink(message)]
        pub fn approve(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
            let (loaded, mut record) = self.standing(&id.0)?;
            let member = self.env().caller();
            record.approve(loaded.bit(member)?)?;
            self.book.store(&id.0, &record);
            self.tell_approval(&loaded, &id.0, member);
            Ok(())
        }

        /// Counts a member's signature over the id: 65 bytes r, s (low), v (27 or 28), or what a
        /// member that is a contract takes for its own. Anyone may bring it.
        #[ink(message, name = "approveBySig")]
        pub fn approve_by_sig(
            &mut self,
            id: FixedBytes<32>,
            signer: Address,
            signature: DynBytes,
        ) -> Result<(), Refused> {
            let (loaded, mut record) = self.standing(&id.0)?;
            record.approve_signed(loaded.bit(signer)?)?;
            require_signed(&id.0, signer, &signature)?;
            self.book.store(&id.0, &record);
            self.tell_approval(&loaded, &id.0, signer);
            Ok(())
        }

        /// Counts the assertion of a member's passkey whose challenge is the id (WebAuthn, P-256; s
        /// low). The member's address is the last 20 bytes of the hash of the key's coordinates.
        #[ink(message, name = "approveByPasskey")]
        pub fn approve_by_passkey(
            &mut self,
            id: FixedBytes<32>,
            authenticator_data: DynBytes,
            client_data: DynBytes,
            x: FixedBytes<32>,
            y: FixedBytes<32>,
            r: FixedBytes<32>,
            s: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let (loaded, mut record) = self.standing(&id.0)?;
            let point = PasskeyPoint { x: x.0, y: y.0 };
            let member = Address::from(point.account());
            record.approve_signed(loaded.bit(member)?)?;
            let hash = passkey::signed_hash(&id.0, &authenticator_data, &client_data);
            if !hash.is_some_and(|hash| point.signed(&hash, &r.0, &s.0)) {
                return Err(Reason::InvalidSignature.into());
            }
            self.book.store(&id.0, &record);
            self.tell_approval(&loaded, &id.0, member);
            Ok(())
        }

        /// Proposes a decision by signatures and counts them all; anyone may bring up to 32. The
        /// proposer signs first, unless the committee knows the decision already. Signatures of members
        /// who approve already are passed over. Returns the id.
        #[ink(message)]
        pub fn submit(
            &mut self,
            decision: Boxed<Decision>,
            proposer: Address,
            signers: Vec<Address>,
            signatures: Vec<DynBytes>,
        ) -> Result<FixedBytes<32>, Refused> {
            if signers.len() != signatures.len() || signers.len() > MAX_MEMBERS {
                return Err(Refused::new(Reason::WrongLength, MAX_MEMBERS as u64));
            }
            let loaded = self.roll.load()?;
            let (id, proposed) = self.proposed(&loaded, &decision.0, proposer)?;
            let mut record = match self.book.get(&id) {
                Some(known) => known,
                None if signers.first() == Some(&proposer) => {
                    self.announce(&id, &proposed);
                    proposed
                }
                None => return Err(Reason::InvalidSignature.into()),
            };
            self.require_standing(&loaded, &record)?;
            let mut seen = 0;
            for (signer, signature) in signers.into_iter().zip(&signatures) {
                let bit = loaded.bit(signer)?;
                if seen & bit != 0 {
                    return Err(Reason::DuplicateSigner.into());
                }
                seen |= bit;
                if record.has(bit) {
                    continue;
                }
                record.approve_signed(bit)?;
                require_signed(&id, signer, signature)?;
                self.tell_approval(&loaded, &id, signer);
            }
            self.book.store(&id, &record);
            Ok(FixedBytes(id))
        }

        /// Takes the caller's approval back, and makes its signatures over this id worthless, brought
        /// or not. A member may until the decision is executed.
        #[ink(message)]
        pub fn withdraw(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
            let (loaded, mut record) = self.standing(&id.0)?;
            let member = self.env().caller();
            record.withdraw(loaded.bit(member)?)?;
            self.book.store(&id.0, &record);
            self.env().emit_event(Withdrawn { id, member });
            Ok(())
        }

        /// Gives a decision up, for ever; its maker may.
        #[ink(message)]
        pub fn cancel(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
            let mut record = self.book.find(&id.0)?;
            if self.env().caller().0 != record.proposal.proposer {
                return Err(Reason::NotMaker.into());
            }
            if record.state != State::Open {
                return Err(Reason::DecisionClosed.into());
            }
            record.state = State::Canceled;
            self.book.store(&id.0, &record);
            self.env().emit_event(Canceled { id });
            Ok(())
        }

        /// Lets a decision take effect; anyone may. The evidence is passed on where the target's gates
        /// ask for it (`Activate`, `Renew`). If the target refuses, so does this, with the target's
        /// own words, and the decision stays open.
        #[ink(message)]
        pub fn execute(
            &mut self,
            id: FixedBytes<32>,
            evidence: Boxed<Evidence>,
        ) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let mut record = self.book.find(&id.0)?;
            if let Some(refusal) = self.refusals(&loaded, &record).into_iter().next() {
                return Err(refusal.into());
            }
            let decision = record.proposal.decision;
            let Nonce { key, sequence } = decision.nonce();
            record.state = State::Executed;
            self.book.store(&id.0, &record);
            self.book.retire(&key, sequence)?;
            match decided_call(&decision, *evidence.0) {
                Some(data) => call_target(&decision.target, &data)?,
                None => self.change_committee(loaded, &decision)?,
            }
            self.env().emit_event(Executed {
                id,
                kind: decision.kind.code(),
                executor: self.env().caller(),
            });
            Ok(())
        }

        /// The members and their weights.
        #[ink(message)]
        pub fn members(&self) -> Result<Vec<Member>, Refused> {
            let seats = self.roll.load()?.seats.into_iter();
            Ok(seats
                .map(|seat| Member {
                    account: Address::from(seat.account),
                    weight: seat.weight.into(),
                })
                .collect())
        }

        /// Counts the changes of the members, from 1.
        #[ink(message)]
        pub fn epoch(&self) -> Result<u64, Refused> {
            Ok(self.roll.load()?.charter.epoch)
        }

        /// The weight of approvals that a kind of decision needs; the default for any other number.
        #[ink(message)]
        pub fn threshold(&self, kind: u8) -> Result<u32, Refused> {
            Ok(self.roll.load()?.threshold(DecisionKind::from_code(kind)))
        }

        /// A decision and how it stands.
        #[ink(message)]
        pub fn decision(&self, id: FixedBytes<32>) -> Result<DecisionView, Refused> {
            let loaded = self.roll.load()?;
            let record = self.book.find(&id.0)?;
            let threshold = loaded.threshold(Some(record.proposal.decision.kind));
            let weight = loaded.approving(&record);
            Ok(DecisionView::new(
                &record.proposal,
                record.state,
                weight,
                threshold,
            ))
        }

        /// The id that a decision has in this epoch if this member proposes it; it is what members
        /// sign.
        #[ink(message, name = "decisionId")]
        pub fn decision_id(
            &self,
            decision: Boxed<Decision>,
            proposer: Address,
        ) -> Result<FixedBytes<32>, Refused> {
            let (id, _) = self.proposed(&self.roll.load()?, &decision.0, proposer)?;
            Ok(FixedBytes(id))
        }

        /// Whether a member approves a decision.
        #[ink(message, name = "hasApproved")]
        pub fn has_approved(&self, id: FixedBytes<32>, member: Address) -> bool {
            match (self.roll.load(), self.book.get(&id.0)) {
                (Ok(loaded), Some(record)) => loaded.approves(&record, member),
                _ => false,
            }
        }

        /// The first number that is free in a lane (192 bits).
        #[ink(message, name = "nextSeq")]
        pub fn next_seq(&self, key: U256) -> u64 {
            let [_, _, _, _, _, _, _, _, lane @ ..] = key.to_big_endian();
            self.book.next(&lane)
        }

        /// Every reason why a decision cannot be executed now, in the order in which it would be
        /// refused; empty when it can. What its target thinks is not among them.
        #[ink(message)]
        pub fn explain(&self, id: FixedBytes<32>) -> Vec<Refusal> {
            let found = self.roll.load().and_then(|loaded| {
                let record = self.book.find(&id.0)?;
                Ok(self.refusals(&loaded, &record))
            });
            found.unwrap_or_else(|reason| vec![Refusal::new(reason, 0)])
        }

        /// A decision as a member proposes it now, with its id.
        #[inline(never)]
        fn proposed(
            &self,
            loaded: &Loaded,
            decision: &Decision,
            proposer: Address,
        ) -> Result<(Id, Record), Refused> {
            loaded.bit(proposer)?;
            let decision = decision.to_model()?;
            let address = self.env().address();
            if decision.target == address.0 {
                return Err(invalid(Part::Target.place()));
            }
            let proposal = Proposal {
                decision,
                proposer: proposer.0,
                epoch: loaded.charter.epoch,
            };
            let committee = lex_model::Committee {
                chain_id: chain_id(),
                address: address.0,
            };
            Ok((proposal.id::<HostKeccak>(&committee), Record::new(proposal)))
        }

        /// A decision that can still be approved.
        #[inline(never)]
        fn standing(&self, id: &Id) -> Result<(Loaded, Record), Refused> {
            let loaded = self.roll.load()?;
            let record = self.book.find(id)?;
            self.require_standing(&loaded, &record)?;
            Ok((loaded, record))
        }

        #[inline(never)]
        fn require_standing(&self, loaded: &Loaded, record: &Record) -> Result<(), Refused> {
            match self.standing_refusals(loaded, record).into_iter().next() {
                Some(refusal) => Err(refusal.into()),
                None => Ok(()),
            }
        }

        /// Why a decision can neither be approved nor executed.
        #[inline(never)]
        fn standing_refusals(&self, loaded: &Loaded, record: &Record) -> Vec<Refusal> {
            let Proposal {
                decision, epoch, ..
            } = &record.proposal;
            let current = loaded.charter.epoch;
            let deadline = decision.deadline;
            let Nonce { key, sequence } = decision.nonce();
            let next = self.book.next(&key);
            let refusals = [
                (record.state != State::Open, Reason::DecisionClosed, 0),
                (*epoch != current, Reason::WrongEpoch, current),
                (
                    self.env().block_timestamp() > deadline,
                    Reason::DeadlinePassed,
                    deadline,
                ),
                (sequence < next, Reason::NonceUsed, next),
            ];
            refusals
                .into_iter()
                .filter(|(refused, ..)| *refused)
                .map(|(_, reason, detail)| Refusal::new(reason, detail))
                .collect()
        }

        /// Why a decision cannot be executed.
        #[inline(never)]
        fn refusals(&self, loaded: &Loaded, record: &Record) -> Vec<Refusal> {
            let mut refusals = self.standing_refusals(loaded, record);
            let threshold = loaded.threshold(Some(record.proposal.decision.kind));
            let missing = threshold.saturating_sub(loaded.approving(record));
            if missing > 0 {
                refusals.push(Refusal::new(Reason::NotYetApproved, missing.into()));
            }
            if !loaded.is_checked(record) {
                refusals.push(Refusal::new(Reason::SoleChecker, 0));
            }
            refusals
        }

        /// Carries out a decision about the committee itself.
        #[inline(never)]
        fn change_committee(
            &mut self,
            loaded: Loaded,
            decision: &lex_model::Decision,
        ) -> Result<(), Refused> {
            match decision.threshold_kind() {
                Some(kind) if decision.kind == DecisionKind::SetThreshold => {
                    let changed = loaded.with_threshold(kind, decision.number)?;
                    self.roll.store_charter(&changed.charter);
                    self.env().emit_event(ThresholdChanged {
                        kind: kind.map_or(0, DecisionKind::code),
                        threshold: changed.threshold(kind),
                    });
                }
                _ => {
                    let account = Address::from(decision.account);
                    let own = self.env().address();
                    let changed = loaded.with_member(own, account, decision.number)?;
                    self.roll.store(&changed);
                    self.env().emit_event(MemberChanged {
                        account,
                        weight: changed.weight_of(account),
                    });
                    self.env().emit_event(EpochStarted {
                        epoch: changed.charter.epoch,
                    });
                }
            }
            Ok(())
        }

        #[inline(never)]
        fn announce(&self, id: &Id, record: &Record) {
            let proposal = &record.proposal;
            self.env().emit_event(DecisionProposed {
                id: FixedBytes(*id),
                maker: Address::from(proposal.proposer),
                epoch: proposal.epoch,
                decision: (&proposal.decision).into(),
            });
        }

        #[inline(never)]
        fn tell_approval(&self, loaded: &Loaded, id: &Id, member: Address) {
            self.env().emit_event(Approved {
                id: FixedBytes(*id),
                member,
                weight: loaded.weight_of(member),
            });
        }
    }

    /// Whether the signature over the id is the signer's: by its key, or by its own word if it is a
    /// contract.
    #[inline(never)]
    fn require_signed(id: &Id, signer: Address, signature: &[u8]) -> Result<(), Reason> {
        let signed = if is_contract(&signer.0) {
            signature.len() <= MAX_SIGNATURE && contract_accepts(&signer.0, id, signature)
        } else {
            recover(id, signature) == Some(signer.0)
        };
        signed.then_some(()).ok_or(Reason::InvalidSignature)
    }

    /// Calls a decision's target. What it reverts with is what this transaction reverts with.
    fn call_target(target: &lex_model::Address, data: &[u8]) -> Result<(), Reason> {
        match call_contract(target, data, Bounds::ALL) {
            Ok(()) => Ok(()),
            Err(CallFailure::Reverted(words)) if !words.is_empty() => revert(&words),
            Err(_) => Err(Reason::TargetRefused),
        }
    }
}
