//! Signatures given out, and what they bind the instance to: for each nonce one head, for each block
//! one time. A statement that would say something else is refused, and is the only thing that is: asking
//! for the same again, at the same time, or after an answer got lost, changes nothing.

use alloy::primitives::B256;
use lex_model::{Attestation, Destination};
use sqlx::PgConnection;

use super::{Store, StoreError, bits};

/// A signed attestation.
#[derive(Clone, Copy, Debug)]
pub struct AttestationRecord<'a> {
    pub destination: Destination,
    pub attestation: &'a Attestation,
    pub digest: B256,
    /// r, s, v.
    pub signature: &'a [u8],
}

/// Whether a signature may leave the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSignature {
    /// It is recorded, now or before.
    Recorded,
    /// It contradicts what was signed before.
    Equivocation(Equivocation),
}

/// Two statements of which at most one can be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Equivocation {
    #[error("head {signed} was signed for update {nonce} before, and now it would be {asked}")]
    Head {
        nonce: u64,
        signed: B256,
        asked: B256,
    },
    /// Times are Unix seconds.
    #[error("time {signed} was signed for block {block} before, and now it would be {asked}")]
    Time { block: u64, signed: u64, asked: u64 },
}

impl Store {
    /// Records a signature; to be called before it is given out.
    ///
    /// # Errors
    /// When the database fails. It may have recorded the signature all the same; the same call again
    /// is answered as if it were the first.
    pub async fn record_signature(
        &self,
        record: AttestationRecord<'_>,
    ) -> Result<RecordSignature, StoreError> {
        let Attestation {
            nonce,
            head,
            source_block,
            source_time,
            ..
        } = *record.attestation;
        let asked = B256::from(head);
        // Always in this order, so that no two transactions wait for each other.
        let mut transaction = self.pool.begin().await?;
        let signed = bound_head(&mut transaction, nonce, asked).await?;
        if signed != asked {
            return Ok(RecordSignature::Equivocation(Equivocation::Head {
                nonce,
                signed,
                asked,
            }));
        }
        let signed = bound_time(&mut transaction, source_block, source_time).await?;
        if signed != source_time {
            return Ok(RecordSignature::Equivocation(Equivocation::Time {
                block: source_block,
                signed,
                asked: source_time,
            }));
        }
        keep_newest(&mut transaction, &record).await?;
        transaction.commit().await?;
        Ok(RecordSignature::Recorded)
    }

    /// Number of attestations kept: of each destination, epoch and nonce the newest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signature_count(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from signed_attestation")
            .fetch_one(&self.pool)
            .await?;
        Ok(count.cast_unsigned())
    }
}

/// The head that `nonce` is bound to: `head`, unless it was another one before.
async fn bound_head(
    connection: &mut PgConnection,
    nonce: u64,
    head: B256,
) -> Result<B256, StoreError> {
    // Of any unique key: the table has two, and one that is not named here would be violated by an equal
    // row that is written at the same moment.
    let inserted = sqlx::query(
        "insert into signed_head (signed_head_id, head) values ($1, $2) on conflict do nothing",
    )
    .bind(nonce.cast_signed())
    .bind(head.as_slice())
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(head);
    }
    let (bound,): (Vec<u8>,) =
        sqlx::query_as("select head from signed_head where signed_head_id = $1")
            .bind(nonce.cast_signed())
            .fetch_one(connection)
            .await?;
    bits::hash(&bound, "head")
}

/// The time that `block` is bound to: `time`, unless it was another one before.
async fn bound_time(
    connection: &mut PgConnection,
    block: u64,
    time: u64,
) -> Result<u64, StoreError> {
    let inserted = sqlx::query(
        "insert into signed_block (signed_block_id, block_time) values ($1, $2)
         on conflict (signed_block_id) do nothing",
    )
    .bind(block.cast_signed())
    .bind(time.cast_signed())
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(time);
    }
    let (bound,): (i64,) =
        sqlx::query_as("select block_time from signed_block where signed_block_id = $1")
            .bind(block.cast_signed())
            .fetch_one(connection)
            .await?;
    Ok(bound.cast_unsigned())
}

/// Writes the statement unless one about the same or a newer block is there. That is looked for first,
/// because `on conflict do update` locks the row even when it leaves it as it is.
async fn keep_newest(
    connection: &mut PgConnection,
    record: &AttestationRecord<'_>,
) -> Result<(), StoreError> {
    let AttestationRecord {
        destination,
        attestation,
        digest,
        signature,
    } = record;
    sqlx::query(
        "insert into signed_attestation as kept
             (digest, destination_chain_id, mirror, epoch, nonce, head, source_block,
              source_time, signature)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9
         where not exists (
             select from signed_attestation
             where (destination_chain_id, mirror, epoch, nonce) = ($2, $3, $4, $5)
                 and source_block >= $7)
         on conflict on constraint signed_attestation_newest do update
             set digest = excluded.digest, source_block = excluded.source_block,
                 source_time = excluded.source_time, signature = excluded.signature,
                 created_at = excluded.created_at
             where kept.source_block < excluded.source_block",
    )
    .bind(digest.as_slice())
    .bind(destination.chain_id.cast_signed())
    .bind(destination.mirror.as_slice())
    .bind(attestation.epoch.cast_signed())
    .bind(attestation.nonce.cast_signed())
    .bind(attestation.head.as_slice())
    .bind(attestation.source_block.cast_signed())
    .bind(attestation.source_time.cast_signed())
    .bind(*signature)
    .execute(connection)
    .await?;
    Ok(())
}
