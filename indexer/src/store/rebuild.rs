//! Derived tables from raw events alone.

use lex_client::empty_outbox;
use lex_model::Outbox;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    Store, StoreError, World, checkpoint, commit, digest, digest::TableDigest,
    ledger::DERIVED_TABLES, raw,
};

/// Events per step of a rebuild: bounds memory, not the result.
const EVENTS_PER_STEP: i64 = 5_000;

impl Store {
    /// Empties the derived tables and folds all raw events again, in one transaction: readers see
    /// the old rows until the new ones are there. Answers the digests of the new tables.
    ///
    /// # Errors
    /// The raw events do not lead to the checkpoint, or the database fails; nothing changes then.
    pub async fn rebuild(&self) -> Result<Vec<TableDigest>, StoreError> {
        let mut transaction = self
            .writer
            .begin_with("begin isolation level serializable")
            .await?;
        for (table, _) in DERIVED_TABLES {
            // Not truncate: it would lock readers out.
            let delete = format!("delete from {}.{table}", self.schema);
            sqlx::query(AssertSqlSafe(delete))
                .execute(&mut *transaction)
                .await?;
        }
        if let Some((world, checkpoint)) = checkpoint::read(&mut transaction).await? {
            let outbox = replay(&mut transaction, &world).await?;
            must_reach(checkpoint.outbox, outbox)?;
        }
        let digests = self.derived_digests(&mut transaction).await?;
        transaction.commit().await?;
        Ok(digests)
    }

    pub(super) async fn derived_digests(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Vec<TableDigest>, StoreError> {
        let mut digests = Vec::new();
        for (table, key) in DERIVED_TABLES {
            let qualified = format!("{}.{table}", self.schema);
            digests.push(digest::digest(connection, table, &qualified, key).await?);
        }
        Ok(digests)
    }
}

/// Folds all raw events into the derived tables that this connection sees, which are empty.
pub(super) async fn replay(
    connection: &mut PgConnection,
    world: &World,
) -> Result<Outbox, StoreError> {
    let mut outbox = empty_outbox(world.chain_id, world.license);
    let mut after = None;
    loop {
        let events = raw::events_after(connection, world, after, EVENTS_PER_STEP).await?;
        let Some(last) = events.last() else {
            return Ok(outbox);
        };
        after = Some(last.place.block_number);
        outbox = commit::verified_outbox(outbox, &events)?;
        commit::fold(connection, &events).await?;
    }
}

pub(super) fn must_reach(indexed: Outbox, replayed: Outbox) -> Result<(), StoreError> {
    if indexed == replayed {
        return Ok(());
    }
    Err(StoreError::Corrupt {
        what: "checkpoint.outbox_nonce",
        value: format!(
            "{} where the raw events lead to {}",
            indexed.nonce, replayed.nonce
        ),
    })
}
