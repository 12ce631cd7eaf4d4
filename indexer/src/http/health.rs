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

/// The index follows the chain closely enough to be asked, and the chain goes on.
pub(super) async fn ready(State(parts): State<Parts>) -> Response {
    let backend = &parts.backend;
    let summary = backend.progress.summary();
    let age = backend.progress.block_age(backend.clock.millis());
    let reason = not_ready(&parts);
    let status = match reason {
        None => StatusCode::OK,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = json!({
        "ready": reason.is_none(),
        "reason": reason,
        "indexedBlock": summary.committed,
        "finalizedBlock": summary.finalized,
        "lagBlocks": summary.lag_blocks(),
        "ageSeconds": age.map(|age| age.as_secs()),
        "hasIndexingErrors": summary.has_errors,
    });
    (status, Json(body)).into_response()
}

fn not_ready(parts: &Parts) -> Option<String> {
    let backend = &parts.backend;
    let progress = &backend.progress;
    if let Some(trouble) = progress.trouble() {
        return Some(trouble);
    }
    let judged = backend.freshness.judge(progress, backend.clock.millis());
    if let Err(stale) = judged {
        return Some(stale.to_string());
    }
    match progress.summary().lag_blocks() {
        Some(lag) if lag <= parts.ready_lag_blocks => None,
        Some(lag) => Some(format!("{lag} final blocks are not indexed yet")),
        None => Some("the source has not told its finalized height yet".to_owned()),
    }
}

/// Prometheus text format.
pub(super) async fn metrics(State(parts): State<Parts>) -> String {
    let backend = &parts.backend;
    let (progress, now) = (&backend.progress, backend.clock.millis());
    crate::metrics::leads(true);
    // Measured when asked, or they would stay as they were when all was well.
    crate::metrics::ages(
        progress.block_age(now),
        progress.source_age(now),
        progress.level_age(),
    );
    parts.recorder.render()
}
