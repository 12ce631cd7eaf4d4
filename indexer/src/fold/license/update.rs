//! Updates of the outbox.

use lex_client::abi::license::License::UpdateAppended;
use lex_model::{KIND_HOLDER, KIND_LICENSE, KIND_PAUSE, KIND_TYPE, Status};

use super::standing::suspended_until;
use crate::{
    event::Place,
    fold::{Action, Change, FoldError, HistoryRow, Ledger, LicenseRow, RestrictionRow},
};

/// The rows that an update changes.
pub(super) fn updated(
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
    let parent = (!update.parent.is_zero()).then_some(update.parent);
    if let Some(parent) = parent.filter(|parent| before.license(*parent).is_none()) {
        return Err(FoldError::UnknownLicense(parent));
    }
    let moved = known.is_some_and(|license| license.holder != update.holder);
    let requested = known.and_then(|license| license.renewal_requested_at);
    let license = LicenseRow {
        id,
        holder: update.holder,
        license_type: update.licenseType,
        valid_from: update.validFrom,
        valid_until: update.validUntil,
        grace_until: update.graceUntil,
        status,
        suspended_until: suspended_until(known, status),
        parent,
        version: update.version,
        issued_block: known.map_or(place.block_number, |license| license.issued_block),
        issued_at: known.map_or(place.block_time, |license| license.issued_at),
        updated_block: place.block_number,
        updated_at: place.block_time,
        renewal_requested_at: requested.filter(|_| !moved),
        request_before_move: requested.filter(|_| moved),
        frozen: known.is_some_and(|license| license.frozen),
        // A right to use it ends with every move.
        user: known.and_then(|license| license.user).filter(|_| !moved),
        described: known.and_then(|license| license.described.clone()),
    };
    let history = HistoryRow {
        outbox_nonce: Some(update.nonce),
        ..HistoryRow::of(&license, Action::between(known, &license), place)
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
