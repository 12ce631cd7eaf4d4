//! Verified blocks and updates. The newest block is the checkpoint.

use alloy::primitives::{B256, U256};
use lex_model::{TokenId, Update};
use sqlx::{PgConnection, Row};

use super::{Store, StoreError, bits};
use crate::outbox::{VerifiedBlock, VerifiedUpdate};

/// Where verification continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub number: u64,
    pub hash: B256,
    /// Unix seconds.
    pub time: u64,
    /// The outbox at the end of the block.
    pub end: lex_model::Outbox,
}

/// A verified block as attestations need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    pub number: u64,
    /// Unix seconds.
    pub time: u64,
    /// Nonce of the outbox at the end of the block.
    pub nonce: u64,
}

impl Store {
    /// Records verified blocks, their updates and thereby the checkpoint, all or nothing.
    ///
    /// # Errors
    /// When a block or nonce is recorded already: another process works on this schema.
    pub async fn record(&self, blocks: &[VerifiedBlock]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for block in blocks {
            insert_block(&mut transaction, block).await?;
            for update in &block.updates {
                insert_update(&mut transaction, block.number, update).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The newest verified block; `None` before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let row = sqlx::query(
            "select source_block_id, block_hash, block_time, nonce, head
             from source_block order by source_block_id desc limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(checkpoint_from).transpose()
    }

    /// The newest verified block that is not of after `time` (Unix seconds); `None` when all are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoint_at(&self, time: u64) -> Result<Option<Checkpoint>, StoreError> {
        let row = sqlx::query(
            "select source_block_id, block_hash, block_time, nonce, head
             from source_block where block_time <= $1 order by source_block_id desc limit 1",
        )
        .bind(i64::try_from(time).unwrap_or(i64::MAX))
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(checkpoint_from).transpose()
    }

    /// A verified block; `None` when it is not verified.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn block(&self, number: u64) -> Result<Option<BlockRecord>, StoreError> {
        let row: Option<(i64, i64)> =
            sqlx::query_as("select block_time, nonce from source_block where source_block_id = $1")
                .bind(number.cast_signed())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(time, nonce)| BlockRecord {
            number,
            time: time.cast_unsigned(),
            nonce: nonce.cast_unsigned(),
        }))
    }

    /// The head at `nonce` and the block of that update; `None` for nonces that are not verified.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn head(&self, nonce: u64) -> Result<Option<(B256, u64)>, StoreError> {
        let row: Option<(Vec<u8>, i64)> = sqlx::query_as(
            "select head, source_block_id from source_update where source_update_id = $1",
        )
        .bind(nonce.cast_signed())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(head, block)| Ok((bits::hash(&head, "head")?, block.cast_unsigned())))
            .transpose()
    }

    /// The updates `first..=last`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn updates(&self, first: u64, last: u64) -> Result<Vec<Update>, StoreError> {
        let rows = sqlx::query(
            "select source_update_id, kind, token_id::text as token_id, holder, license_type,
                    status, valid_from, valid_until, grace_until, version, parent::text as parent
             from source_update where source_update_id between $1 and $2
             order by source_update_id",
        )
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(update_from).collect()
    }

    /// When the update after `nonce` was verified, as seconds before now; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_seconds(&self, nonce: u64) -> Result<Option<f64>, StoreError> {
        let row: Option<(f64,)> = sqlx::query_as(
            "select extract(epoch from now() - created_at)::float8
             from source_update where source_update_id = $1",
        )
        .bind(nonce.saturating_add(1).cast_signed())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(seconds,)| seconds))
    }
}

async fn insert_block(
    connection: &mut PgConnection,
    block: &VerifiedBlock,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into source_block (source_block_id, block_hash, block_time, nonce, head)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(block.number.cast_signed())
    .bind(block.hash.as_slice())
    .bind(block.time.cast_signed())
    .bind(block.end.nonce.cast_signed())
    .bind(block.end.head.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_update(
    connection: &mut PgConnection,
    block: u64,
    VerifiedUpdate { update, head }: &VerifiedUpdate,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into source_update
             (source_update_id, source_block_id, kind, token_id, holder, license_type, status,
              valid_from, valid_until, grace_until, version, parent, head)
         values ($1, $2, $3, $4::text::numeric, $5, $6, $7, $8, $9, $10, $11, $12::text::numeric, $13)",
    )
    .bind(update.nonce.cast_signed())
    .bind(block.cast_signed())
    .bind(i16::from(update.kind))
    .bind(U256::from_be_bytes(update.token_id.0).to_string())
    .bind(update.holder.as_slice())
    .bind(update.license_type.cast_signed())
    .bind(i16::from(update.status))
    .bind(update.valid_from.cast_signed())
    .bind(update.valid_until.cast_signed())
    .bind(update.grace_until.cast_signed())
    .bind(i64::from(update.version))
    .bind(U256::from_be_bytes(update.parent.0).to_string())
    .bind(head.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

fn checkpoint_from(row: &sqlx::postgres::PgRow) -> Result<Checkpoint, StoreError> {
    let unsigned = |column| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
    Ok(Checkpoint {
        number: unsigned("source_block_id")?,
        hash: bits::hash(row.try_get("block_hash")?, "block_hash")?,
        time: unsigned("block_time")?,
        end: lex_model::Outbox {
            nonce: unsigned("nonce")?,
            head: bits::hash(row.try_get("head")?, "head")?.0,
        },
    })
}

fn update_from(row: &sqlx::postgres::PgRow) -> Result<Update, StoreError> {
    let token_id: U256 = bits::parsed(row.try_get("token_id")?, "token_id")?;
    let parent: U256 = bits::parsed(row.try_get("parent")?, "parent")?;
    let unsigned = |column| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
    Ok(Update {
        nonce: unsigned("source_update_id")?,
        kind: bits::narrowed(row.try_get::<i16, _>("kind")?, "kind")?,
        token_id: TokenId(token_id.to_be_bytes()),
        holder: bits::address(row.try_get("holder")?, "holder")?.0.0,
        license_type: unsigned("license_type")?,
        status: bits::narrowed(row.try_get::<i16, _>("status")?, "status")?,
        valid_from: unsigned("valid_from")?,
        valid_until: unsigned("valid_until")?,
        grace_until: unsigned("grace_until")?,
        version: bits::narrowed(row.try_get::<i64, _>("version")?, "version")?,
        parent: TokenId(parent.to_be_bytes()),
    })
}
