//! The schema's version. Only the leader changes it; everybody else reads what it is.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Leadership, Store, StoreError};

/// Those of a newer program, which the schema may have too, are left alone.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
});

impl Leadership {
    /// Creates the schema when missing and brings it up to date. What a newer program has added to it
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] when a newer program has changed it so that this one cannot work with
    /// it; or when the database fails.
    pub async fn migrate(&mut self) -> Result<(), StoreError> {
        migrate(&mut self.connection, &self.schema).await
    }
}

impl Store {
    /// Whether this program can read the schema as it is, which it leaves so.
    ///
    /// # Errors
    /// When there is no schema, or one of a program that is too old or too new; the message says what to
    /// do.
    pub async fn must_be_readable(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let schema = self.schema.as_str().to_owned();
        let applied = applied(&mut connection).await?;
        if applied.is_empty() {
            return Err(StoreError::NoSchema { schema });
        }
        must_know(&applied, &mut connection, &schema).await?;
        match MIGRATIONS
            .iter()
            .map(|known| known.version)
            .find(|known| !applied.contains(known))
        {
            Some(version) => Err(StoreError::OlderSchema { schema, version }),
            None => Ok(()),
        }
    }
}

async fn migrate(connection: &mut PgConnection, schema: &str) -> Result<(), StoreError> {
    // Asked first, because `create schema if not exists` needs the right to create one even then.
    if !exists(connection, schema).await? {
        let create = format!("create schema if not exists {schema}");
        sqlx::query(AssertSqlSafe(create))
            .execute(&mut *connection)
            .await?;
    }
    must_know(&applied(connection).await?, connection, schema).await?;
    // Not `run`: with a borrowed connection the compiler cannot tell that its future may be sent.
    MIGRATIONS.run_direct(None, connection, false).await?;
    Ok(())
}

async fn exists(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema)
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
    schema: &str,
) -> Result<(), StoreError> {
    let unknown = |version: &i64| !MIGRATIONS.version_exists(*version);
    let Some(newest) = applied.iter().copied().filter(|v| unknown(v)).max() else {
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
            schema: schema.to_owned(),
            version: needed.unwrap_or(newest),
        }),
    }
}
