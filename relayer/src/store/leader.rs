//! One working process per schema, by a Postgres advisory lock.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::time::{MissedTickBehavior, interval};

use super::{Store, StoreError};

/// How often the lock's connection is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// The right to work on the schema, for as long as the connection that holds it lives.
#[derive(Debug)]
pub struct Leadership {
    connection: PgConnection,
}

impl Store {
    /// Waits until no other process leads this schema, then leads it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lead(&self) -> Result<Leadership, StoreError> {
        let connection: PoolConnection<Postgres> = self.pool.acquire().await?;
        let mut connection = connection.detach();
        sqlx::query(
            "select pg_advisory_lock(hashtextextended('lex-relayer ' || current_schema(), 0))",
        )
        .execute(&mut connection)
        .await?;
        Ok(Leadership { connection })
    }
}

impl Leadership {
    /// Returns when the leadership is lost. The process must stop working at once.
    pub async fn lost(mut self) -> sqlx::Error {
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            checks.tick().await;
            if let Err(error) = sqlx::query("select 1").execute(&mut self.connection).await {
                return error;
            }
        }
    }
}
