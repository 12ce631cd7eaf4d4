//! Signatures given out. The database refuses two heads for one nonce.

use alloy::primitives::B256;
use lex_model::{Attestation, Destination};

use super::{Store, StoreError};

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
    /// Another head was signed for this nonce, or another time for this block.
    Equivocation,
}

impl Store {
    /// Records a signature; to be called before it is given out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_signature(
        &self,
        record: AttestationRecord<'_>,
    ) -> Result<RecordSignature, StoreError> {
        let inserted = self.insert_signature(&record).await;
        match inserted {
            Ok(()) => Ok(RecordSignature::Recorded),
            Err(error) => match Self::violated(&error) {
                Some("signed_attestation_head" | "signed_attestation_once") => {
                    Ok(RecordSignature::Equivocation)
                }
                _ => Err(error.into()),
            },
        }
    }

    async fn insert_signature(&self, record: &AttestationRecord<'_>) -> Result<(), sqlx::Error> {
        let AttestationRecord {
            destination,
            attestation,
            digest,
            signature,
        } = record;
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "insert into signed_head (signed_head_id, head) values ($1, $2)
             on conflict (signed_head_id) do nothing",
        )
        .bind(attestation.nonce.cast_signed())
        .bind(attestation.head.as_slice())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "insert into signed_attestation
                 (digest, destination_chain_id, mirror, epoch, nonce, head, source_block,
                  source_time, signature)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (digest) do nothing",
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
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Number of attestations signed so far.
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
