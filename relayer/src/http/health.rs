//! Liveness, readiness, and how the instance is in full.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Operations;
use crate::condition::{Condition, Conditioned};
use crate::metrics::ConditionMetrics;

/// `GET /health/live`: the process answers.
pub(super) async fn live() -> &'static str {
    "live"
}

/// `GET /health/ready`: the service does its work.
pub(super) async fn ready(State(operations): State<Operations>) -> Response {
    let condition = operations.condition().await;
    let status = match condition.is_ready() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = json!({
        "ready": condition.is_ready(),
        "reason": condition.reason(),
        "stops": condition.stops,
        "warnings": condition.warnings,
    });
    (status, Json(body)).into_response()
}

/// `GET /v1/status`: all that there is to say.
pub(super) async fn status(State(operations): State<Operations>) -> Json<Condition> {
    Json(operations.condition().await)
}

/// `GET /metrics`, in Prometheus' text format.
pub(super) async fn metrics(State(operations): State<Operations>) -> String {
    let Some(recorder) = &operations.metrics else {
        return String::new();
    };
    // Now, or they would stay as they were when all was well.
    ConditionMetrics.report(&operations.condition().await);
    recorder.render()
}

impl Operations {
    async fn condition(&self) -> Condition {
        let subject: &Arc<dyn Conditioned> = &self.subject;
        subject.condition().await
    }
}
