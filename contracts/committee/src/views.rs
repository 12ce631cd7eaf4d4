//! What the committee's messages take and return.

use ink::{
    Address, SolDecode, SolEncode, U256,
    prelude::boxed::Box,
    sol::{Error as DecodeError, FixedBytes},
};
use lex_model::{DecisionKind, InvalidDecision, Reason};
use lex_policy_interface::{Refused, solidity_struct};

use crate::records::Record;

/// The place of the nonce in a decision, from 1.
const NONCE_PLACE: u8 = 15;

solidity_struct! {
    /// What a committee decides (`lex_model::Decision`). Fields that its kind has no use for are zero.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Decision {
        /// Code of the kind (`lex_model::DecisionKind`).
        kind: u8 = "kind",
        /// The contract that is called.
        target: Address = "target",
        /// The license; for a threshold the code of its kind.
        token_id: U256 = "tokenId",
        /// Whom it is about.
        account: Address = "account",
        /// The other side.
        counterparty: Address = "counterparty",
        /// Unix seconds.
        valid_from: u64 = "validFrom",
        /// Unix seconds.
        valid_until: u64 = "validUntil",
        /// A license type, amount, weight, threshold or bits.
        number: u64 = "number",
        /// Why, by the committee's own codes.
        reason: u32 = "reason",
        /// Hash of what proves it.
        evidence: FixedBytes<32> = "evidence",
        /// What it rests on.
        basis: Basis = "basis",
        /// When its turn is.
        slot: Slot = "slot",
    }
}

solidity_struct! {
    /// What a decision rests on, and what it replaces. Fields that its kind has no use for are zero.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Basis {
        /// The version of what it is about, as the target counts it.
        version: u64 = "version",
        /// How many decisions about the same were approved before; how many seats.
        count: u64 = "count",
        /// The hash that is replaced; a jurisdiction in ASCII.
        previous: FixedBytes<32> = "previous",
        /// Hash of a text.
        text: FixedBytes<32> = "text",
    }
}

solidity_struct! {
    /// When a decision's turn is, and until when.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Slot {
        /// The lane in the upper 192 bits, the number in it in the lower 64.
        nonce: U256 = "nonce",
        /// The first second (Unix time) in which it can no longer be executed.
        deadline: u64 = "deadline",
    }
}

solidity_struct! {
    /// A member of the committee.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Member {
        /// Who it is: a key, a contract or another committee.
        account: Address = "account",
        /// How much its approval weighs.
        weight: u32 = "weight",
    }
}

solidity_struct! {
    /// A decision and how it stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct DecisionView {
        /// What it says.
        decision: Decision = "decision",
        /// The member who proposed it.
        maker: Address = "maker",
        /// The epoch in which it was proposed.
        epoch: u64 = "epoch",
        /// 1 open, 2 executed, 3 canceled.
        state: u8 = "state",
        /// Weight of the approvals by those who still are members.
        weight: u32 = "weight",
        /// Weight that it needs: its kind's threshold when it was proposed.
        threshold: u32 = "threshold",
    }
}

/// A large argument, kept on the heap: the decoder of a contract's messages moves the arguments of
/// all of them about, and gets much larger with the largest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boxed<T>(pub Box<T>);

impl<T: SolDecode> SolDecode for Boxed<T> {
    type SolType = T::SolType;

    #[inline(never)]
    fn from_sol_type(value: Self::SolType) -> Result<Self, DecodeError> {
        T::from_sol_type(value).map(Self::from)
    }
}

impl<'a, T: SolEncode<'a>> SolEncode<'a> for Boxed<T> {
    type SolType = T::SolType;

    fn to_sol_type(&'a self) -> Self::SolType {
        T::to_sol_type(&self.0)
    }
}

impl<T> From<T> for Boxed<T> {
    fn from(value: T) -> Self {
        Self(Box::new(value))
    }
}

/// A decision that says what its kind cannot say; the detail is the place of the field in the
/// struct, from 1.
pub fn invalid(place: u8) -> Refused {
    Refused::new(Reason::InvalidDecision, place.into())
}

impl Decision {
    /// The decision as the model knows it.
    ///
    /// # Errors
    /// [`Reason::UnknownCode`] for a kind that does not exist, [`Reason::InvalidDecision`] with the place
    /// of the field that its kind cannot say, or of a nonce in another account's lane.
    #[inline(never)]
    pub fn to_model(&self) -> Result<lex_model::Decision, Refused> {
        let decision = lex_model::Decision {
            kind: DecisionKind::from_code(self.kind)
                .ok_or_else(|| Refused::new(Reason::UnknownCode, self.kind.into()))?,
            target: self.target.0,
            token_id: self.token_id.to_big_endian(),
            account: self.account.0,
            counterparty: self.counterparty.0,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            number: self.number,
            reason: self.reason,
            evidence: self.evidence.0,
            version: self.basis.version,
            count: self.basis.count,
            previous: self.basis.previous.0,
            text: self.basis.text.0,
            nonce: self.slot.nonce.to_big_endian(),
            deadline: self.slot.deadline,
        };
        match decision.validate() {
            Ok(()) if decision.is_in_its_lane() => Ok(decision),
            Ok(()) => Err(invalid(NONCE_PLACE)),
            Err(InvalidDecision { part }) => Err(invalid(part.place())),
        }
    }
}

impl From<&lex_model::Decision> for Decision {
    #[inline(never)]
    fn from(decision: &lex_model::Decision) -> Self {
        Self {
            kind: decision.kind.code(),
            target: Address::from(decision.target),
            token_id: U256::from_big_endian(&decision.token_id),
            account: Address::from(decision.account),
            counterparty: Address::from(decision.counterparty),
            valid_from: decision.valid_from,
            valid_until: decision.valid_until,
            number: decision.number,
            reason: decision.reason,
            evidence: FixedBytes(decision.evidence),
            basis: Basis {
                version: decision.version,
                count: decision.count,
                previous: FixedBytes(decision.previous),
                text: FixedBytes(decision.text),
            },
            slot: Slot {
                nonce: U256::from_big_endian(&decision.nonce),
                deadline: decision.deadline,
            },
        }
    }
}

impl DecisionView {
    /// A decision with the weight of its approvals.
    pub fn new(record: &Record, weight: u32) -> Self {
        let proposal = &record.proposal;
        Self {
            decision: (&proposal.decision).into(),
            maker: Address::from(proposal.proposer),
            epoch: proposal.epoch,
            state: record.state as u8,
            weight,
            threshold: record.threshold,
        }
    }
}
