//! Whether the process runs, whether it should be asked, and what it measures.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::Parts;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The index follows the chain closely enough to be asked.
pub(super) async fn ready(State(parts): State<Parts>) -> Response {
    let summary = parts.backend.progress.summary();
    let max_staleness = parts.backend.limits.max_staleness;
    let fresh = max_staleness.is_zero()
        || parts
            .backend
            .progress
            .age()
            .is_some_and(|age| age <= max_staleness);
    let close = summary
        .lag_blocks()
        .is_some_and(|lag| lag <= parts.ready_lag_blocks);
    let ready = fresh && close && !summary.has_errors;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "ready": ready,
        "indexedBlock": summary.committed,
        "finalizedBlock": summary.finalized,
        "lagBlocks": summary.lag_blocks(),
        "hasIndexingErrors": summary.has_errors,
    });
    (status, Json(body)).into_response()
}

/// Prometheus text format.
pub(super) async fn metrics(State(parts): State<Parts>) -> String {
    parts.recorder.render()
}
