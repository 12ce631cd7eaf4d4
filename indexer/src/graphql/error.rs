//! Errors as clients see them: a message for people and a stable code for programs.

use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{ErrorExtensionValues, Response, ServerError};
use tracing::error;

/// Why a query, or a field of it, was not answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueryError {
    #[error("{argument}: {rule}")]
    InvalidArgument {
        argument: &'static str,
        rule: String,
    },
    #[error("after: this cursor is not one of this list and order; begin again without it")]
    InvalidCursor,
    #[error("first: at most {max} rows per page, {asked} were asked for")]
    PageTooLarge { asked: i64, max: u32 },
    #[error("the query text has more than {limit} bytes")]
    QueryTooLong { limit: usize },
    #[error("the query nests more than {limit} deep")]
    QueryTooDeep { limit: usize },
    #[error("the query has more than {limit} {what}; ask for less at once")]
    QueryTooComplex { what: &'static str, limit: u64 },
    #[error("block {wanted} is not indexed yet, {indexed} is; ask again later")]
    BlockNotIndexed { wanted: u64, indexed: u64 },
    #[error(
        "the index is behind the finalized chain, and an old answer could be wrong; \
         ask again later (_meta tells how far it is)"
    )]
    Stale,
    #[error("all database connections are in use; ask again later")]
    Busy,
    #[error("too many requests wait for a block; ask again later, or without `block`")]
    TooManyWaits,
    #[error("the query took too long; narrow it")]
    Timeout,
    #[error("internal error {id}")]
    Internal { id: u64 },
}

impl QueryError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidArgument { .. } => "INVALID_ARGUMENT",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::PageTooLarge { .. } => "PAGE_TOO_LARGE",
            Self::QueryTooLong { .. } => "QUERY_TOO_LONG",
            Self::QueryTooDeep { .. } => "QUERY_TOO_DEEP",
            Self::QueryTooComplex { .. } => "QUERY_TOO_COMPLEX",
            Self::BlockNotIndexed { .. } => "BLOCK_NOT_INDEXED",
            Self::Stale => "STALE",
            Self::Busy | Self::TooManyWaits => "BUSY",
            Self::Timeout => "TIMEOUT",
            Self::Internal { .. } => "INTERNAL",
        }
    }

    /// Logs the cause, which the client does not see.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        error!(id, %cause, "a query failed");
        Self::Internal { id }
    }
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            // query_canceled: the statement's time was over. in_failed_sql_transaction: that of
            // another field of the same request.
            sqlx::Error::Database(database)
                if matches!(database.code().as_deref(), Some("57014" | "25P02")) =>
            {
                Self::Timeout
            }
            _ => Self::internal(&error),
        }
    }
}

/// A response for a request that is not executed.
pub(super) fn rejected(error: &QueryError) -> Response {
    let mut server_error = ServerError::new(error.to_string(), None);
    set_code(&mut server_error, error.code());
    Response::from_errors(vec![server_error])
}

/// Errors of one answer; a query can be wrong in many more ways than anyone reads.
const MAX_ERRORS: usize = 100;

/// Gives every error its code: ours, or one for what the GraphQL library refuses. Keeps the first.
pub(super) fn add_codes(errors: &mut Vec<ServerError>) {
    errors.truncate(MAX_ERRORS);
    for error in errors {
        let code = match error.source::<QueryError>() {
            Some(ours) => ours.code(),
            None => library_code(&error.message),
        };
        set_code(error, code);
    }
}

/// The library's own refusals carry no type. Its version is pinned, and tests hold these texts.
fn library_code(message: &str) -> &'static str {
    match message {
        "Query is nested too deep." => "QUERY_TOO_DEEP",
        "Query is too complex." => "QUERY_TOO_COMPLEX",
        _ => "INVALID_QUERY",
    }
}

fn set_code(error: &mut ServerError, code: &'static str) {
    error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default)
        .set("code", code);
}
