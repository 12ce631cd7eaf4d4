//! The HTTP interface that both roles share: health, metrics, doors and typed errors.

mod error;
mod health;

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use lex_service::{Doors, DoorsConfig, Refusal};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::config::HttpSection;

pub use error::{ApiError, ApiJson};
pub use health::{NotReady, Readiness};

/// No request of this service is longer.
const MAX_BODY_BYTES: usize = 4 * 1024;

/// Adds health, metrics and typed errors to a role's own routes.
pub fn router(
    routes: Router,
    readiness: Arc<dyn Readiness>,
    metrics: Option<PrometheusHandle>,
) -> Router {
    let health = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(readiness);
    let metrics = Router::new().route(
        "/metrics",
        get(move || {
            let text = metrics
                .as_ref()
                .map(PrometheusHandle::render)
                .unwrap_or_default();
            async move { text }
        }),
    );
    routes
        .merge(health)
        .merge(metrics)
        .method_not_allowed_fallback(|| async { ApiError::unknown_method() })
        .fallback(|| async { ApiError::unknown_path() })
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
