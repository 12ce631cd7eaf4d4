//! One writer per schema: a session lock of Postgres, which ends with its process.

use std::{io::ErrorKind, time::Duration};

use sqlx::{PgConnection, pool::PoolConnection};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{Store, StoreError, connect};
use crate::config::SchemaName;

/// How often a held lock is asked for again.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// How long the database may take to say whether it is free.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is made sure that a lock is still held.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Held as long as this value and its connection live. When that breaks, the compare-and-swap of the
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
        self.lock_until(Some(Instant::now() + wait)).await
    }

    /// As [`Self::lock`], but waits for as long as it takes.
    ///
    /// # Errors
    /// [`StoreError::Pooler`] when connections keep no locks, or the database fails.
    pub async fn stand_by(&self) -> Result<SchemaLock, StoreError> {
        self.lock_until(None).await
    }

    async fn lock_until(&self, deadline: Option<Instant>) -> Result<SchemaLock, StoreError> {
        let mut connection = PoolConnection::detach(self.writer.acquire().await?);
        let mut other = self.writer.acquire().await?;
        connect::must_have_sessions(&mut connection, &mut other).await?;
        drop(other);
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
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(StoreError::Locked {
                    schema: self.schema.to_string(),
                });
            }
        }
    }

    async fn try_lock(&self, connection: &mut PgConnection) -> Result<bool, StoreError> {
        let name = format!("lex-indexer {}", self.schema);
        let asked = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(name)
            .fetch_one(connection);
        // Nothing tells that a network took the connection away.
        let answer = timeout(ANSWER_TIMEOUT, asked).await;
        Ok(answer.map_err(|_| sqlx::Error::Io(ErrorKind::TimedOut.into()))??)
    }
}

impl SchemaLock {
    /// Returns when the lock is lost: whoever had it must write no more.
    pub async fn lost(&mut self) -> StoreError {
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            checks.tick().await;
            if let Err(error) = self.check().await {
                return error;
            }
        }
    }

    /// Whether it is still held.
    ///
    /// # Errors
    /// When its connection is gone, and the lock with it.
    pub async fn check(&mut self) -> Result<(), StoreError> {
        // A lock ends with its connection, and not before.
        sqlx::query("select 1")
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}
