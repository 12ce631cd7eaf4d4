//! One working process per schema, by a Postgres advisory lock.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Store, StoreError, connect};

/// How often the lock's connection is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// How long the server waits for the lock before it is asked again: what waits for a client that has gone
/// ends.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// PostgreSQL's code for a lock that was not free in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

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
        let mut connection = self.pool.acquire().await?.detach();
        let mut other = self.pool.acquire().await?;
        let backend = connect::must_have_sessions(&mut connection, &mut other).await?;
        drop(other);
        let schema = self.schema.as_str().to_owned();
        let lock = format!("lex-relayer {schema}");
        set_lock_timeout(&mut connection, LONGEST_WAIT).await?;
        // The server gives up in time, unless the network has taken the connection away.
        while !timeout(2 * LONGEST_WAIT, lock_in_time(&mut connection, &lock))
            .await
            .map_err(|_| sqlx::Error::Io(ErrorKind::TimedOut.into()))??
        {}
        set_lock_timeout(&mut connection, Duration::ZERO).await?;
        Ok(Leadership {
            connection,
            schema,
            backend,
        })
    }
}

/// Zero: no limit.
async fn set_lock_timeout(
    connection: &mut PgConnection,
    limit: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query("select set_config('lock_timeout', $1, false)")
        .bind(limit.as_millis().to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether the lock was free before the server gave up.
async fn lock_in_time(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    let locked = sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
        .bind(name)
        .execute(connection)
        .await;
    match locked {
        Ok(_) => Ok(true),
        Err(error) if code(&error).as_deref() == Some(LOCK_NOT_AVAILABLE) => Ok(false),
        Err(error) => Err(error),
    }
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

impl Leadership {
    /// Returns when the leadership is lost. Whoever had it must stop working at once.
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
