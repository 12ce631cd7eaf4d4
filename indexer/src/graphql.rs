//! The GraphQL interface: licenses, the rules and decisions about them, and how far the index is.
//!
//! Conventions: `uint256` and `u64` are decimal strings (`BigInt`), times are Unix seconds
//! (`UnixTime`), lists of licenses are Relay connections with opaque cursors. All fields of one
//! request are answered from one database snapshot. Each error has a `code` in its extensions.

mod account;
mod column;
mod connection;
mod cursor;
mod decision;
mod error;
mod evidence;
mod filter;
mod history;
mod issuer;
mod license;
mod license_at;
mod license_type;
mod meta;
mod query;
mod rule_bundle;
mod rules;
mod scalars;
mod snapshot;
mod status;

use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, Schema};
use sqlx::PgPool;

use crate::{clock::Clock, config::GraphqlConfig, progress::Progress};

pub use self::error::QueryError;
use self::{query::Query, snapshot::Snapshot};

/// The schema with its limits.
pub type LexSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// Fields inside fields, fragments and values that the parser follows.
const MAX_PARSER_RECURSION: usize = 32;
const MAX_DIRECTIVES: usize = 10;

/// What queries are answered from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Backend {
    pub reader: PgPool,
    pub progress: Progress,
    pub clock: Clock,
    pub limits: GraphqlConfig,
}

/// Builds the schema.
pub fn schema(limits: &GraphqlConfig) -> LexSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .limit_depth(limits.max_depth)
        .limit_complexity(limits.max_complexity)
        .limit_recursive_depth(MAX_PARSER_RECURSION)
        .limit_directives(MAX_DIRECTIVES)
        .finish()
}

/// Answers one request from one snapshot.
pub async fn execute(schema: &LexSchema, backend: &Backend, request: Request) -> Response {
    if request.query.len() > backend.limits.max_query_bytes {
        let error = QueryError::QueryTooLong {
            limit: backend.limits.max_query_bytes,
        };
        return error::rejected(&error);
    }
    let snapshot = Snapshot::new(backend.clone());
    let loader = snapshot::loader(snapshot.clone());
    let mut response = schema.execute(request.data(snapshot).data(loader)).await;
    error::add_codes(&mut response.errors);
    response
}
