//! Why a request is not let in.

use axum::http::StatusCode;

/// Why the doors refuse a request. The service gives it a code in its own shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request has more than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the request did not arrive in time")]
    BodyTooSlow,
    #[error("the request's body is broken")]
    BodyBroken,
    #[error("the answer has more than {limit} bytes; ask for less")]
    AnswerTooLarge { limit: usize },
    /// Too many bytes wait for this client, or for all of them.
    #[error("too much is under way; read the answers and ask again later")]
    Busy,
    #[error("the request took too long; ask for less, or again later")]
    TookTooLong,
    #[error("the service failed; the cause is in its log")]
    Failed,
}

impl Refusal {
    /// What metrics call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::BodyBroken => "body_broken",
            Self::AnswerTooLarge { .. } => "answer_too_large",
            Self::Busy => "busy",
            Self::TookTooLong => "took_too_long",
            Self::Failed => "failed",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::AnswerTooLarge { .. } | Self::Busy | Self::TookTooLong => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
