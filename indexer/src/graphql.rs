//! The GraphQL interface: licenses, the rules and decisions about them, and how far the index is.
//!
//! Conventions: `uint256` and `u64` are decimal strings (`BigInt`), times are Unix seconds
//! (`UnixTime`), lists of licenses are Relay connections with opaque cursors. All fields of one
//! request are answered from one database snapshot. Each error has a `code` in its extensions.

mod account;
mod admission;
mod background;
mod column;
mod complexity;
mod connection;
mod cursor;
mod decision;
mod desk;
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
mod wait;

use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, Schema};
use lex_service::Turn;
use sqlx::PgPool;

use crate::{clock::Clock, config::GraphqlConfig, freshness::FreshnessRule, progress::Progress};

pub use self::error::QueryError;
use self::{
    admission::{Inadmissible, MAX_DEPTH, MAX_DIRECTIVES},
    desk::Desk,
    query::Query,
    snapshot::Snapshot,
};

/// The schema with its limits.
pub type LexSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// What queries are answered from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Backend {
    pub reader: PgPool,
    pub progress: Progress,
    pub clock: Clock,
    pub freshness: FreshnessRule,
    pub limits: GraphqlConfig,
}

/// Builds the schema.
pub fn schema(limits: &GraphqlConfig) -> LexSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(Desk::new(limits.max_block_waits))
        .limit_depth(limits.max_depth)
        .limit_complexity(limits.max_complexity)
        .limit_recursive_depth(MAX_DEPTH)
        .limit_directives(MAX_DIRECTIVES)
        .finish()
}

/// Answers one request from one snapshot, as JSON. While it waits for a block it gives up its `turn`.
pub async fn execute(
    schema: &LexSchema,
    backend: &Backend,
    request: Request,
    turn: Option<&Turn>,
) -> Vec<u8> {
    match answer(schema, backend, request, turn).await {
        Ok(answer) => answer,
        Err(Inadmissible::Invalid(error)) => json(coded(Response::from_errors(vec![error]))),
        Err(Inadmissible::Refused(error)) => json(error::rejected(&error)),
    }
}

async fn answer(
    schema: &LexSchema,
    backend: &Backend,
    mut request: Request,
    turn: Option<&Turn>,
) -> Result<Vec<u8>, Inadmissible> {
    let desk = schema
        .data::<Desk>()
        .ok_or_else(|| QueryError::internal(&"the schema has no desk"))?;
    let effort = admission::look(&request.query, backend.limits.max_query_bytes)?;
    let (request, admitted) = desk
        .compute(effort, move || {
            admission::admit(&mut request).map(|admitted| (request, admitted))
        })
        .await??;
    if let Some(block) = admitted.block {
        let reached = backend.progress.wait_for(block, Duration::ZERO).await;
        if !reached {
            await_block(desk, backend, block, turn).await?;
        }
    }
    let snapshot = Snapshot::new(backend.clone());
    let loader = snapshot::loader(snapshot.clone());
    let request = request.data(snapshot).data(loader);
    let schema = schema.clone();
    let answering = Box::pin(async move { json(coded(schema.execute(request).await)) });
    Ok(desk.answer(effort.max(admitted.effort), answering).await?)
}

/// The response, each error with its code.
fn coded(mut response: Response) -> Response {
    error::add_codes(&mut response.errors);
    response
}

fn json(response: Response) -> Vec<u8> {
    serde_json::to_vec(&response)
        .expect("its maps have texts as keys, which is all that JSON asks for")
}

/// Waits for the block; the fields that want it see whether it has come.
async fn await_block(
    desk: &Desk,
    backend: &Backend,
    block: u64,
    turn: Option<&Turn>,
) -> Result<(), QueryError> {
    let limit = backend.limits.max_block_wait;
    let waiting = desk.wait(async {
        backend.progress.wait_for(block, limit).await;
    });
    match turn {
        Some(turn) => turn.leave_for(waiting).await,
        None => waiting.await,
    }
}
