//! How a license stands on its own, and under another one.

use lex_model::{Standing, Status};

use crate::{
    event::Place,
    fold::{Change, HistoryRow, Ledger, LicenseRow},
};

/// How a license stands on its own, given the status that its update shows. A suspension that shows
/// on and on keeps its end, and under another license a status that the parent can cause tells nothing.
pub(super) fn own_standing(known: Option<&LicenseRow>, shown: Status) -> Standing {
    match (known, shown) {
        (Some(license), Status::Suspended | Status::Revoked) if license.parent.is_some() => {
            license.own
        }
        (Some(license), Status::Suspended) if matches!(license.own, Standing::Suspended { .. }) => {
            license.own
        }
        // No license is suspended by its issue; the one above it is.
        (None, Status::Suspended) => Standing::Active,
        _ => Standing::from_stored(shown.code(), 0).unwrap_or(Standing::Revoked),
    }
}

/// When the suspension that a license shows lifts by itself; 0 when it does not, or is none.
pub(super) fn suspended_until(ledger: &Ledger, license: &LicenseRow) -> u64 {
    if license.status != Status::Suspended {
        return 0;
    }
    let above = license
        .parent
        .and_then(|parent| ledger.license(parent)?.standing());
    match license.own.under(above.unwrap_or(Standing::Active)) {
        Standing::Suspended { lifts_at } => lifts_at.unwrap_or_default(),
        _ => 0,
    }
}

/// The licenses under one that was suspended just now: theirs may have been told before its end was.
pub(super) fn children_suspended(
    before: &Ledger,
    place: &Place,
    parent: &LicenseRow,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let children = before.licenses.values().filter(|license| {
        license.parent == Some(parent.id)
            && license.status == Status::Suspended
            && license.updated_block == place.block_number
    });
    for child in children {
        let Some(above) = parent.standing() else {
            continue;
        };
        let Standing::Suspended { lifts_at } = child.own.under(above) else {
            continue;
        };
        let suspended_until = lifts_at.unwrap_or_default();
        changes.push(Change::License(LicenseRow {
            suspended_until,
            ..child.clone()
        }));
        if let Some(entry) = before.last_update(child.id) {
            changes.push(Change::History(HistoryRow {
                suspended_until,
                ..entry.clone()
            }));
        }
    }
    changes
}
