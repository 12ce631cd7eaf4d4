//! What the committee tells the world. Topics are ids and addresses, everything else is data.

use ink::{Address, U256, sol::FixedBytes};

use crate::views::Decision;

/// A member put a decision to the committee.
#[ink::event]
pub struct DecisionProposed {
    /// The decision, and what its approvals sign.
    #[ink(topic)]
    pub id: FixedBytes<32>,
    /// The member who proposed it.
    #[ink(topic)]
    pub maker: Address,
    /// The committee's epoch.
    pub epoch: u64,
    /// The weight of approvals that it needs.
    pub threshold: u32,
    /// What it says.
    pub decision: Decision,
}

/// A member approved.
#[ink::event]
pub struct Approved {
    /// The decision.
    #[ink(topic)]
    pub id: FixedBytes<32>,
    /// The member.
    #[ink(topic)]
    pub member: Address,
    /// The member's weight.
    pub weight: u32,
}

/// A member took its approval back, or had its signature blocked.
#[ink::event]
pub struct Withdrawn {
    /// The decision.
    #[ink(topic)]
    pub id: FixedBytes<32>,
    /// The member.
    #[ink(topic)]
    pub member: Address,
}

/// The maker gave the decision up, for ever.
#[ink::event]
pub struct Canceled {
    /// The decision.
    #[ink(topic)]
    pub id: FixedBytes<32>,
}

/// The decision took effect.
#[ink::event]
pub struct Executed {
    /// The decision.
    #[ink(topic)]
    pub id: FixedBytes<32>,
    /// Code of its kind.
    pub kind: u8,
    /// Who had it executed.
    #[ink(topic)]
    pub executor: Address,
    /// Why, by the committee's own codes: not every target's message takes a reason.
    pub reason: u32,
    /// Hash of what proves it, or what else its kind means by it.
    pub evidence: FixedBytes<32>,
}

/// A member used up a number of its own: whatever was signed for it never counts.
#[ink::event]
pub struct NumberUsedUp {
    /// The member.
    #[ink(topic)]
    pub member: Address,
    /// The lane in the upper 192 bits, the number in the lower 64.
    pub nonce: U256,
}

/// A member joined, left (weight 0) or got another weight.
#[ink::event]
pub struct MemberChanged {
    /// The member.
    #[ink(topic)]
    pub account: Address,
    /// Its weight from now on.
    pub weight: u32,
}

/// Decisions of a kind need another weight of approvals.
#[ink::event]
pub struct ThresholdChanged {
    /// Code of the kind, 0 for the default.
    pub kind: u8,
    /// The weight needed from now on.
    pub threshold: u32,
}

/// The members changed: signatures of earlier epochs are dead, and so are decisions that were not approved.
#[ink::event]
pub struct EpochStarted {
    /// The epoch that runs from now on.
    pub epoch: u64,
}
