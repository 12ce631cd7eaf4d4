//! What the contract tells the world about seats. Topics are ids and addresses, everything else is
//! data.

use ink::{
    Address, U256,
    prelude::{string::String, vec::Vec},
};

/// ERC-1155: seats of one license moved; from the zero address when they were issued, to it when they
/// were given up.
#[ink::event]
pub struct TransferSingle {
    /// Who moved them.
    #[ink(topic)]
    pub operator: Address,
    /// The holder before.
    #[ink(topic)]
    pub from: Address,
    /// The holder after.
    #[ink(topic)]
    pub to: Address,
    /// The license.
    pub id: U256,
    /// How many.
    pub value: U256,
}

/// ERC-1155: seats of several licenses moved.
#[ink::event]
pub struct TransferBatch {
    /// Who moved them.
    #[ink(topic)]
    pub operator: Address,
    /// The holder before.
    #[ink(topic)]
    pub from: Address,
    /// The holder after.
    #[ink(topic)]
    pub to: Address,
    /// The licenses.
    pub ids: Vec<U256>,
    /// How many of each.
    pub values: Vec<U256>,
}

/// ERC-1155: an account may, or may no longer, move all seats of a holder.
#[ink::event]
pub struct ApprovalForAll {
    /// The holder.
    #[ink(topic)]
    pub account: Address,
    /// The account.
    #[ink(topic)]
    pub operator: Address,
    /// Whether it may.
    pub approved: bool,
}

/// ERC-1155: where the metadata of a license is.
#[ink::event(name = "URI")]
pub struct Uri {
    /// Where.
    pub value: String,
    /// The license.
    #[ink(topic)]
    pub id: U256,
}

/// ERC-7943: how many seats of an account are frozen from now on.
#[ink::event]
pub struct Frozen {
    /// The account.
    #[ink(topic)]
    pub account: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// How many.
    pub amount: U256,
}

/// ERC-7943: seats moved without their holder.
#[ink::event]
pub struct ForcedTransfer {
    /// The holder before.
    #[ink(topic)]
    pub from: Address,
    /// The holder after.
    #[ink(topic)]
    pub to: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// How many.
    pub amount: U256,
}

/// A license of so many seats exists from now on; all of them are the holder's.
#[ink::event]
pub struct SeatsIssued {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who issued it.
    #[ink(topic)]
    pub issuer: Address,
    /// The licensee.
    #[ink(topic)]
    pub holder: Address,
    /// How many seats.
    pub amount: u64,
    /// The most that an account other than the licensee may hold; 0 for no limit.
    pub max_per_holder: u64,
}

/// A holder gave seats up, for ever.
#[ink::event]
pub struct SeatsGivenUp {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The holder.
    #[ink(topic)]
    pub holder: Address,
    /// How many.
    pub amount: u64,
    /// How many there are left of the license.
    pub left: u64,
}

/// A user has the right to one seat of a holder.
#[ink::event]
pub struct SeatAssigned {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The holder.
    #[ink(topic)]
    pub holder: Address,
    /// The user.
    #[ink(topic)]
    pub user: Address,
    /// The first second in which the right is over, Unix seconds.
    pub expires: u64,
}

/// A user's right to a seat ended before its time, or is cleared after it.
#[ink::event]
pub struct SeatUnassigned {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The holder.
    #[ink(topic)]
    pub holder: Address,
    /// The user.
    #[ink(topic)]
    pub user: Address,
}

/// All rights that a holder gave to its seats of a license ended, because a decision took seats away.
#[ink::event]
pub struct AssignmentsEnded {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The holder.
    #[ink(topic)]
    pub holder: Address,
}
