//! What the license contract tells the world. Topics are ids and addresses, everything else is data.

use ink::{Address, U256, prelude::string::String, sol::FixedBytes};

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

/// The outbox grew by one update; the fields are `lex_model::Update`.
#[ink::event]
pub struct UpdateAppended {
    /// Position of the update, from 1, without gaps.
    #[ink(topic)]
    pub nonce: u64,
    /// The license, zero for an update of another kind.
    #[ink(topic)]
    pub token_id: U256,
    /// The license's holder, zero for an update of another kind.
    #[ink(topic)]
    pub holder: Address,
    /// Kind of the update.
    pub kind: u8,
    /// The license type.
    pub license_type: u64,
    /// Stored status, or whether the restriction holds.
    pub status: u8,
    /// Unix seconds.
    pub valid_from: u64,
    /// Unix seconds.
    pub valid_until: u64,
    /// Unix seconds.
    pub grace_until: u64,
    /// The license's version.
    pub version: u32,
    /// The outbox's head with this update.
    pub head: FixedBytes<32>,
}

/// A license exists from now on.
#[ink::event]
pub struct LicenseIssued {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who issued it.
    #[ink(topic)]
    pub issuer: Address,
    /// Who holds it.
    #[ink(topic)]
    pub holder: Address,
    /// Its type.
    pub license_type: u64,
    /// Where it is valid.
    pub jurisdiction: String,
    /// Unix seconds.
    pub valid_from: u64,
    /// Unix seconds.
    pub valid_until: u64,
    /// Unix seconds.
    pub grace_until: u64,
    /// Hash of its metadata.
    pub metadata_hash: FixedBytes<32>,
    /// Where its metadata is.
    pub token_uri: String,
}

/// A license got another term.
#[ink::event]
pub struct LicenseRenewed {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The new end, Unix seconds.
    pub valid_until: u64,
    /// The new end of the grace period, Unix seconds.
    pub grace_until: u64,
}

/// A license is out of force for a while.
#[ink::event]
pub struct LicenseSuspended {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The issuer's reason code.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
    /// When it lifts by itself, Unix seconds; 0 for never.
    pub lifts_at: u64,
}

/// A suspension ended, by decision or because its time had come.
#[ink::event]
pub struct LicenseResumed {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
}

/// A license is out of force for ever.
#[ink::event]
pub struct LicenseRevoked {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// The issuer's reason code.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
}

/// A holder gave a license up.
#[ink::event]
pub struct LicenseSurrendered {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
}
