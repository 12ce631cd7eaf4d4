//! The deliverer's HTTP interface.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use tokio::sync::watch;
use tracing::error;

use crate::api::HeadResponse;
use crate::http::ApiError;
use crate::outbox::Progress;
use crate::retry::report;
use crate::store::{Store, UpdateLifecycle};

#[derive(Clone)]
struct Context {
    store: Store,
    progress: watch::Receiver<Progress>,
}

/// `GET /v1/head` and `GET /v1/updates/{nonce}`.
pub fn routes(store: Store, progress: watch::Receiver<Progress>) -> Router {
    Router::new()
        .route("/v1/head", get(head))
        .route("/v1/updates/{nonce}", get(update))
        .with_state(Context { store, progress })
}

async fn head(State(context): State<Context>) -> Json<HeadResponse> {
    let progress = context.progress.borrow().clone();
    Json(HeadResponse {
        source_block: progress.block,
        source_time: progress.time,
        nonce: progress.nonce,
        head: progress.head,
        attester: None,
        halted: progress.halted,
        waits_for: None,
    })
}

async fn update(
    State(context): State<Context>,
    Path(nonce): Path<String>,
) -> Result<Json<UpdateLifecycle>, ApiError> {
    let nonce: u64 = nonce.parse().map_err(|_| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "bad_request",
            "the nonce is not a number",
        )
    })?;
    let found = context
        .store
        .lifecycles(nonce, nonce)
        .await
        .map_err(|error| {
            error!(error = %report(&error), "failed to read a lifecycle");
            ApiError::internal()
        })?;
    found.into_iter().next().map(Json).ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_update",
            "this update is not verified here",
        )
    })
}
