//! Rows about committees and their decisions.

use lex_client::{Address, B256, U256};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitteeRow {
    pub committee: Address,
    /// Grows with every change of the members; what was not approved before is dead.
    pub epoch: u64,
    pub changed_block: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub committee: Address,
    pub member: Address,
    /// 0: no member any more.
    pub weight: u32,
    pub changed_block: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdRow {
    pub committee: Address,
    /// Code of a kind of decision; 0 for those that have no threshold of their own.
    pub kind: u8,
    pub threshold: u32,
    pub changed_block: u64,
}

/// A decision that was put to a committee. Parts that its kind has no use for are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    pub id: B256,
    pub committee: Address,
    pub maker: Address,
    pub epoch: u64,
    /// Code of `lex_model::DecisionKind`.
    pub kind: u8,
    pub target: Address,
    pub token_id: U256,
    pub account: Address,
    pub counterparty: Address,
    /// Unix seconds.
    pub valid_from: u64,
    pub valid_until: u64,
    pub number: u64,
    pub reason: u32,
    pub evidence: B256,
    pub nonce: U256,
    /// The first second in which it can no longer be executed.
    pub deadline: u64,
    /// The weight of approvals that it needs.
    pub threshold: u32,
    pub state: DecisionState,
    /// Who had it executed.
    pub executor: Option<Address>,
    pub proposed_block: u64,
    pub proposed_at: u64,
    pub changed_block: u64,
    pub changed_at: u64,
}

/// What a committee has stored about a decision; the codes are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DecisionState {
    Open = 1,
    Executed = 2,
    Canceled = 3,
}

impl DecisionState {
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Open, Self::Executed, Self::Canceled]
            .into_iter()
            .find(|state| *state as i16 == code)
    }
}

/// A member's approval of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    pub decision: B256,
    pub member: Address,
    pub weight: u32,
    /// Whether the member took it back, or never gave it and had its signature blocked.
    pub withdrawn: bool,
    pub changed_block: u64,
    pub changed_at: u64,
}
