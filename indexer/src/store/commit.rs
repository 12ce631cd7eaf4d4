//! A run of blocks becomes rows, and the checkpoint moves, in one transaction.

use std::time::Duration;

use lex_client::{SourceBlock, abi::license::License::LicenseEvents};
use lex_model::Outbox;
use sqlx::PgConnection;
use tokio::time::sleep;
use tracing::warn;

use super::{Checkpoint, Store, StoreError, World, checkpoint, ledger, raw};
use crate::{
    event::{Event, Message, decode_block},
    fold::Keys,
    outbox,
};

/// How often a transaction is run again when Postgres asks for it, and the wait before.
const SERIALIZATION_RETRIES: u32 = 5;
const SERIALIZATION_BACKOFF: Duration = Duration::from_millis(20);

impl Store {
    /// Commits `blocks`, which follow `from` without a gap, and answers the new checkpoint.
    ///
    /// # Errors
    /// Nothing is written then. See [`StoreError::is_transient`]; after a transient error the
    /// caller reads the checkpoint again, because the commit may have succeeded unheard.
    pub async fn commit(
        &self,
        world: &World,
        from: &Checkpoint,
        blocks: &[SourceBlock],
    ) -> Result<Checkpoint, StoreError> {
        let Some(last) = blocks.last() else {
            return Ok(from.clone());
        };
        must_follow(from, blocks)?;
        let mut events = Vec::new();
        for block in blocks {
            events.extend(decode_block(world, block)?);
        }
        let to = Checkpoint {
            block_number: last.number,
            block_hash: last.hash,
            block_time: last.time,
            sequence: from.sequence.saturating_add(1),
            outbox: verified_outbox(from.outbox, &events)?,
        };
        let mut attempt = 0;
        loop {
            match self.write(from, &to, blocks, &events).await {
                Err(error)
                    if error.is_serialization_failure() && attempt < SERIALIZATION_RETRIES =>
                {
                    attempt += 1;
                    warn!(attempt, %error, "transaction conflicts with another, running it again");
                    sleep(SERIALIZATION_BACKOFF * attempt).await;
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(to),
            }
        }
    }

    async fn write(
        &self,
        from: &Checkpoint,
        to: &Checkpoint,
        blocks: &[SourceBlock],
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut transaction = self
            .writer
            .begin_with("begin isolation level serializable")
            .await?;
        checkpoint::swap(&mut transaction, from, to).await?;
        raw::insert(&mut transaction, blocks).await?;
        fold(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Folds `events` into the derived tables.
pub(super) async fn fold(
    connection: &mut PgConnection,
    events: &[Event],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut ledger = ledger::load(connection, &Keys::of(events)).await?;
    ledger.fold(events)?;
    ledger::save(connection, &ledger).await
}

fn must_follow(from: &Checkpoint, blocks: &[SourceBlock]) -> Result<(), StoreError> {
    let mut number = from.block_number;
    let mut hash = from.block_hash;
    for block in blocks {
        let expected = number.saturating_add(1);
        if block.number != expected {
            return Err(StoreError::Gap {
                expected,
                found: block.number,
            });
        }
        if block.parent_hash != hash {
            return Err(StoreError::BrokenChain {
                number: block.number,
                parent: block.parent_hash,
                indexed: hash,
            });
        }
        number = block.number;
        hash = block.hash;
    }
    Ok(())
}

/// The outbox after `events`, each announced head compared with the computed one.
pub(super) fn verified_outbox(before: Outbox, events: &[Event]) -> Result<Outbox, StoreError> {
    let mut outbox = before;
    for event in events {
        if let Message::License(LicenseEvents::UpdateAppended(update)) = &event.message {
            outbox = outbox::append(&outbox, update)?;
        }
    }
    Ok(outbox)
}
