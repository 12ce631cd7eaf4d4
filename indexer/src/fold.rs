//! What the events mean: one pure function from an event and the rows before it to the rows after.
//!
//! Live indexing, catching up, `rebuild` and `check` all run [`changes`], so that derived tables
//! depend on the events alone and not on how these were cut into batches.
//!
//! The license contract appends to the outbox first and then tells the details (issue, suspension,
//! revocation) in the same transaction, hence in the same block and batch.

mod ledger;
mod policy;
mod rows;

use alloy::primitives::U256;
use lex_client::{
    Address,
    abi::license::License::{LicenseEvents, LicenseIssued, UpdateAppended},
};
use lex_model::{KIND_HOLDER, KIND_LICENSE, KIND_PAUSE, KIND_TYPE, Status};

pub use self::{
    ledger::{Keys, Ledger},
    rows::{
        Action, Change, Described, HistoryRow, IssuerGrantRow, IssuerRow, LicenseRow,
        LicenseTypeRow, RestrictionRow,
    },
};
use crate::event::{Event, Message, Place};

/// An event that does not follow from the events before it. The index stops rather than guess.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FoldError {
    #[error("license {id} has version {found} after version {before}")]
    Version { id: U256, before: u32, found: u32 },
    #[error("license {id} is told to be {told}, but its last update says something else")]
    Contradiction { id: U256, told: &'static str },
    #[error("license {0} has an update but was never described by an issue event")]
    Undescribed(U256),
    #[error("license {id} has status code {code}, which is not a stored status")]
    Status { id: U256, code: u8 },
    #[error(
        "update {nonce} has kind {kind}, which this version does not know; upgrade lex-indexer"
    )]
    Kind { nonce: u64, kind: u8 },
    #[error("license type {0} was never created")]
    UnknownType(u64),
    #[error("issuer {0} was never registered")]
    UnknownIssuer(Address),
}

/// The rows that `event` changes, given the rows before it.
///
/// # Errors
/// The event contradicts the rows before it.
pub fn changes(before: &Ledger, event: &Event) -> Result<Vec<Change>, FoldError> {
    match &event.message {
        Message::Policy(message) => policy::changes(before, &event.place, message),
        Message::License(message) => license_changes(before, &event.place, message),
    }
}

fn license_changes(
    before: &Ledger,
    place: &Place,
    message: &LicenseEvents,
) -> Result<Vec<Change>, FoldError> {
    match message {
        LicenseEvents::UpdateAppended(update) => updated(before, place, update),
        LicenseEvents::LicenseIssued(issued) => described(before, issued),
        LicenseEvents::LicenseSuspended(suspended) => {
            let (license, history) = explained(before, suspended.tokenId, Status::Suspended)?;
            let license = LicenseRow {
                suspended_until: suspended.liftsAt,
                ..license
            };
            let history = HistoryRow {
                suspended_until: suspended.liftsAt,
                reason: Some(suspended.reason),
                evidence: Some(suspended.evidence),
                ..history
            };
            Ok(vec![Change::License(license), Change::History(history)])
        }
        LicenseEvents::LicenseRevoked(revoked) => {
            let (_, history) = explained(before, revoked.tokenId, Status::Revoked)?;
            let history = HistoryRow {
                reason: Some(revoked.reason),
                evidence: Some(revoked.evidence),
                ..history
            };
            Ok(vec![Change::History(history)])
        }
        // What these tell is in the update of the same transaction, or is no state of a license.
        LicenseEvents::LicenseRenewed(_)
        | LicenseEvents::LicenseResumed(_)
        | LicenseEvents::LicenseSurrendered(_)
        | LicenseEvents::Transfer(_)
        | LicenseEvents::Approval(_)
        | LicenseEvents::ApprovalForAll(_) => Ok(Vec::new()),
    }
}

fn updated(
    before: &Ledger,
    place: &Place,
    update: &UpdateAppended,
) -> Result<Vec<Change>, FoldError> {
    match update.kind {
        KIND_LICENSE => license_updated(before, place, update),
        KIND_HOLDER => Ok(restriction(place, update, update.holder.to_vec())),
        KIND_TYPE => Ok(restriction(
            place,
            update,
            update.licenseType.to_be_bytes().to_vec(),
        )),
        KIND_PAUSE => Ok(restriction(place, update, Vec::new())),
        kind => Err(FoldError::Kind {
            nonce: update.nonce,
            kind,
        }),
    }
}

fn restriction(place: &Place, update: &UpdateAppended, subject: Vec<u8>) -> Vec<Change> {
    vec![Change::Restriction(RestrictionRow {
        outbox_nonce: update.nonce,
        kind: update.kind,
        subject,
        in_force: update.status != 0,
        block_number: place.block_number,
        block_time: place.block_time,
    })]
}

fn license_updated(
    before: &Ledger,
    place: &Place,
    update: &UpdateAppended,
) -> Result<Vec<Change>, FoldError> {
    let id = update.tokenId;
    let known = before.license(id);
    let version_before = known.map_or(0, |license| license.version);
    if version_before.checked_add(1) != Some(update.version) {
        return Err(FoldError::Version {
            id,
            before: version_before,
            found: update.version,
        });
    }
    let status = stored_status(update)?;
    let license = LicenseRow {
        id,
        holder: update.holder,
        license_type: update.licenseType,
        valid_from: update.validFrom,
        valid_until: update.validUntil,
        grace_until: update.graceUntil,
        status,
        // The suspension's own event tells its end.
        suspended_until: 0,
        version: update.version,
        issued_block: known.map_or(place.block_number, |license| license.issued_block),
        issued_at: known.map_or(place.block_time, |license| license.issued_at),
        updated_block: place.block_number,
        updated_at: place.block_time,
        described: known.and_then(|license| license.described.clone()),
    };
    let history = HistoryRow {
        license_id: id,
        version: update.version,
        action: Action::between(known, &license),
        holder: license.holder,
        status,
        valid_from: license.valid_from,
        valid_until: license.valid_until,
        grace_until: license.grace_until,
        suspended_until: 0,
        reason: None,
        evidence: None,
        outbox_nonce: update.nonce,
        place: place.clone(),
    };
    Ok(vec![Change::License(license), Change::History(history)])
}

fn stored_status(update: &UpdateAppended) -> Result<Status, FoldError> {
    match Status::from_code(update.status) {
        Some(
            status @ (Status::Pending
            | Status::Active
            | Status::Suspended
            | Status::Revoked
            | Status::Archived),
        ) => Ok(status),
        _ => Err(FoldError::Status {
            id: update.tokenId,
            code: update.status,
        }),
    }
}

fn described(before: &Ledger, issued: &LicenseIssued) -> Result<Vec<Change>, FoldError> {
    let id = issued.tokenId;
    match before.license(id) {
        Some(license) if license.version == 1 && license.described.is_none() => {
            let described = Described {
                issuer: issued.issuer,
                jurisdiction: rows::storable(&issued.jurisdiction),
                metadata_hash: issued.metadataHash,
                token_uri: rows::storable(&issued.tokenURI),
            };
            let license = LicenseRow {
                described: Some(described),
                ..license.clone()
            };
            Ok(vec![Change::License(license)])
        }
        _ => Err(FoldError::Contradiction { id, told: "issued" }),
    }
}

/// The license and its last change, which must have led to `status` and not be explained yet.
fn explained(
    before: &Ledger,
    id: U256,
    status: Status,
) -> Result<(LicenseRow, HistoryRow), FoldError> {
    let contradiction = FoldError::Contradiction {
        id,
        told: status.name(),
    };
    let Some(license) = before.license(id) else {
        return Err(contradiction);
    };
    match before.history(id, license.version) {
        Some(history) if history.status == status && history.reason.is_none() => {
            Ok((license.clone(), history.clone()))
        }
        _ => Err(contradiction),
    }
}
