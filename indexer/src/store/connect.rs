//! Connections, each of which keeps the index's schema and its session.
//!
//! A pooler in transaction mode gives every transaction another session: the schema that was chosen on
//! connecting is lost, and so are the writer's lock, the readers' limits and prepared statements. Tables
//! would then be made in somebody else's schema, so it is noticed before anything is written.

use std::str::FromStr;

use sqlx::{
    Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Store, StoreError};
use crate::config::{DatabaseConfig, SchemaName};

/// Commits, look-ups of the same process and one spare.
const WRITER_CONNECTIONS: u32 = 3;
/// Code of PostgreSQL, and of poolers, for a startup option that is not taken.
const PROTOCOL_VIOLATION: &str = "08P01";

/// Connections whose unqualified names are those of the index's schema, which may not exist yet.
pub(super) async fn open(config: &DatabaseConfig) -> Result<Store, StoreError> {
    let options = options(config)?;
    let mut first = PgConnection::connect_with(&options)
        .await
        .map_err(refused)?;
    must_keep_schema(&mut first, &config.schema).await?;
    first.close().await?;
    let writer = PgPoolOptions::new()
        .max_connections(WRITER_CONNECTIONS)
        .connect_with(options.clone())
        .await?;
    let statement_timeout = config.statement_timeout.as_millis().to_string();
    let read_only = options.options([
        ("default_transaction_read_only", "on"),
        ("statement_timeout", statement_timeout.as_str()),
    ]);
    let reader = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .connect_with(read_only)
        .await?;
    Ok(Store {
        writer,
        reader,
        schema: config.schema.clone(),
    })
}

fn options(config: &DatabaseConfig) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(config.url.expose())?
        .application_name("lex-indexer")
        .options([
            ("search_path", config.schema.as_str()),
            ("bytea_output", "hex"),
        ]);
    Ok(options)
}

fn refused(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    if code.as_deref() == Some(PROTOCOL_VIOLATION) {
        return StoreError::Pooler(format!("it refuses startup options: {error}"));
    }
    error.into()
}

async fn must_keep_schema(
    connection: &mut PgConnection,
    schema: &SchemaName,
) -> Result<(), StoreError> {
    // The simple protocol, which works through whatever is in between.
    let row = sqlx::raw_sql("select current_setting('search_path')")
        .fetch_one(connection)
        .await?;
    let found: String = row.try_get(0)?;
    if found == schema.as_str() {
        return Ok(());
    }
    Err(StoreError::Pooler(format!(
        "its search_path is {found:?}, not \"{schema}\""
    )))
}

/// # Errors
/// When two connections do not have a session each: then a lock would end with the transaction that takes
/// it.
pub(super) async fn must_have_sessions(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<(), StoreError> {
    let [first, second, again] = [
        backend(one).await?,
        backend(other).await?,
        backend(one).await?,
    ];
    if first == again && first != second {
        return Ok(());
    }
    Err(StoreError::Pooler(format!(
        "the server's processes {first}, {second} and {again} serve two connections by turns"
    )))
}

/// The server's process that serves this connection; with a session of its own it stays the same.
async fn backend(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("select pg_backend_pid()")
        .persistent(false)
        .fetch_one(connection)
        .await
}
