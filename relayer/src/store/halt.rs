//! The persistent stop.

use super::{Store, StoreError};

/// Why the instance stopped. Only an operator ends it, with `lex-relayer resume`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Halt {
    pub reason: String,
    /// The source block at which it was noticed.
    pub block: Option<u64>,
}

impl Store {
    /// The first stop that is still in force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn halt(&self) -> Result<Option<Halt>, StoreError> {
        let row: Option<(String, Option<i64>)> = sqlx::query_as(
            "select reason, block_number from halt where resumed_at is null order by halt_id limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(reason, block)| Halt {
            reason,
            block: block.map(i64::cast_unsigned),
        }))
    }

    /// Stops the instance.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_halt(&self, block: Option<u64>, reason: &str) -> Result<(), StoreError> {
        sqlx::query("insert into halt (reason, block_number) values ($1, $2)")
            .bind(reason)
            .bind(block.map(u64::cast_signed))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends every stop in force and says how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume(&self) -> Result<u64, StoreError> {
        let resumed = sqlx::query("update halt set resumed_at = now() where resumed_at is null")
            .execute(&self.pool)
            .await?;
        Ok(resumed.rows_affected())
    }
}
