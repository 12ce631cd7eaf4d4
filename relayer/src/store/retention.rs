//! Forgetting blocks that nothing can be asked about any more.

use super::{Store, StoreError};

/// Rows that one statement deletes at most, so that none of them holds others up.
const ROWS_PER_STEP: i64 = 5_000;

/// Of each update its own block and the one before it stay: with these every part of the outbox can be
/// signed and delivered again, to a mirror that begins anew.
const FORGET_BLOCKS: &str = "
    delete from source_block where source_block_id in (
        select old.source_block_id from source_block as old
        where old.source_block_id < (select max(source_block_id) from source_block) - $1
            and not exists (
                select from source_update as kept
                where kept.source_block_id in (old.source_block_id, old.source_block_id + 1))
        order by old.source_block_id limit $2)";

/// A block that is forgotten is not signed for any more, so that its time binds nothing.
const FORGET_TIMES: &str = "
    delete from signed_block where signed_block_id in (
        select old.signed_block_id from signed_block as old
        where old.signed_block_id < (select max(source_block_id) from source_block) - $1
            and not exists (
                select from source_block as kept where kept.source_block_id = old.signed_block_id)
        order by old.signed_block_id limit $2)";

impl Store {
    /// Forgets what lies more than `kept` blocks behind the newest and is needed for nothing. Says how many
    /// rows that were.
    ///
    /// # Errors
    /// When the database fails; what was forgotten until then stays so.
    pub async fn forget_blocks(&self, kept: u64) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for statement in [FORGET_BLOCKS, FORGET_TIMES] {
            loop {
                let step = sqlx::query(statement)
                    .bind(i64::try_from(kept).unwrap_or(i64::MAX))
                    .bind(ROWS_PER_STEP)
                    .execute(&self.pool)
                    .await?;
                forgotten += step.rows_affected();
                if step.rows_affected() < ROWS_PER_STEP.cast_unsigned() {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}
