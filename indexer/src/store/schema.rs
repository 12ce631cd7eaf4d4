//! The schema's version. Only who holds the schema's lock changes it; everybody else reads what it is.

use std::{collections::BTreeSet, sync::LazyLock};

use sqlx::{AssertSqlSafe, PgConnection, migrate::Migrator};

use super::{SchemaLock, Store, StoreError};
use crate::config::SchemaName;

/// Those of a newer program, which the schema may have too, are left alone.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
});

impl SchemaLock {
    /// Creates the schema when missing and brings it up to date. What a newer program has added to it
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] when a newer program has changed it so that this one cannot work with
    /// it; or when the database fails.
    pub async fn migrate(&mut self) -> Result<(), StoreError> {
        let (connection, schema) = (&mut self.connection, &self.schema);
        if !exists(connection, schema).await? {
            let create = format!("create schema if not exists {schema}");
            sqlx::raw_sql(AssertSqlSafe(create))
                .execute(&mut *connection)
                .await?;
        }
        must_know(&applied(connection).await?, connection, schema).await?;
        // Not `run`: with a borrowed connection the compiler cannot tell that its future may be sent.
        MIGRATIONS.run_direct(None, connection, false).await?;
        Ok(())
    }
}

impl Store {
    /// Whether this program can read the schema as it is, which it leaves so.
    ///
    /// # Errors
    /// There is no schema, or one of a program that is too old or too new; the message says what to do.
    pub async fn must_be_readable(&self) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        let applied = applied(&mut connection).await?;
        if applied.is_empty() {
            return Err(StoreError::NoSchema {
                schema: self.schema.to_string(),
            });
        }
        must_know(&applied, &mut connection, &self.schema).await?;
        match MIGRATIONS
            .iter()
            .map(|known| known.version)
            .find(|known| !applied.contains(known))
        {
            Some(version) => Err(StoreError::OlderSchema {
                schema: self.schema.to_string(),
                version,
            }),
            None => Ok(()),
        }
    }
}

/// Asked first, because `create schema if not exists` needs the right to create one even then.
async fn exists(connection: &mut PgConnection, schema: &SchemaName) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema.as_str())
        .fetch_one(connection)
        .await
}

/// The versions of the migrations that the schema has; none when there is no schema.
async fn applied(connection: &mut PgConnection) -> Result<BTreeSet<i64>, sqlx::Error> {
    if !has_table(connection, "_sqlx_migrations").await? {
        return Ok(BTreeSet::new());
    }
    let versions: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations")
        .fetch_all(connection)
        .await?;
    Ok(versions.into_iter().collect())
}

async fn has_table(connection: &mut PgConnection, table: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(table)
        .fetch_one(connection)
        .await
}

/// Migrations that this program does not know are those of a newer one. It may have only added to the
/// schema, which its `schema_compatibility` tells.
async fn must_know(
    applied: &BTreeSet<i64>,
    connection: &mut PgConnection,
    schema: &SchemaName,
) -> Result<(), StoreError> {
    let unknown = |version: &i64| !MIGRATIONS.version_exists(*version);
    let Some(newest) = applied.iter().copied().filter(unknown).max() else {
        return Ok(());
    };
    let needed: Option<i64> = match has_table(connection, "schema_compatibility").await? {
        true => {
            sqlx::query_scalar("select needed_migration from schema_compatibility")
                .fetch_optional(connection)
                .await?
        }
        false => None,
    };
    match needed {
        Some(needed) if !unknown(&needed) => Ok(()),
        _ => Err(StoreError::NewerSchema {
            schema: schema.to_string(),
            version: needed.unwrap_or(newest),
        }),
    }
}
