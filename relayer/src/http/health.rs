//! Liveness and readiness.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use serde_json::json;

/// Why the service should get no requests, or needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReady(pub String);

/// Whether the service makes progress.
pub trait Readiness: Send + Sync + 'static {
    fn ready(&self) -> BoxFuture<'_, Result<(), NotReady>>;
}

/// `GET /health/live`: the process answers.
pub(super) async fn live() -> &'static str {
    "live"
}

/// `GET /health/ready`: the service does its work.
pub(super) async fn ready(State(readiness): State<Arc<dyn Readiness>>) -> Response {
    match readiness.ready().await {
        Ok(()) => Json(json!({ "ready": true })).into_response(),
        Err(NotReady(reason)) => {
            let body = json!({ "ready": false, "reason": reason });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}
