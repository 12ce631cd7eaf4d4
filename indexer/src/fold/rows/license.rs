//! Rows about licenses.

use lex_client::{Address, B256, U256};
use lex_model::{Standing, Status};

use crate::event::Place;

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
    /// The stored one, by itself: what holds follows from it, the term and the licenses above it.
    pub status: Status,
    /// When its own suspension lifts by itself; 0: when it is resumed.
    pub suspended_until: u64,
    /// The license under which it stands.
    pub parent: Option<U256>,
    pub version: u32,
    pub issued_block: u64,
    pub issued_at: u64,
    pub updated_block: u64,
    pub updated_at: u64,
    /// When its committee was asked for a renewal that it has not given yet.
    pub renewal_requested_at: Option<u64>,
    /// The request that the last update ended because the license moved. Not stored: only the
    /// event of the same transaction that tells of a recovery, which keeps the request, asks for it.
    pub request_before_move: Option<u64>,
    /// Whether a decision holds it where it is.
    pub frozen: bool,
    /// Who may use it instead of its holder, and until when (ERC-4907).
    pub user: Option<(Address, u64)>,
    /// Missing only between the first update and the issue event of the same transaction.
    pub described: Option<Described>,
}

impl LicenseRow {
    /// How it stands by itself.
    pub fn standing(&self) -> Option<Standing> {
        Standing::from_stored(self.status.code(), self.suspended_until)
    }
}

/// What is told when a license is issued, or when its metadata change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub issuer: Address,
    pub jurisdiction: String,
    pub metadata_hash: B256,
    pub token_uri: String,
}

/// Where a row of a license's history stands: license, block, and event of the block.
pub type HistoryKey = (U256, u64, u32);

/// One entry of a license's history, and the license after it.
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
    /// Who decided, where the event tells.
    pub actor: Option<Address>,
    /// The reason code, of what is done by decision.
    pub reason: Option<u32>,
    pub evidence: Option<B256>,
    /// The metadata's hash and place, of what sets them.
    pub metadata: Option<(B256, String)>,
    /// Missing for what changes nothing that a mirror shows.
    pub outbox_nonce: Option<u64>,
    /// Of the update event, or of the event that tells what no update does.
    pub place: Place,
}

impl HistoryRow {
    pub fn key(&self) -> HistoryKey {
        (
            self.license_id,
            self.place.block_number,
            self.place.event_index,
        )
    }

    /// An entry that says how `license` is, and nothing about why.
    pub fn of(license: &LicenseRow, action: Action, place: &Place) -> Self {
        Self {
            license_id: license.id,
            version: license.version,
            action,
            holder: license.holder,
            status: license.status,
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grace_until: license.grace_until,
            suspended_until: license.suspended_until,
            actor: None,
            reason: None,
            evidence: None,
            metadata: None,
            outbox_nonce: None,
            place: place.clone(),
        }
    }
}

/// What happened to a license.
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
    Activate = 8,
    RequestRenewal = 9,
    ForceTransfer = 10,
    Recover = 11,
    FreezeToken = 12,
    Withdraw = 14,
    ChangeMetadata = 15,
    /// The license above it came to its end, and it did with it.
    FollowParent = 16,
}

impl Action {
    /// What leads from one state of a license to the next, as far as the states tell. Between equal ones
    /// they tell nothing: the event that follows does.
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
            (before, after) if before == after => Self::Other,
            (Status::Pending, Status::Active) => Self::Activate,
            (Status::Pending, Status::Archived) => Self::Withdraw,
            (_, Status::Suspended) => Self::Suspend,
            (_, Status::Revoked) => Self::Revoke,
            (_, Status::Archived) => Self::Surrender,
            (Status::Suspended, Status::Active) => Self::Resume,
            _ => Self::Other,
        }
    }
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
