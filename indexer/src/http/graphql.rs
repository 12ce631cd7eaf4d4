//! `POST /graphql`.

use std::time::Instant;

use async_graphql::Request;
use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use lex_service::{Refusal, Turn};
use serde::de::Error;
use serde_json::{Value, json};

use super::{Parts, shape};
use crate::{graphql, metrics};

/// Values inside values of a body; a filter has four.
const MAX_BODY_DEPTH: usize = 32;
/// Values of a body: each takes much more memory than its text.
const MAX_BODY_VALUES: usize = 20_000;

/// Executes one request. Errors of execution come with status 200, as GraphQL over HTTP has it; a
/// body that is no request with 400. All have the same shape.
pub(super) async fn answer(
    State(parts): State<Parts>,
    turn: Option<Extension<Turn>>,
    body: Bytes,
) -> Response {
    if !shape::is_within(&body, MAX_BODY_DEPTH, MAX_BODY_VALUES) {
        let message = format!(
            "the body has more than {MAX_BODY_VALUES} values, or values more than \
             {MAX_BODY_DEPTH} deep in each other"
        );
        return refuse(StatusCode::BAD_REQUEST, "REQUEST_TOO_COMPLEX", &message);
    }
    let request = match parse(&body) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the body must be one JSON object with a \"query\": {error}");
            return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
        }
    };
    drop(body);
    let began = Instant::now();
    let turn = turn.as_deref();
    let answer = graphql::execute(&parts.schema, &parts.backend, request, turn).await;
    metrics::queried(began.elapsed());
    ([(CONTENT_TYPE, "application/json")], answer).into_response()
}

/// The answer to a request that the doors refuse.
pub(super) fn turned_away(refusal: &Refusal) -> Response {
    let code = match refusal {
        Refusal::BodyTooLarge { .. } => "REQUEST_TOO_LARGE",
        Refusal::BodyTooSlow => "REQUEST_TOO_SLOW",
        Refusal::BodyBroken => "BAD_REQUEST",
        Refusal::AnswerTooLarge { .. } => "ANSWER_TOO_LARGE",
        Refusal::Busy => "BUSY",
        Refusal::TookTooLong => "TIMEOUT",
        Refusal::Failed => "INTERNAL",
    };
    refuse(refusal.status(), code, &refusal.to_string())
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
