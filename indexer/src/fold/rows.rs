//! The rows of the derived tables.

use lex_client::{Address, B256, U256};
use lex_model::Status;

use crate::event::Place;

/// One row of a derived table, whole, as it is after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    License(LicenseRow),
    History(HistoryRow),
    LicenseType(LicenseTypeRow),
    Issuer(IssuerRow),
    Grant(IssuerGrantRow),
    Restriction(RestrictionRow),
}

/// A license as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseRow {
    pub id: U256,
    pub holder: Address,
    pub license_type: u64,
    /// Unix seconds, as all times here.
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
    /// The stored one.
    pub status: Status,
    /// 0: until resumed.
    pub suspended_until: u64,
    pub version: u32,
    pub issued_block: u64,
    pub issued_at: u64,
    pub updated_block: u64,
    pub updated_at: u64,
    /// Missing only between the first update and the issue event of the same transaction.
    pub described: Option<Described>,
}

/// What is told once, when a license is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub issuer: Address,
    pub jurisdiction: String,
    pub metadata_hash: B256,
    pub token_uri: String,
}

/// One change of a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    pub license_id: U256,
    pub version: u32,
    pub action: Action,
    pub holder: Address,
    pub status: Status,
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
    pub suspended_until: u64,
    /// The issuer's reason code, of suspensions and revocations.
    pub reason: Option<u32>,
    pub evidence: Option<B256>,
    pub outbox_nonce: u64,
    /// Of the update event.
    pub place: Place,
}

/// What changed a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// A change that none of the others describes.
    Other = 0,
    Issue = 1,
    Renew = 2,
    Suspend = 3,
    Resume = 4,
    Revoke = 5,
    Surrender = 6,
    Transfer = 7,
}

impl Action {
    /// What leads from one state of a license to the next.
    pub fn between(before: Option<&LicenseRow>, after: &LicenseRow) -> Self {
        let Some(before) = before else {
            return Self::Issue;
        };
        if before.holder != after.holder {
            return Self::Transfer;
        }
        if before.valid_until != after.valid_until {
            return Self::Renew;
        }
        match (before.status, after.status) {
            (_, Status::Suspended) => Self::Suspend,
            (_, Status::Revoked) => Self::Revoke,
            (_, Status::Archived) => Self::Surrender,
            (Status::Suspended, Status::Active) => Self::Resume,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseTypeRow {
    pub license_type: u64,
    /// 0 NFT, 1 SFT.
    pub kind: u8,
    pub name: String,
    /// Seconds.
    pub term: u64,
    /// Seconds before the end of the term.
    pub renewal_window: u64,
    /// Seconds.
    pub grace: u64,
    /// 0: no cap.
    pub supply_cap: u64,
    pub transferable: bool,
    pub terms_hash: B256,
    pub schema_version: u32,
    pub open: bool,
    pub created_block: u64,
    pub created_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRow {
    pub issuer: Address,
    pub name: String,
    pub registered: bool,
    pub registered_block: u64,
    pub registered_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerGrantRow {
    pub issuer: Address,
    pub license_type: u64,
    /// Empty covers every jurisdiction.
    pub jurisdiction: String,
    pub granted: bool,
    pub changed_block: u64,
}

/// A holder frozen, a type closed, a contract paused; or the end of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestrictionRow {
    pub outbox_nonce: u64,
    pub kind: u8,
    /// The holder's address, the type's id in eight bytes, or nothing.
    pub subject: Vec<u8>,
    pub in_force: bool,
    pub block_number: u64,
    pub block_time: u64,
}

/// Text as Postgres can hold it: a NUL, which it refuses, becomes U+FFFD. Without this one token
/// URI could stop the index for everybody. The raw event keeps the original.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
