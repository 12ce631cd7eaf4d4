//! The attester's HTTP interface.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use lex_service::Turn;

use super::readiness::AttestReadiness;
use crate::api::{AttestationRequest, AttestationResponse, HeadResponse};
use crate::condition::Conditioned;
use crate::http::{ApiError, ApiJson};

/// `POST /v1/attestations` and `GET /v1/head`.
pub fn routes(readiness: Arc<AttestReadiness>) -> Router {
    Router::new()
        .route("/v1/attestations", post(attestations))
        .route("/v1/head", get(head))
        .with_state(readiness)
}

async fn attestations(
    State(readiness): State<Arc<AttestReadiness>>,
    turn: Option<Extension<Turn>>,
    ApiJson(request): ApiJson<AttestationRequest>,
) -> Result<Json<AttestationResponse>, ApiError> {
    readiness
        .attester
        .attest(&request, turn.as_deref())
        .await
        .map(Json)
        .map_err(|error| ApiError::from(&error))
}

async fn head(State(readiness): State<Arc<AttestReadiness>>) -> Json<HeadResponse> {
    let condition = readiness.condition().await;
    Json(HeadResponse {
        waits_for: condition.reason(),
        ..readiness.attester.head()
    })
}
