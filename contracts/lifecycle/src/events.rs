//! What the license contract and the seats contract tell the world alike. Topics are ids and
//! addresses, everything else is data. Times are Unix seconds. An `actor` is who asked for a change.

use ink::{Address, U256, prelude::string::String, sol::FixedBytes};

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
    /// The license above it; 0 for none.
    pub parent: U256,
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

/// A pending license is in force from now on, if its term runs.
#[ink::event]
pub struct LicenseActivated {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
}

/// A pending license was taken back, for ever.
#[ink::event]
pub struct LicenseWithdrawn {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
}

/// A renewal is wanted.
#[ink::event]
pub struct RenewalRequested {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The end that it would give.
    pub valid_until: u64,
}

/// A license got another term.
#[ink::event]
pub struct LicenseRenewed {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The new end.
    pub valid_until: u64,
    /// The new end of the grace period.
    pub grace_until: u64,
}

/// A license is out of force for a while.
#[ink::event]
pub struct LicenseSuspended {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The actor's reason code, not 0.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
    /// When it lifts by itself; 0 for never.
    pub lifts_at: u64,
}

/// A suspension ended, by decision or because its time had come.
#[ink::event]
pub struct LicenseResumed {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
}

/// A license is out of force for ever.
#[ink::event]
pub struct LicenseRevoked {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The actor's reason code, not 0.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
}

/// Another description of a license is wanted.
#[ink::event]
pub struct AmendmentRequested {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// Hash of the metadata that is wanted.
    pub metadata_hash: FixedBytes<32>,
    /// Where it is.
    pub token_uri: String,
}

/// The metadata of a license was replaced.
#[ink::event]
pub struct MetadataChanged {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// Hash of the new metadata.
    pub metadata_hash: FixedBytes<32>,
    /// The version of the metadata schema of its type.
    pub schema_version: u32,
    /// Where the new metadata is.
    pub token_uri: String,
}

/// A decision holds tokens where they are, or lets them go.
#[ink::event]
pub struct LicenseHeld {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The holder.
    #[ink(topic)]
    pub account: Address,
    /// How many are held from now on.
    pub amount: u64,
    /// The actor's reason code, not 0.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
}

/// A decision moved tokens without their holder.
#[ink::event]
pub struct LicenseTransferForced {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The holder before.
    pub from: Address,
    /// The holder after.
    pub to: Address,
    /// How many moved.
    pub amount: u64,
    /// The actor's reason code, not 0.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
}

/// Tokens moved from a lost key to its successor.
#[ink::event]
pub struct LicenseRecovered {
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Who asked for it.
    #[ink(topic)]
    pub actor: Address,
    /// The holder before.
    pub from: Address,
    /// The holder after.
    pub to: Address,
    /// How many moved.
    pub amount: u64,
}
