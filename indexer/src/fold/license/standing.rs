//! How a license stands on its own.

use lex_model::Status;

use crate::fold::LicenseRow;

/// When the suspension that an update shows lifts by itself; 0 for never, or when there is none. One
/// that shows on keeps its end; the event of a new one, which follows, tells it.
pub(super) fn suspended_until(known: Option<&LicenseRow>, shown: Status) -> u64 {
    match known {
        Some(license) if shown == Status::Suspended => license.suspended_until,
        _ => 0,
    }
}
