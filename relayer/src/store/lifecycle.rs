//! What happened to each update, from its finality on the source to its finality on the mirror.

use alloy::primitives::B256;
use sqlx::Row;

use super::{Store, StoreError, bits};

/// One update's way: final, signed, submitted, included, final on the mirror.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UpdateLifecycle {
    pub nonce: u64,
    pub kind: u8,
    /// Decimal.
    pub token_id: String,
    /// The stage reached: `final`, `signed`, `submitted`, `included`, `mirrored`.
    pub stage: &'static str,
    /// Source block, final.
    pub source_block: u64,
    /// When this instance verified it, Unix milliseconds.
    pub verified_at: i64,
    /// Signatures: collected (deliverer) or given (attester).
    pub signatures: u64,
    /// Transactions of the delivery that carries it, oldest first.
    pub transactions: Vec<UpdateTransaction>,
    /// Block of the mirror's chain.
    pub included_block: Option<u64>,
    /// Unix milliseconds.
    pub included_at: Option<i64>,
    /// Unix milliseconds.
    pub final_at: Option<i64>,
}

/// One transaction that carried the update.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UpdateTransaction {
    pub hash: B256,
    /// When a node took it, Unix milliseconds.
    pub broadcast_at: Option<i64>,
}

const LIFECYCLE: &str = "
    select update.source_update_id, update.kind, update.token_id::text as token_id,
        update.source_block_id,
        (extract(epoch from update.created_at) * 1000)::bigint as verified_at,
        delivery.delivery_id, delivery.state, delivery.included_block,
        (extract(epoch from delivery.included_at) * 1000)::bigint as included_at,
        (extract(epoch from delivery.final_at) * 1000)::bigint as final_at,
        coalesce(
            (select count(*) from delivery_signature as given
             where given.delivery_id = delivery.delivery_id),
            0) as collected,
        (select count(*) from signed_attestation as given
         where given.nonce = (select min(nonce) from signed_attestation
                              where nonce >= update.source_update_id)) as given
    from source_update as update
    left join lateral (
        select * from delivery as candidate
        where (candidate.destination_chain_id, candidate.mirror) =
                (select destination_chain_id, mirror from delivery
                 order by delivery_id desc limit 1)
            and candidate.first_nonce <= update.source_update_id
            and candidate.nonce >= update.source_update_id
        order by candidate.state = 'superseded', candidate.delivery_id desc limit 1
    ) as delivery on true
    where update.source_update_id between $1 and $2
    order by update.source_update_id";

impl Store {
    /// The lifecycles of the updates `first..=last`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lifecycles(
        &self,
        first: u64,
        last: u64,
    ) -> Result<Vec<UpdateLifecycle>, StoreError> {
        let rows = sqlx::query(LIFECYCLE)
            .bind(first.cast_signed())
            .bind(last.cast_signed())
            .fetch_all(&self.pool)
            .await?;
        let mut lifecycles = Vec::with_capacity(rows.len());
        for row in &rows {
            let transactions = match row.try_get::<Option<i64>, _>("delivery_id")? {
                Some(delivery) => self.update_transactions(delivery).await?,
                None => Vec::new(),
            };
            lifecycles.push(lifecycle_from(row, transactions)?);
        }
        Ok(lifecycles)
    }

    async fn update_transactions(
        &self,
        delivery: i64,
    ) -> Result<Vec<UpdateTransaction>, StoreError> {
        let rows: Vec<(Vec<u8>, Option<i64>)> = sqlx::query_as(
            "select transaction_hash, (extract(epoch from broadcast_at) * 1000)::bigint
             from delivery_transaction where delivery_id = $1 order by created_at",
        )
        .bind(delivery)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(hash, broadcast_at)| {
                Ok(UpdateTransaction {
                    hash: bits::hash(&hash, "transaction_hash")?,
                    broadcast_at,
                })
            })
            .collect()
    }
}

fn lifecycle_from(
    row: &sqlx::postgres::PgRow,
    transactions: Vec<UpdateTransaction>,
) -> Result<UpdateLifecycle, StoreError> {
    let collected: i64 = row.try_get("collected")?;
    let given: i64 = row.try_get("given")?;
    let signatures = collected.max(given).cast_unsigned();
    let state: Option<&str> = row.try_get("state")?;
    let stage = match state {
        Some("final") => "mirrored",
        Some("included") => "included",
        Some("submitted") => "submitted",
        _ if signatures > 0 => "signed",
        _ => "final",
    };
    Ok(UpdateLifecycle {
        nonce: row.try_get::<i64, _>("source_update_id")?.cast_unsigned(),
        kind: bits::narrowed(row.try_get::<i16, _>("kind")?, "kind")?,
        token_id: row.try_get("token_id")?,
        stage,
        source_block: row.try_get::<i64, _>("source_block_id")?.cast_unsigned(),
        verified_at: row.try_get("verified_at")?,
        signatures,
        transactions,
        included_block: row
            .try_get::<Option<i64>, _>("included_block")?
            .map(i64::cast_unsigned),
        included_at: row.try_get("included_at")?,
        final_at: row.try_get("final_at")?,
    })
}
