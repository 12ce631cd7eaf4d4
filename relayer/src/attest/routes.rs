//! The attester's HTTP interface.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use lex_service::Turn;

use super::attester::Attester;
use crate::api::{AttestationRequest, AttestationResponse, HeadResponse};
use crate::http::{ApiError, ApiJson};

/// `POST /v1/attestations` and `GET /v1/head`.
pub fn routes(attester: Arc<Attester>) -> Router {
    Router::new()
        .route("/v1/attestations", post(attestations))
        .route("/v1/head", get(head))
        .with_state(attester)
}

async fn attestations(
    State(attester): State<Arc<Attester>>,
    turn: Option<Extension<Turn>>,
    ApiJson(request): ApiJson<AttestationRequest>,
) -> Result<Json<AttestationResponse>, ApiError> {
    attester
        .attest(&request, turn.as_deref())
        .await
        .map(Json)
        .map_err(|error| ApiError::from(&error))
}

async fn head(State(attester): State<Arc<Attester>>) -> Json<HeadResponse> {
    Json(attester.head())
}
