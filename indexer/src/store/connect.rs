//! Connections and migrations.

use std::str::FromStr;

use sqlx::{
    AssertSqlSafe, Connection, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Store, StoreError};
use crate::config::{DatabaseConfig, SchemaName};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Commits, look-ups of the same process and one spare.
const WRITER_CONNECTIONS: u32 = 3;

pub(super) async fn open(config: &DatabaseConfig) -> Result<Store, StoreError> {
    let options = options(config)?;
    migrate(&options, &config.schema).await?;
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

/// The lock of the migrator keeps two starting processes apart.
async fn migrate(options: &PgConnectOptions, schema: &SchemaName) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect_with(options).await?;
    if !exists(&mut connection, schema).await? {
        let create = format!("create schema if not exists {schema}");
        sqlx::raw_sql(AssertSqlSafe(create))
            .execute(&mut connection)
            .await?;
    }
    MIGRATIONS
        .run(&mut connection)
        .await
        .map_err(|error| explain(error, schema))?;
    connection.close().await?;
    Ok(())
}

fn explain(error: MigrateError, schema: &SchemaName) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema {
            schema: schema.to_string(),
            version,
        },
        other => StoreError::Migration(other),
    }
}

/// Asked first, because `create schema if not exists` needs the right to create one even then.
async fn exists(connection: &mut PgConnection, schema: &SchemaName) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema.as_str())
        .fetch_one(connection)
        .await?;
    Ok(exists)
}
