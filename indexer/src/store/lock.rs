//! One writer per schema: a session lock of Postgres, which ends with its process.

use std::time::Duration;

use sqlx::{PgConnection, pool::PoolConnection};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Store, StoreError, connect};
use crate::config::SchemaName;

/// How often a held lock is asked for again.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// Held as long as this value lives. If its connection breaks, the compare-and-swap of the
/// checkpoint still keeps a second writer from doing harm.
#[derive(Debug)]
pub struct SchemaLock {
    // Dropping a detached connection closes it, and with it the lock.
    pub(super) connection: PgConnection,
    pub(super) schema: SchemaName,
}

impl Store {
    /// Becomes the only writer of the schema, waiting at most `wait` for another one to end. The schema
    /// need not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when the other one is still there; [`StoreError::Pooler`] when connections
    /// keep no locks.
    pub async fn lock(&self, wait: Duration) -> Result<SchemaLock, StoreError> {
        let mut connection = PoolConnection::detach(self.writer.acquire().await?);
        let mut other = self.writer.acquire().await?;
        connect::must_have_sessions(&mut connection, &mut other).await?;
        drop(other);
        let deadline = Instant::now() + wait;
        let mut ticks = interval(RETRY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.try_lock(&mut connection).await? {
                return Ok(SchemaLock {
                    connection,
                    schema: self.schema.clone(),
                });
            }
            if Instant::now() >= deadline {
                return Err(StoreError::Locked {
                    schema: self.schema.to_string(),
                });
            }
        }
    }

    async fn try_lock(&self, connection: &mut PgConnection) -> Result<bool, StoreError> {
        let name = format!("lex-indexer {}", self.schema);
        let locked = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(name)
            .fetch_one(connection)
            .await?;
        Ok(locked)
    }
}
