//! The HTTP interface that both roles share: health, metrics, limits and typed errors.

mod error;
mod health;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use error::{ApiError, ApiJson};
pub use health::{NotReady, Readiness};

/// No request of this service is longer.
const MAX_BODY_BYTES: usize = 4 * 1024;

/// Adds health, metrics, limits and typed errors to a role's own routes.
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
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Serves until cancelled, then finishes the requests under way.
///
/// # Errors
/// When the address cannot be listened on; the message names it.
pub async fn serve(
    listen: SocketAddr,
    router: Router,
    cancel: CancellationToken,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| anyhow::anyhow!("failed to listen on {listen} (http.listen): {error}"))?;
    info!(%listen, "serving");
    axum::serve(listener, router)
        .with_graceful_shutdown(cancel.cancelled_owned())
        .await?;
    Ok(())
}
