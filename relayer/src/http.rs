//! The HTTP interface that both roles share: health, status, metrics, doors and typed errors.

mod error;
mod health;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use lex_service::{Doors, DoorsConfig, Refusal};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::condition::Conditioned;
use crate::config::HttpSection;

pub use error::{ApiError, ApiJson};

/// No request of this service is longer.
const MAX_BODY_BYTES: usize = 4 * 1024;

/// What operators ask.
#[derive(Clone)]
struct Operations {
    subject: Arc<dyn Conditioned>,
    metrics: Option<PrometheusHandle>,
}

/// Health, status and metrics of `subject`; everything else is answered by `others`.
pub fn router(
    others: Router,
    subject: Arc<dyn Conditioned>,
    metrics: Option<PrometheusHandle>,
) -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/v1/status", get(health::status))
        .route("/metrics", get(health::metrics))
        .method_not_allowed_fallback(unknown_method)
        .fallback_service(others)
        .with_state(Operations { subject, metrics })
}

/// A role's own routes, with typed errors for everything that is none of them.
pub fn api(routes: Router) -> Router {
    routes
        .method_not_allowed_fallback(unknown_method)
        .fallback(|| async { ApiError::unknown_path() })
}

/// What an instance serves that waits for the lead.
pub fn standby() -> Router {
    Router::new().fallback(|| async {
        let message = "this process waits for the lead of its schema; ask the one that leads";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "standby", message)
    })
}

async fn unknown_method() -> ApiError {
    ApiError::unknown_method()
}

/// The doors of either role.
pub fn doors(config: DoorsConfig) -> Doors {
    Doors {
        config,
        max_body_bytes: MAX_BODY_BYTES,
        refuse,
    }
}

/// Serves until cancelled, then finishes the requests under way.
///
/// # Errors
/// When the address cannot be listened on; the message names it.
pub async fn serve(
    section: &HttpSection,
    router: Router,
    cancel: CancellationToken,
) -> anyhow::Result<()> {
    let listen = section.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| anyhow::anyhow!("failed to listen on {listen} (http.listen): {error}"))?;
    info!(%listen, "serving");
    lex_service::serve(listener, router, doors(section.doors.clone()), cancel).await;
    Ok(())
}

fn refuse(refusal: &Refusal) -> Response {
    let code = match refusal {
        Refusal::BodyTooLarge { .. } => "too_large",
        Refusal::BodyTooSlow => "too_slow",
        Refusal::BodyBroken => "bad_request",
        Refusal::AnswerTooLarge { .. } => "answer_too_large",
        Refusal::Busy => "busy",
        Refusal::TookTooLong => "timeout",
        Refusal::Failed => "internal",
    };
    ApiError::new(refusal.status(), code, refusal.to_string()).into_response()
}
