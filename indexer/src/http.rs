//! The HTTP interface: GraphQL, health and metrics.

mod graphql;
mod health;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::Html,
    routing::{get, post},
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::graphql::{Backend, LexSchema};

/// What the handlers need.
#[derive(Clone)]
pub struct Parts {
    pub schema: LexSchema,
    pub backend: Backend,
    pub ready_lag_blocks: u64,
    pub max_body_bytes: usize,
    pub recorder: PrometheusHandle,
}

const POINTER: &str = "<!doctype html><title>lex-indexer</title><h1>lex-indexer</h1>\
    <p>Send GraphQL by <code>POST /graphql</code>: \
    <code>{\"query\": \"{ _meta { block { number } } }\"}</code>. \
    The schema in SDL is at <a href=/graphql/schema>/graphql/schema</a>. \
    Health is at <a href=/health/ready>/health/ready</a>, \
    Prometheus metrics are at <a href=/metrics>/metrics</a>.</p>";

/// All routes.
pub fn router(parts: Parts) -> Router {
    let max_body_bytes = parts.max_body_bytes;
    Router::new()
        .route("/", get(async || Html(POINTER)))
        .route("/graphql", post(graphql::answer))
        .route("/graphql/schema", get(graphql::sdl))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(DefaultBodyLimit::max(max_body_bytes))
        .with_state(parts)
}

/// Serves until `stop`, then lets running requests end.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> Result<(), std::io::Error> {
    axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}
