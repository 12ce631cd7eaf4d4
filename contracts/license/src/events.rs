//! What the license contract alone tells the world; the rest is in `lex_lifecycle::events`. Topics are
//! ids and addresses where the standards do not say otherwise, everything else is data.

use ink::{Address, U256};

/// ERC-721: a license moved; from the zero address when it was issued.
#[ink::event]
pub struct Transfer {
    /// The holder before.
    #[ink(topic)]
    pub from: Address,
    /// The holder after.
    #[ink(topic)]
    pub to: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
}

/// ERC-721: an account may move one license.
#[ink::event]
pub struct Approval {
    /// The holder.
    #[ink(topic)]
    pub owner: Address,
    /// Who may move it; the zero address for nobody.
    #[ink(topic)]
    pub approved: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
}

/// ERC-721: an account may, or may no longer, move all licenses of a holder.
#[ink::event]
pub struct ApprovalForAll {
    /// The holder.
    #[ink(topic)]
    pub owner: Address,
    /// The account.
    #[ink(topic)]
    pub operator: Address,
    /// Whether it may.
    pub approved: bool,
}

/// ERC-4906: the metadata of a license changed.
#[ink::event]
pub struct MetadataUpdate {
    /// The license.
    pub token_id: U256,
}

/// ERC-4907: who may use a license, and until when.
#[ink::event]
pub struct UpdateUser {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who may use it; the zero address for nobody.
    #[ink(topic)]
    pub user: Address,
    /// First second in which the user may no longer, Unix seconds.
    pub expires: u64,
}

/// ERC-5192: a license of a type that is not transferable.
#[ink::event]
pub struct Locked {
    /// The license.
    pub token_id: U256,
}

/// ERC-5192: a license of a type that is transferable.
#[ink::event]
pub struct Unlocked {
    /// The license.
    pub token_id: U256,
}

/// ERC-5643: the end of a license's term.
#[ink::event]
pub struct SubscriptionUpdate {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// First second no longer in force, Unix seconds; 0 when the license has come to its end.
    pub expiration: u64,
}

/// ERC-7943: a license is held where it is, or let go.
#[ink::event]
pub struct Frozen {
    /// The holder.
    #[ink(topic)]
    pub account: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Whether it is held.
    #[ink(topic)]
    pub frozen_status: bool,
}

/// ERC-7943: a license moved without its holder, by decision.
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
}

/// A holder gave a license up.
#[ink::event]
pub struct LicenseSurrendered {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
}

/// A license stands under another one.
#[ink::event]
pub struct LicenseSublicensed {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The one that it stands under.
    #[ink(topic)]
    pub parent_id: U256,
    /// Who gave it: the parent's holder.
    #[ink(topic)]
    pub actor: Address,
}

/// A sublicense ended for ever, because its parent did in the same transaction.
#[ink::event]
pub struct SublicenseEnded {
    /// The sublicense.
    #[ink(topic)]
    pub token_id: U256,
    /// Its parent.
    #[ink(topic)]
    pub parent_id: U256,
}
