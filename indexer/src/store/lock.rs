//! One writer per schema: a session lock of Postgres, which ends with its process.

use std::time::Duration;

use sqlx::{PgConnection, pool::PoolConnection};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Store, StoreError};

/// How often a held lock is asked for again.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// Held as long as this value lives. If its connection breaks, the compare-and-swap of the
/// checkpoint still keeps a second writer from doing harm.
#[derive(Debug)]
pub struct SchemaLock {
    // Dropping a detached connection closes it, and with it the lock.
    _connection: PgConnection,
}

impl Store {
    /// Becomes the only writer of the schema, waiting at most `wait` for another one to end.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when the other one is still there.
    pub async fn lock(&self, wait: Duration) -> Result<SchemaLock, StoreError> {
        let mut connection = PoolConnection::detach(self.writer.acquire().await?);
        let deadline = Instant::now() + wait;
        let mut ticks = interval(RETRY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.try_lock(&mut connection).await? {
                return Ok(SchemaLock {
                    _connection: connection,
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
