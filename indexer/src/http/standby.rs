//! What a process serves that waits until it may write.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::time::timeout;

use super::health;
use crate::{metrics, store::Store};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why it waits, and what it needs to say so.
#[derive(Clone)]
pub struct Standby {
    pub store: Store,
    pub recorder: PrometheusHandle,
    /// Why work did not begin last; `None` while another process works.
    pub trouble: Option<String>,
}

/// Health and metrics; whoever asks for more is sent away.
pub fn standby(standby: Standby) -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(not_ready))
        .route("/metrics", get(measured))
        .fallback(not_ready)
        .with_state(standby)
}

async fn not_ready(State(standby): State<Standby>) -> Response {
    let body = json!({ "ready": false, "reason": standby.reason().await });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

async fn measured(State(standby): State<Standby>) -> String {
    metrics::leads(false);
    standby.recorder.render()
}

impl Standby {
    async fn reason(&self) -> String {
        let waits = "standby: waits for the lock of its schema, which another process may have";
        match timeout(PATIENCE, self.store.ping()).await {
            Ok(Ok(())) => match &self.trouble {
                Some(trouble) => format!("{waits}; {trouble}"),
                None => waits.to_owned(),
            },
            Ok(Err(_)) | Err(_) => format!("{waits}; the database does not answer"),
        }
    }
}
