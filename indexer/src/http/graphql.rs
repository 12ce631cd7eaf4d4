//! `POST /graphql`.

use std::time::Instant;

use async_graphql::Request;
use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::de::Error;
use serde_json::{Value, json};

use super::Parts;
use crate::{graphql, metrics};

/// Executes one request. Errors of execution come with status 200, as GraphQL over HTTP has it; a
/// body that is no request with 400, a too large one with 413. All have the same shape.
pub(super) async fn answer(
    State(parts): State<Parts>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the request has more than {} bytes", parts.max_body_bytes);
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE", &message);
        }
        Err(rejection) => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "BAD_REQUEST",
                &rejection.body_text(),
            );
        }
    };
    let request = match parse(&body) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the body must be one JSON object with a \"query\": {error}");
            return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
        }
    };
    let began = Instant::now();
    let response = graphql::execute(&parts.schema, &parts.backend, request).await;
    metrics::queried(began.elapsed());
    Json(response).into_response()
}

/// `GET /graphql/schema`: the schema as text.
pub(super) async fn sdl(State(parts): State<Parts>) -> String {
    parts.schema.sdl()
}

/// Only an object: the library would take an array for one.
fn parse(body: &[u8]) -> Result<Request, serde_json::Error> {
    let value: Value = serde_json::from_slice(body)?;
    if !value["query"].is_string() {
        return Err(serde_json::Error::custom("there is none"));
    }
    serde_json::from_value(value)
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, Json(body)).into_response()
}
