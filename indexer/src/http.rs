//! The HTTP interface: GraphQL, health and metrics.

mod graphql;
mod health;
mod shape;
mod standby;

pub use standby::{Standby, standby};

use axum::{
    Router,
    body::Bytes,
    http::{Method, header::CONTENT_TYPE},
    response::{Html, IntoResponse},
    routing::{get, post},
};
use lex_service::Doors;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::{
    config::{HttpConfig, Origins},
    graphql::{Backend, LexSchema},
};

/// What the handlers need.
#[derive(Clone)]
pub struct Parts {
    pub schema: LexSchema,
    pub backend: Backend,
    pub ready_lag_blocks: u64,
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
    // Made once: it does not change, and making it takes a while.
    let sdl = Bytes::from(parts.schema.sdl());
    Router::new()
        .route("/", get(async || Html(POINTER)))
        .route("/graphql", post(graphql::answer))
        .route("/graphql/schema", get(async move || text(sdl)))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(parts)
}

fn text(bytes: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], bytes)
}

/// Lets pages of these origins ask what everybody may ask. A page's own errors are readable to it, those
/// of the doors are not.
pub fn for_browsers(origins: &Origins) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE]);
    match origins {
        Origins::None => CorsLayer::new(),
        Origins::Any => layer.allow_origin(Any),
        Origins::Only(origins) => layer.allow_origin(AllowOrigin::list(origins.clone())),
    }
}

/// The doors of the indexer.
pub fn doors(config: &HttpConfig) -> Doors {
    Doors {
        config: config.doors.clone(),
        max_body_bytes: config.max_body_bytes,
        refuse: graphql::turned_away,
    }
}
