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
//! approves elsewhere by its decision `ApproveIn`, and takes that back by `WithdrawIn`, which members see
//! for what they are.
//!
//! A decision that grants or changes names the version of what it is about (a license, an account, the
//! pauses) and cannot be executed once that has moved. A license's moves whenever somebody does something
//! that the members did not know of when they signed: brings it into force, renews, amends, suspends, resumes,
//! moves or ends it, whoever that is. An issuer who suspends and resumes has had a doubt, of which the members
//! are to know, and could keep the license suspended anyway. It does not move when anybody records (`settle`)
//! that a suspension has lifted: time did that, and a stranger could void every grant by saying so.
//!
//! Decisions about the same (a license's standing, what is held or seized of a single token, or of an
//! account's seats, an account's freedom, a member, a threshold, a proxy's code, an approval elsewhere)
//! also know of each other. Each gets its place among them when it is approved, and names how many places
//! its members knew of. One that loosens dies as soon as anything else about the same is approved. One that
//! restricts dies only when one that its members did not know of loosens, and an earlier one never takes the place
//! of a later one. So nobody chooses by the order in which decisions are brought or executed, and what was
//! decided last stands. What a decision describes is compared with what is so when it is proposed.
//!
//! What restricts a single token follows it to whoever holds it, because its holder must not dodge that by
//! moving it, nor by losing its key. Only the committee itself gives it to somebody whom it does not mean: a
//! `ForcedTransfer` counts among the decisions about the token's standing and about what is held of it, and
//! carried out it voids those whose members did not know of it.
//!
//! A nonce is a lane (192 bits) and a number in it. Every proposer has lanes of its own; the lane of a
//! decision about an account begins with that account. In a lane each number is given once, and waits
//! for the numbers before it until their decisions are approved, or over ([`lanes`]). Whose decision a
//! target refuses holds up nobody, however many there are.
//!
//! # What ends
//! - A deadline lies at most [`lex_model::MAX_DEADLINE_AHEAD`] ahead.
//! - A member takes its approval back, given, signed or neither; its signatures never count again. It
//!   can use up its own numbers, and whatever was signed for them.
//! - Whenever members or thresholds change, the epoch grows: signatures that nobody brought are dead, and
//!   so are decisions that had not reached their threshold. One that had can be executed for
//!   [`lex_model::MAX_AFTER_CHANGE`] more, if those who approved and still are members meet it.
//!
//! # Invariants
//! - I16: a signature counts at most once, for one decision of one committee on one chain in one epoch.
//! - I17: what is executed has, among the members of that moment, the weight that its kind needed when it
//!   was proposed.
//! - I18: every threshold is between 1 and the sum of all weights.
//! - I19: members are distinct, and neither the zero address nor the committee itself.
//! - I20: at least one approval of what is executed is not its maker's.
//! - I21: a decision that cannot be executed holds up no other.
//! - I22: no decision is executed against a state other than the one that it names.
//! - The committee's address stays, whoever its members are.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`;
//! that of a decision's target comes through unchanged.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod asking;
pub mod events;
pub mod judgement;
pub mod lanes;
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
    use lex_model::{DecisionKind, Nonce, Part, Proposal, Reason, withdrawal_challenge};
    use lex_policy_interface::{Evidence, Refusal, Refused, decided_call};

    use crate::{
        asking,
        events::{
            Approved, Canceled, DecisionProposed, EpochStarted, Executed, MemberChanged,
            NumberUsedUp, ThresholdChanged, Withdrawn,
        },
        judgement::Judgement,
        lanes::{Lane, Lanes, NOBODY, place_of},
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
        lanes: Lanes,
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
                lanes: Lanes::default(),
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
            self.require_new(&id)?;
            record.kept = self
                .judgement(&loaded)
                .require_acceptable(&record.proposal.decision)?;
            self.enter(&id, &record)?;
            record.approve(loaded.bit(maker)?)?;
            self.note_approval(&loaded, &id, &mut record, maker)?;
            self.keep(&loaded, &id, &record);
            Ok(FixedBytes(id))
        }

        /// As `propose`, by a member's passkey whose assertion's challenge is the id; anyone may bring
        /// it.
        #[ink(message, name = "proposeByPasskey")]
        pub fn propose_by_passkey(
            &mut self,
            decision: Boxed<Decision>,
            authenticator_data: DynBytes,
            client_data: DynBytes,
            x: FixedBytes<32>,
            y: FixedBytes<32>,
            r: FixedBytes<32>,
            s: FixedBytes<32>,
        ) -> Result<FixedBytes<32>, Refused> {
            let loaded = self.roll.load()?;
            let point = PasskeyPoint { x: x.0, y: y.0 };
            let maker = Address::from(point.account());
            let (id, mut record) = self.proposed(&loaded, &decision.0, maker)?;
            self.require_new(&id)?;
            record.kept = self
                .judgement(&loaded)
                .require_acceptable(&record.proposal.decision)?;
            self.enter(&id, &record)?;
            self.admit_signature(&loaded, &id, &mut record, maker)?;
            let hash = passkey::signed_hash(&id, &authenticator_data, &client_data);
            require_assertion(&point, hash, &r.0, &s.0)?;
            self.note_approval(&loaded, &id, &mut record, maker)?;
            self.keep(&loaded, &id, &record);
            Ok(FixedBytes(id))
        }

        /// Approves a decision; a member may, also after it took its approval back.
        #[ink(message)]
        pub fn approve(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let member = self.env().caller();
            let mut record = self.approvable(&loaded, &id.0, member)?;
            record.approve(loaded.bit(member)?)?;
            self.note_approval(&loaded, &id.0, &mut record, member)?;
            self.keep(&loaded, &id.0, &record);
            Ok(())
        }

        /// Counts a member's signature over the id: 65 bytes r, s (low), v (27 or 28, or 0 or 1), or
        /// what a member that is a contract takes for its own. Anyone may bring it.
        #[ink(message, name = "approveBySig")]
        pub fn approve_by_sig(
            &mut self,
            id: FixedBytes<32>,
            signer: Address,
            signature: DynBytes,
        ) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let mut record = self.approvable(&loaded, &id.0, signer)?;
            self.admit_signature(&loaded, &id.0, &mut record, signer)?;
            require_signed(&id.0, signer, &signature)?;
            self.note_approval(&loaded, &id.0, &mut record, signer)?;
            self.keep(&loaded, &id.0, &record);
            Ok(())
        }

        /// Counts the assertion of a member's passkey whose challenge is the id (WebAuthn, P-256; s
        /// low; user verified). The member's address is the last 20 bytes of the hash of the key's
        /// coordinates.
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
            let loaded = self.roll.load()?;
            let point = PasskeyPoint { x: x.0, y: y.0 };
            let member = Address::from(point.account());
            let mut record = self.approvable(&loaded, &id.0, member)?;
            self.admit_signature(&loaded, &id.0, &mut record, member)?;
            let hash = passkey::signed_hash(&id.0, &authenticator_data, &client_data);
            require_assertion(&point, hash, &r.0, &s.0)?;
            self.note_approval(&loaded, &id.0, &mut record, member)?;
            self.keep(&loaded, &id.0, &record);
            Ok(())
        }

        /// Proposes a decision by signatures and counts them all; anyone may bring up to 32, as many as
        /// the decision needs. The proposer signs first, unless the committee knows the decision
        /// already. Signatures of members who approve already are passed over. Returns the id.
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
            let (id, mut proposed) = self.proposed(&loaded, &decision.0, proposer)?;
            let known = self.book.get(&id);
            let mut record = match known {
                Some(known) => {
                    self.require_approvable(&loaded, &id, &known)?;
                    known
                }
                None if signers.first() == Some(&proposer) => {
                    let decision = &proposed.proposal.decision;
                    proposed.kept = self.judgement(&loaded).require_acceptable(decision)?;
                    proposed
                }
                None => return Err(Reason::InvalidSignature.into()),
            };
            let before = record.approvals;
            self.count_signatures(&loaded, &id, &mut record, &signers, &signatures)?;
            if known.is_none() {
                self.enter(&id, &record)?;
            }
            for signer in signers {
                if before & loaded.bit(signer)? == 0 {
                    self.note_approval(&loaded, &id, &mut record, signer)?;
                }
            }
            self.keep(&loaded, &id, &record);
            Ok(FixedBytes(id))
        }

        /// Takes the caller's approval back, and makes its signatures over this id worthless, brought
        /// or not, of a decision that the committee knows or not. A member may until the decision is
        /// executed.
        #[ink(message)]
        pub fn withdraw(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let member = self.env().caller();
            self.take_back(&loaded, &id.0, member)
        }

        /// As `withdraw`, by a member's passkey; anyone may bring it. The challenge is the hash of
        /// keccak256("LEX Committee: withdraw") and the id, so that no approval is taken for it.
        #[ink(message, name = "withdrawByPasskey")]
        pub fn withdraw_by_passkey(
            &mut self,
            id: FixedBytes<32>,
            authenticator_data: DynBytes,
            client_data: DynBytes,
            x: FixedBytes<32>,
            y: FixedBytes<32>,
            r: FixedBytes<32>,
            s: FixedBytes<32>,
        ) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let point = PasskeyPoint { x: x.0, y: y.0 };
            let member = Address::from(point.account());
            loaded.bit(member)?;
            let challenge = withdrawal_challenge::<HostKeccak>(&id.0);
            let hash = passkey::signed_hash(&challenge, &authenticator_data, &client_data);
            require_assertion(&point, hash, &r.0, &s.0)?;
            self.take_back(&loaded, &id.0, member)
        }

        /// Gives a decision up, for ever; its maker may, as long as it is a member.
        #[ink(message)]
        pub fn cancel(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let mut record = self.book.find(&id.0)?;
            let member = self.env().caller();
            loaded.bit(member)?;
            if member.0 != record.proposal.proposer {
                return Err(Reason::NotMaker.into());
            }
            if record.state != State::Open {
                return Err(Reason::DecisionClosed.into());
            }
            record.state = State::Canceled;
            self.book.store(&id.0, &record);
            self.move_on(&loaded, &place_of(&record.proposal).0);
            self.env().emit_event(Canceled { id });
            Ok(())
        }

        /// Uses up a number in a lane of the caller's: whatever has it, or was signed for it, never
        /// counts. A member may, in its own lanes.
        #[ink(message, name = "useUpNonce")]
        pub fn use_up_nonce(&mut self, proposer: Address, nonce: U256) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let member = self.env().caller();
            loaded.bit(member)?;
            if member != proposer {
                return Err(Reason::NotMaker.into());
            }
            let Nonce { key, sequence } = Nonce::from(nonce.to_big_endian());
            let lane = (member.0, key);
            let holder = self.lanes.holder(&lane, sequence).unwrap_or(NOBODY);
            if let Some(mut record) = self.book.get(&holder) {
                if record.state != State::Open {
                    return Err(Refused::new(Reason::NonceUsed, self.lanes.next(&lane)));
                }
                record.state = State::Canceled;
                self.book.store(&holder, &record);
                let id = FixedBytes(holder);
                self.env().emit_event(Canceled { id });
            }
            self.lanes.use_up(&lane, sequence)?;
            self.move_on(&loaded, &lane);
            self.env().emit_event(NumberUsedUp { member, nonce });
            Ok(())
        }

        /// Lets a decision take effect; anyone may. The evidence is passed on where the target's gates
        /// ask for it (`Activate`, `Renew`, `Amend`). If the target refuses, so does this, with the target's
        /// own words, and the decision stays open.
        #[ink(message)]
        pub fn execute(
            &mut self,
            id: FixedBytes<32>,
            evidence: Boxed<Evidence>,
        ) -> Result<(), Refused> {
            let loaded = self.roll.load()?;
            let mut record = self.book.find(&id.0)?;
            let against = self.judgement(&loaded).against_executing(&id.0, &record);
            if let Some(refusal) = against.into_iter().next() {
                return Err(refusal.into());
            }
            let decision = record.proposal.decision;
            record.state = State::Executed;
            self.book.store(&id.0, &record);
            self.book.note_executed(&record);
            self.move_on(&loaded, &place_of(&record.proposal).0);
            match decided_call(&decision, *evidence.0) {
                Some(data) => call_target(&decision.target, &data)?,
                None => self.change_committee(loaded, &decision)?,
            }
            self.env().emit_event(Executed {
                id,
                kind: decision.kind.code(),
                executor: self.env().caller(),
                reason: decision.reason,
                evidence: FixedBytes(decision.evidence),
            });
            Ok(())
        }

        /// The members and their weights.
        #[ink(message)]
        pub fn members(&self) -> Result<Vec<Member>, Refused> {
            let loaded = self.roll.load()?;
            Ok(loaded
                .members()
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

        /// The weight of approvals that a kind of decision needs that is proposed now; the default for any
        /// other number.
        #[ink(message)]
        pub fn threshold(&self, kind: u8) -> Result<u32, Refused> {
            Ok(self.roll.load()?.threshold(DecisionKind::from_code(kind)))
        }

        /// A decision and how it stands.
        #[ink(message)]
        pub fn decision(&self, id: FixedBytes<32>) -> Result<DecisionView, Refused> {
            let loaded = self.roll.load()?;
            let record = self.book.find(&id.0)?;
            Ok(DecisionView::new(&record, loaded.approving(&record)))
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

        /// The first number that was never given in a lane (192 bits) of a proposer's.
        #[ink(message, name = "nextSeq")]
        pub fn next_seq(&self, proposer: Address, key: U256) -> u64 {
            let [_, _, _, _, _, _, _, _, lane @ ..] = key.to_big_endian();
            self.lanes.next(&(proposer.0, lane))
        }

        /// How many decisions about the same were approved, as a decision of this kind, target, license and
        /// account names them; 0 for a kind that names none. For an approval in another committee the license
        /// stands for the decision there. The target is asked how it keeps the license.
        #[ink(message, name = "decisionsAbout")]
        pub fn decisions_about(
            &self,
            kind: u8,
            target: Address,
            token_id: U256,
            account: Address,
        ) -> Result<u64, Refused> {
            let kind = DecisionKind::from_code(kind)
                .ok_or(Refused::new(Reason::UnknownCode, kind.into()))?;
            let about = lex_model::Decision {
                target: target.0,
                token_id: token_id.to_big_endian(),
                evidence: token_id.to_big_endian(),
                account: account.0,
                ..lex_model::Decision::empty(kind)
            };
            let kept = asking::kept_by_target(&about)?;
            Ok(self.book.history(&about, kept).approved)
        }

        /// Every reason why a decision cannot be executed now, in the order in which it would be
        /// refused; empty when it can. Its target is asked only whether what it is about has moved; what
        /// else its target thinks is not among them.
        #[ink(message)]
        pub fn explain(&self, id: FixedBytes<32>) -> Vec<Refusal> {
            let found = self.roll.load().and_then(|loaded| {
                let record = self.book.find(&id.0)?;
                Ok(self.judgement(&loaded).against_executing(&id.0, &record))
            });
            found.unwrap_or_else(|reason| vec![Refusal::new(reason, 0)])
        }

        fn judgement<'a>(&'a self, loaded: &'a Loaded) -> Judgement<'a> {
            Judgement {
                committee: loaded,
                roll: &self.roll,
                book: &self.book,
                lanes: &self.lanes,
                now: self.env().block_timestamp(),
            }
        }

        /// A decision as a member proposes it now, with its id.
        #[inline(never)]
        fn proposed(
            &self,
            loaded: &Loaded,
            decision: &Decision,
            proposer: Address,
        ) -> Result<(Id, Record), Refused> {
            let decision = decision.to_model()?;
            loaded.bit(proposer)?;
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
            let threshold = loaded.threshold(Some(decision.kind));
            let record = Record::new(proposal, threshold);
            Ok((proposal.id::<HostKeccak>(&committee), record))
        }

        /// Refuses a decision that is known already.
        #[inline(never)]
        fn require_new(&self, id: &Id) -> Result<(), Refused> {
            match self.book.get(id).map(|known| known.state) {
                None => Ok(()),
                Some(State::Open) => Err(Reason::AlreadyApproved.into()),
                Some(_) => Err(Reason::DecisionClosed.into()),
            }
        }

        /// Puts an acceptable decision to the committee: gives it its number, and announces it.
        #[inline(never)]
        fn enter(&mut self, id: &Id, record: &Record) -> Result<(), Refused> {
            let proposal = &record.proposal;
            let (lane, number) = place_of(proposal);
            self.lanes.give(&lane, number, id)?;
            self.env().emit_event(DecisionProposed {
                id: FixedBytes(*id),
                maker: Address::from(proposal.proposer),
                epoch: proposal.epoch,
                threshold: record.threshold,
                decision: (&proposal.decision).into(),
            });
            Ok(())
        }

        /// Writes a decision that got an approval. An approved one holds up nobody in its lane.
        #[inline(never)]
        fn keep(&mut self, loaded: &Loaded, id: &Id, record: &Record) {
            self.book.store(id, record);
            if record.reached {
                self.move_on(loaded, &place_of(&record.proposal).0);
            }
        }

        /// Notes how far nobody is held up in a lane, so that nobody looks through that again.
        #[inline(never)]
        fn move_on(&mut self, loaded: &Loaded, lane: &Lane) {
            let turn = self.judgement(loaded).turn_after(lane);
            self.lanes.set_turn(lane, turn);
        }

        /// A decision that a member can still approve.
        #[inline(never)]
        fn approvable(&self, loaded: &Loaded, id: &Id, member: Address) -> Result<Record, Refused> {
            let record = self.book.find(id)?;
            loaded.bit(member)?;
            self.require_approvable(loaded, id, &record)?;
            Ok(record)
        }

        #[inline(never)]
        fn require_approvable(
            &self,
            loaded: &Loaded,
            id: &Id,
            record: &Record,
        ) -> Result<(), Refused> {
            let against = self.judgement(loaded).against_approving(id, record);
            match against.into_iter().next() {
                Some(refusal) => Err(refusal.into()),
                None => Ok(()),
            }
        }

        /// Counts an approval that is given by a signature, unless its member took it back.
        #[inline(never)]
        fn admit_signature(
            &self,
            loaded: &Loaded,
            id: &Id,
            record: &mut Record,
            member: Address,
        ) -> Result<(), Reason> {
            if self.book.is_withdrawn(id, &member.0) {
                return Err(Reason::SignatureWithdrawn);
            }
            record.approve(loaded.bit(member)?)
        }

        /// Counts signatures, which have to be enough together with the approvals that there are.
        #[inline(never)]
        fn count_signatures(
            &self,
            loaded: &Loaded,
            id: &Id,
            record: &mut Record,
            signers: &[Address],
            signatures: &[DynBytes],
        ) -> Result<(), Refused> {
            let mut seen = 0;
            for signer in signers {
                let bit = loaded.bit(*signer)?;
                if seen & bit != 0 {
                    return Err(Reason::DuplicateSigner.into());
                }
                seen |= bit;
            }
            for (signer, signature) in signers.iter().zip(signatures) {
                if !record.has(loaded.bit(*signer)?) {
                    self.admit_signature(loaded, id, record, *signer)?;
                    require_signed(id, *signer, signature)?;
                }
            }
            let missing = record.threshold.saturating_sub(loaded.approving(record));
            if missing > 0 {
                return Err(Refused::new(Reason::NotYetApproved, missing.into()));
            }
            if !loaded.is_checked(record) {
                return Err(Reason::SoleChecker.into());
            }
            Ok(())
        }

        /// Notes whether a member's approval is the one that was missing, and tells of it.
        #[inline(never)]
        fn note_approval(
            &mut self,
            loaded: &Loaded,
            id: &Id,
            record: &mut Record,
            member: Address,
        ) -> Result<(), Reason> {
            let before = record.reached;
            record.reached = loaded.is_enough(record);
            if record.reached && !before {
                self.book.note_approved(record)?;
            }
            self.env().emit_event(Approved {
                id: FixedBytes(*id),
                member,
                weight: loaded.weight_of(member),
            });
            Ok(())
        }

        /// Takes a member's approval back. What its decision had reached before the members changed, it
        /// had reached; whether those who remain meet it is counted when it is executed.
        #[inline(never)]
        fn take_back(&mut self, loaded: &Loaded, id: &Id, member: Address) -> Result<(), Refused> {
            let bit = loaded.bit(member)?;
            let mut approved = false;
            if let Some(mut record) = self.book.get(id) {
                if record.state != State::Open {
                    return Err(Reason::DecisionClosed.into());
                }
                approved = loaded.approves(&record, member) && record.withdraw(bit);
                if record.proposal.epoch == loaded.charter.epoch {
                    record.reached = loaded.is_enough(&record);
                }
                self.book.store(id, &record);
            }
            if !approved && self.book.is_withdrawn(id, &member.0) {
                return Err(Reason::NotApprovedByMember.into());
            }
            self.book.block_signatures(id, &member.0);
            let id = FixedBytes(*id);
            self.env().emit_event(Withdrawn { id, member });
            Ok(())
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
                    let now = self.env().block_timestamp();
                    self.roll.begin(changed.charter.epoch, now);
                    self.env().emit_event(ThresholdChanged {
                        kind: kind.map_or(0, DecisionKind::code),
                        threshold: changed.threshold(kind),
                    });
                    self.env().emit_event(EpochStarted {
                        epoch: changed.charter.epoch,
                    });
                }
                _ => {
                    let account = Address::from(decision.account);
                    let own = self.env().address();
                    let changed = loaded.with_member(own, account, decision.number)?;
                    self.roll.store(&changed);
                    let now = self.env().block_timestamp();
                    self.roll.begin(changed.charter.epoch, now);
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

    /// Whether a passkey signed this hash.
    #[inline(never)]
    fn require_assertion(
        point: &PasskeyPoint,
        hash: Option<Id>,
        r: &Id,
        s: &Id,
    ) -> Result<(), Reason> {
        let signed = hash.is_some_and(|hash| point.signed(&hash, r, s));
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
