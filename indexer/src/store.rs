//! The index in Postgres: raw events, derived tables and the checkpoint, in a schema of its own.

mod check;
mod checkpoint;
mod commit;
mod connect;
mod digest;
mod encode;
mod error;
mod ledger;
mod lock;
mod raw;
mod rebuild;
mod schema;

pub use self::{
    check::{Comparison, TableComparison},
    checkpoint::{Checkpoint, World},
    digest::{TableDigest, total_digest},
    error::StoreError,
    lock::SchemaLock,
};

use sqlx::PgPool;

use crate::config::DatabaseConfig;

/// Access to one schema. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: PgPool,
    reader: PgPool,
    schema: crate::config::SchemaName,
}

impl Store {
    /// Connects, and changes nothing: the schema is brought up to date by who holds its lock, see
    /// [`SchemaLock::migrate`].
    ///
    /// # Errors
    /// The database does not answer or refuses, or does so through a pooler that keeps no schema.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StoreError> {
        connect::open(config).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.reader).await?;
        Ok(())
    }

    /// Connections for queries: read-only, with a limit on each statement's time.
    pub fn reader(&self) -> &PgPool {
        &self.reader
    }
}
