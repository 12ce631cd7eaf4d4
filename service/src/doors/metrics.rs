//! What Prometheus sees of the doors.

use metrics::counter;

/// Requests and connections that were not let in, by reason.
const REFUSED: &str = "lex_http_refused_total";

/// A request was refused.
pub(super) fn refused(reason: &'static str) {
    counter!(REFUSED, "reason" => reason).increment(1);
}

/// A connection was closed at once, because its client has all that it may have.
pub(super) fn turned_away() {
    refused("connections");
}
