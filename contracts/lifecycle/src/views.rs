//! How a license looks to Solidity.

use ink::{Address, U256, prelude::string::String, sol::FixedBytes};
use lex_model::{Hash, License, Reason, Standing, Status};
use lex_policy_interface::solidity_struct;

solidity_struct! {
    /// Everything about a license.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LicenseView {
        /// Who holds it, or held it when it was revoked or surrendered; of seats, to whom they were
        /// issued.
        holder: Address = "holder",
        /// Who issued it.
        issuer: Address = "issuer",
        /// Its type.
        license_type: u64 = "licenseType",
        /// Where it is valid.
        jurisdiction: String = "jurisdiction",
        /// First second in force.
        valid_from: u64 = "validFrom",
        /// First second no longer in force.
        valid_until: u64 = "validUntil",
        /// First second in which it can no longer be renewed.
        grace_until: u64 = "graceUntil",
        /// Code of its status now, which time or its parent may have derived.
        status: u8 = "status",
        /// When its suspension, or that of its parent, lifts by itself; 0 for never, or when it is not
        /// suspended now.
        suspended_until: u64 = "suspendedUntil",
        /// Hash of its metadata.
        metadata_hash: FixedBytes<32> = "metadataHash",
        /// Counts its updates, from 1.
        version: u32 = "version",
        /// The license under which it stands; 0 for none.
        parent: u64 = "parent",
    }
}

impl LicenseView {
    /// The license with its status and the end of its suspension, as its parent lets it stand.
    pub(crate) fn new(
        license: &License,
        status: Status,
        suspended_until: u64,
        metadata_hash: Hash,
    ) -> Self {
        Self {
            holder: license.holder.into(),
            issuer: license.issuer.into(),
            license_type: license.license_type,
            jurisdiction: license.jurisdiction.as_str().into(),
            valid_from: license.term.valid_from,
            valid_until: license.term.valid_until,
            grace_until: license.term.grace_until,
            status: status.code(),
            suspended_until,
            metadata_hash: FixedBytes(metadata_hash),
            version: license.version,
            parent: license.parent,
        }
    }
}

solidity_struct! {
    /// The end of the outbox; Solidity sees two return values.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct OutboxView {
        /// The last update's nonce, 0 when there is none.
        nonce: u64 = "nonce",
        /// Commits to all updates.
        head: FixedBytes<32> = "head",
    }
}

solidity_struct! {
    /// ERC-2981: what a sale owes; Solidity sees two return values.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct RoyaltyView {
        /// Who is paid.
        receiver: Address = "receiver",
        /// How much, in the unit of the price.
        royalty_amount: U256 = "royaltyAmount",
    }
}

/// A jurisdiction's code as it stands in an action.
pub fn place(license: &License) -> FixedBytes<6> {
    FixedBytes(license.jurisdiction.to_bytes())
}

/// When a suspension lifts by itself; 0 for never, or when there is none.
pub fn lifts_at(standing: Standing) -> u64 {
    match standing {
        Standing::Suspended { lifts_at } => lifts_at.unwrap_or_default(),
        _ => 0,
    }
}

/// Refuses a decision without a reason code.
///
/// # Errors
/// [`Reason::MissingReason`].
pub fn require_reason(reason: u32) -> Result<(), Reason> {
    if reason == 0 {
        Err(Reason::MissingReason)
    } else {
        Ok(())
    }
}
