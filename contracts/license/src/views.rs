//! How a license looks to Solidity and to policy.

use ink::{Address, U256, prelude::string::String, sol::FixedBytes};
use lex_model::{ActionKind, Hash, License, Standing};
use lex_policy_interface::{Action, solidity_struct};

solidity_struct! {
    /// Everything about a license.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LicenseView {
        /// Who holds it, or held it when it was revoked or surrendered.
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
        /// Code of its status now, which time may have derived.
        status: u8 = "status",
        /// When its suspension lifts by itself; 0 for never, or when it is not suspended now.
        suspended_until: u64 = "suspendedUntil",
        /// Hash of its metadata.
        metadata_hash: FixedBytes<32> = "metadataHash",
        /// Counts its updates, from 1.
        version: u32 = "version",
    }
}

impl LicenseView {
    /// The license at time `now`.
    pub fn new(license: &License, metadata_hash: Hash, now: u64) -> Self {
        let suspended_until = match license.standing.at(now) {
            Standing::Suspended { lifts_at } => lifts_at.unwrap_or_default(),
            _ => 0,
        };
        Self {
            holder: license.holder.into(),
            issuer: license.issuer.into(),
            license_type: license.license_type,
            jurisdiction: license.jurisdiction.as_str().into(),
            valid_from: license.term.valid_from,
            valid_until: license.term.valid_until,
            grace_until: license.term.grace_until,
            status: license.status_at(now).code(),
            suspended_until,
            metadata_hash: FixedBytes(metadata_hash),
            version: license.version,
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

/// An action on a license, as policy is asked about it.
pub fn action_on(
    kind: ActionKind,
    caller: Address,
    id: u64,
    license: &License,
    to: Address,
    now: u64,
) -> Action {
    Action {
        action: kind as u8,
        caller,
        issuer: license.issuer.into(),
        license_type: license.license_type,
        jurisdiction: license.jurisdiction.as_str().into(),
        token_id: U256::from(id),
        from: license.holder.into(),
        to,
        status: license.status_at(now).code(),
        validity: license.term.into(),
        // Only an issue is refused for the supply.
        supply: 0,
        at: now,
    }
}
