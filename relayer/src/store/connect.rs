//! Connections, each of which keeps the instance's schema and its session.
//!
//! A pooler in transaction mode gives every transaction another session: the schema that was chosen on
//! connecting is lost, and so are the lock of the leader and prepared statements. Tables would then be
//! made in somebody else's schema, so it is noticed before anything is written.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::StoreError;
use crate::config::DatabaseSection;

/// Code of PostgreSQL, and of poolers, for a startup option that is not taken.
const PROTOCOL_VIOLATION: &str = "08P01";

/// Connections whose unqualified names are those of the instance's schema, which may not exist yet.
pub(super) async fn connect(section: &DatabaseSection) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(section.url.reveal())?
        .application_name("lex-relayer")
        .options([("search_path", section.schema.as_str())]);
    let mut first = PgConnection::connect_with(&options)
        .await
        .map_err(refused)?;
    must_keep_schema(&mut first, section.schema.as_str()).await?;
    first.close().await?;
    Ok(PgPoolOptions::new()
        .max_connections(section.max_connections)
        .connect_with(options)
        .await?)
}

fn refused(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    if code.as_deref() == Some(PROTOCOL_VIOLATION) {
        return StoreError::Pooler(format!("it refuses startup options: {error}"));
    }
    error.into()
}

async fn must_keep_schema(connection: &mut PgConnection, schema: &str) -> Result<(), StoreError> {
    // The simple protocol, which works through whatever is in between.
    let row = sqlx::raw_sql("select current_setting('search_path')")
        .fetch_one(connection)
        .await?;
    let found: String = row.try_get(0)?;
    if found == schema {
        return Ok(());
    }
    Err(StoreError::Pooler(format!(
        "its search_path is {found:?}, not {schema:?}"
    )))
}

/// The server's process that serves this connection; with a session of its own it stays the same.
pub(super) async fn backend(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("select pg_backend_pid()")
        .persistent(false)
        .fetch_one(connection)
        .await
}

/// # Errors
/// When two connections do not have a session each.
pub(super) async fn must_have_sessions(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<i32, StoreError> {
    let first = backend(one).await?;
    let second = backend(other).await?;
    must_stay(first, backend(one).await?)?;
    if first == second {
        return Err(StoreError::Pooler(format!(
            "two connections share the server's process {first}"
        )));
    }
    Ok(first)
}

/// # Errors
/// When a connection has moved to another session.
pub(super) fn must_stay(before: i32, now: i32) -> Result<(), StoreError> {
    if before == now {
        return Ok(());
    }
    Err(StoreError::Pooler(format!(
        "a connection moved from the server's process {before} to {now}"
    )))
}
