//! What the committee's messages take and return.

use ink::{
    Address, SolDecode, SolEncode, U256,
    prelude::boxed::Box,
    sol::{Error as DecodeError, FixedBytes},
};
use lex_model::{DecisionKind, InvalidDecision, Proposal, Reason};
use lex_policy_interface::{Refused, solidity_struct};

use crate::records::State;

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
        /// A license type, amount, weight, threshold, flag or bits.
        number: u64 = "number",
        /// Why, by the committee's own codes.
        reason: u32 = "reason",
        /// Hash of what proves it.
        evidence: FixedBytes<32> = "evidence",
        /// The lane in the upper 192 bits, the place in it in the lower 64.
        nonce: U256 = "nonce",
        /// The last second (Unix time) in which it may be executed.
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
        /// Weight of the approvals; 0 once the members have changed.
        weight: u32 = "weight",
        /// Weight that its kind needs.
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
    /// [`Reason::InvalidDecision`] with the place of the field that its kind cannot say.
    #[inline(never)]
    pub fn to_model(&self) -> Result<lex_model::Decision, Refused> {
        let decision = lex_model::Decision {
            kind: DecisionKind::from_code(self.kind).ok_or(invalid(1))?,
            target: self.target.0,
            token_id: self.token_id.to_big_endian(),
            account: self.account.0,
            counterparty: self.counterparty.0,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            number: self.number,
            reason: self.reason,
            evidence: self.evidence.0,
            nonce: self.nonce.to_big_endian(),
            deadline: self.deadline,
        };
        match decision.validate() {
            Ok(()) => Ok(decision),
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
            nonce: U256::from_big_endian(&decision.nonce),
            deadline: decision.deadline,
        }
    }
}

impl DecisionView {
    /// A proposal with its state and weights.
    pub fn new(proposal: &Proposal, state: State, weight: u32, threshold: u32) -> Self {
        Self {
            decision: (&proposal.decision).into(),
            maker: Address::from(proposal.proposer),
            epoch: proposal.epoch,
            state: state as u8,
            weight,
            threshold,
        }
    }
}
