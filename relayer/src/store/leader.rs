//! One working process per schema, by a Postgres advisory lock.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::time::{MissedTickBehavior, interval};

use super::{Store, StoreError, connect};

/// How often the lock's connection is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// The right to work on the schema, for as long as the connection that holds it lives.
#[derive(Debug)]
pub struct Leadership {
    pub(super) connection: PgConnection,
    pub(super) schema: String,
    /// The server's process that holds the lock.
    backend: i32,
}

impl Store {
    /// Waits until no other process leads this schema, then leads it. The schema need not exist yet.
    ///
    /// # Errors
    /// When the database fails, or its connections keep no locks.
    pub async fn lead(&self) -> Result<Leadership, StoreError> {
        let connection: PoolConnection<Postgres> = self.pool.acquire().await?;
        let mut connection = connection.detach();
        let mut other = self.pool.acquire().await?;
        let backend = connect::must_have_sessions(&mut connection, &mut other).await?;
        drop(other);
        let schema = self.schema.as_str().to_owned();
        sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
            .bind(format!("lex-relayer {schema}"))
            .execute(&mut connection)
            .await?;
        Ok(Leadership {
            connection,
            schema,
            backend,
        })
    }
}

impl Leadership {
    /// Returns when the leadership is lost. The process must stop working at once.
    pub async fn lost(mut self) -> StoreError {
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            checks.tick().await;
            if let Err(error) = self.check().await {
                return error;
            }
        }
    }

    async fn check(&mut self) -> Result<(), StoreError> {
        let backend = connect::backend(&mut self.connection).await?;
        connect::must_stay(self.backend, backend)
    }
}
