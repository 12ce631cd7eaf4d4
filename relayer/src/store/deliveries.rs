//! Deliveries: what was put on its way to the mirror, and how far it came.

use std::ops::Range;

use alloy::primitives::{Address, B256, Bytes};
use lex_model::{Attestation, Destination};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::transactions::{self, NewTransaction, TransactionRecord};
use super::{Store, StoreError, bits};

/// A delivery whose transactions are not final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    /// The attested nonce: the mirror's nonce once this is included.
    pub nonce: u64,
    /// The first update it carries; `None` when it only renews freshness.
    pub first_nonce: Option<u64>,
    pub source_block: u64,
    pub account_nonce: u64,
    pub calldata: Bytes,
    pub gas_limit: u64,
    pub state: DeliveryState,
    /// All of its transactions, newest first. Any of them may be mined.
    pub transactions: Vec<TransactionRecord>,
}

/// Where an open delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Recorded, perhaps broadcast, in no block.
    Submitted,
    /// In this block, which may still be reorganised away.
    Included { block: u64, hash: B256 },
}

/// A prepared delivery with its first transaction.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub destination: Destination,
    /// `None` for a heartbeat.
    pub first_nonce: Option<u64>,
    pub attestation: Attestation,
    pub signatures: Vec<(Address, Bytes)>,
    /// Who pays, and whose nonces they are.
    pub account: Address,
    pub account_nonce: u64,
    pub calldata: Bytes,
    pub gas_limit: u64,
    pub transaction: NewTransaction,
}

/// A mined transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inclusion {
    pub transaction: B256,
    pub block: u64,
    pub block_hash: B256,
    pub gas_used: u64,
    /// Gas used times the price that was paid, in wei.
    pub paid: u128,
}

impl Store {
    /// Records a delivery, its signatures and its first transaction, all or nothing; to be called
    /// before the transaction is broadcast.
    ///
    /// # Errors
    /// When the database fails, or another delivery is on its way with the same account nonce.
    pub async fn add_delivery(&self, delivery: &NewDelivery) -> Result<i64, StoreError> {
        let attestation = &delivery.attestation;
        let mut transaction = self.pool.begin().await?;
        let (id,): (i64,) = sqlx::query_as(
            "insert into delivery
                 (destination_chain_id, mirror, first_nonce, nonce, head, epoch, source_block,
                  source_time, account_nonce, calldata, gas_limit, account)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning delivery_id",
        )
        .bind(delivery.destination.chain_id.cast_signed())
        .bind(delivery.destination.mirror.as_slice())
        .bind(delivery.first_nonce.map(u64::cast_signed))
        .bind(attestation.nonce.cast_signed())
        .bind(attestation.head.as_slice())
        .bind(attestation.epoch.cast_signed())
        .bind(attestation.source_block.cast_signed())
        .bind(attestation.source_time.cast_signed())
        .bind(delivery.account_nonce.cast_signed())
        .bind(delivery.calldata.as_ref())
        .bind(delivery.gas_limit.cast_signed())
        .bind(delivery.account.as_slice())
        .fetch_one(&mut *transaction)
        .await?;
        for (attester, signature) in &delivery.signatures {
            sqlx::query(
                "insert into delivery_signature (delivery_id, attester, signature)
                 values ($1, $2, $3)",
            )
            .bind(id)
            .bind(attester.as_slice())
            .bind(signature.as_ref())
            .execute(&mut *transaction)
            .await?;
        }
        transactions::insert(&mut transaction, id, &delivery.transaction).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Deliveries to this mirror that are not final, in the order of their account nonces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_deliveries(
        &self,
        destination: &Destination,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "select delivery_id, nonce, first_nonce, source_block, account_nonce, calldata, gas_limit,
                    state, included_block, included_hash
             from delivery
             where state in ('submitted', 'included')
                 and destination_chain_id = $1 and mirror = $2
             order by account_nonce, delivery_id",
        )
        .bind(destination.chain_id.cast_signed())
        .bind(destination.mirror.as_slice())
        .fetch_all(&self.pool)
        .await?;
        self.deliveries_from(&rows).await
    }

    /// Deliveries of `account` to this mirror that count as final although the destination has
    /// mined fewer of its transactions: `account_nonce` is its next. In the order of their nonces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undone_deliveries(
        &self,
        destination: &Destination,
        account: Address,
        account_nonce: u64,
    ) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select delivery_id from delivery
             where state = 'final' and account_nonce >= $4 and account = $3
                 and destination_chain_id = $1 and mirror = $2
             order by account_nonce, delivery_id",
        )
        .bind(destination.chain_id.cast_signed())
        .bind(destination.mirror.as_slice())
        .bind(account.as_slice())
        .bind(account_nonce.cast_signed())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Deliveries of `account` to this mirror that were given up with one of these account nonces,
    /// although a node took them: one of them may have been mined.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn given_up_deliveries(
        &self,
        destination: &Destination,
        account: Address,
        account_nonces: Range<u64>,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "select delivery_id, nonce, first_nonce, source_block, account_nonce, calldata, gas_limit,
                    state, included_block, included_hash
             from delivery
             where state = 'superseded' and paid_wei is null and account = $3
                 and account_nonce >= $4 and account_nonce < $5
                 and destination_chain_id = $1 and mirror = $2
                 and exists (select 1 from delivery_transaction as sent
                     where sent.delivery_id = delivery.delivery_id and broadcast_at is not null)
             order by account_nonce, delivery_id",
        )
        .bind(destination.chain_id.cast_signed())
        .bind(destination.mirror.as_slice())
        .bind(account.as_slice())
        .bind(account_nonces.start.cast_signed())
        .bind(account_nonces.end.cast_signed())
        .fetch_all(&self.pool)
        .await?;
        self.deliveries_from(&rows).await
    }

    async fn deliveries_from(&self, rows: &[PgRow]) -> Result<Vec<Delivery>, StoreError> {
        let mut deliveries = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.try_get("delivery_id")?;
            deliveries.push(delivery_from(row, id, self.transactions(id).await?)?);
        }
        Ok(deliveries)
    }

    /// Gives up open deliveries that another account pays for: this lane has another key now, and
    /// their account nonces say nothing about its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave_other_accounts(&self, account: Address) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery set state = 'superseded', outcome = 'another account'
             where state in ('submitted', 'included') and account <> $1",
        )
        .bind(account.as_slice())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Gives up open deliveries to any other mirror: this lane serves another one now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave_other_mirrors(&self, destination: &Destination) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery set state = 'superseded', outcome = 'another mirror'
             where state in ('submitted', 'included')
                 and (destination_chain_id, mirror) <> ($1, $2)",
        )
        .bind(destination.chain_id.cast_signed())
        .bind(destination.mirror.as_slice())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The delivery is in a block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_included(&self, id: i64, at: &Inclusion) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery set state = 'included', transaction_hash = $2, included_block = $3,
                 included_hash = $4, gas_used = $5, paid_wei = $6::text::numeric, included_at = now(),
                 outcome = null
             where delivery_id = $1",
        )
        .bind(id)
        .bind(at.transaction.as_slice())
        .bind(at.block.cast_signed())
        .bind(at.block_hash.as_slice())
        .bind(at.gas_used.cast_signed())
        .bind(at.paid.to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The delivery's block was reorganised away. It is on its way again, unless another delivery
    /// took its account nonce meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_reorganised(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery as this set
                 state = case when taken then 'superseded' else 'submitted' end,
                 outcome = case when taken then 'account nonce taken' end,
                 transaction_hash = null, included_block = null, included_hash = null,
                 gas_used = null, paid_wei = null, included_at = null, final_at = null,
                 reopened_at = now()
             from (select exists (
                 select 1 from delivery as other
                 join delivery as own using (destination_chain_id, account, account_nonce)
                 where own.delivery_id = $1 and other.delivery_id <> $1 and other.state = 'submitted'
             ) as taken) as found
             where this.delivery_id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The delivery's block is deep enough.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_final(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery set state = 'final', final_at = now()
             where delivery_id = $1 and state = 'included'",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The delivery is given up; `outcome` says why, `cost` what it cost nevertheless.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_superseded(
        &self,
        id: i64,
        outcome: &str,
        cost: Option<&Inclusion>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery set state = 'superseded', outcome = $2, transaction_hash = $3,
                 gas_used = $4, paid_wei = $5::text::numeric
             where delivery_id = $1",
        )
        .bind(id)
        .bind(outcome)
        .bind(cost.map(|inclusion| inclusion.transaction.to_vec()))
        .bind(cost.map(|inclusion| inclusion.gas_used.cast_signed()))
        .bind(cost.map(|inclusion| inclusion.paid.to_string()))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Wei spent within the last hour, plus what transactions that are still on their way may cost
    /// at most. Replacements of one transaction count once: only one of them can be mined.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_last_hour(&self) -> Result<u128, StoreError> {
        let (spent,): (String,) = sqlx::query_as(
            "select coalesce(sum(coalesce(paid_wei, gas_limit * offered)), 0)::numeric(78, 0)::text
             from delivery join (
                 select delivery_id, max(max_fee_per_gas) as offered
                 from delivery_transaction group by delivery_id
             ) as offers using (delivery_id)
             where delivery.created_at > now() - interval '1 hour'
                 and (paid_wei is not null or state = 'submitted')",
        )
        .fetch_one(&self.pool)
        .await?;
        bits::parsed(&spent, "paid_wei")
    }
}

fn delivery_from(
    row: &PgRow,
    id: i64,
    transactions: Vec<TransactionRecord>,
) -> Result<Delivery, StoreError> {
    let calldata: Vec<u8> = row.try_get("calldata")?;
    let unsigned = |column| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
    Ok(Delivery {
        id,
        nonce: unsigned("nonce")?,
        first_nonce: row
            .try_get::<Option<i64>, _>("first_nonce")?
            .map(i64::cast_unsigned),
        source_block: unsigned("source_block")?,
        account_nonce: unsigned("account_nonce")?,
        calldata: calldata.into(),
        gas_limit: unsigned("gas_limit")?,
        state: state_from(row)?,
        transactions,
    })
}

fn state_from(row: &PgRow) -> Result<DeliveryState, StoreError> {
    let block: Option<i64> = row.try_get("included_block")?;
    let hash: Option<&[u8]> = row.try_get("included_hash")?;
    match (row.try_get("state")?, block, hash) {
        // One that was given up may be mined nevertheless, like any other on its way.
        ("submitted" | "superseded", ..) => Ok(DeliveryState::Submitted),
        ("included", Some(block), Some(hash)) => Ok(DeliveryState::Included {
            block: block.cast_unsigned(),
            hash: bits::hash(hash, "included_hash")?,
        }),
        _ => Err(StoreError::Corrupt { column: "state" }),
    }
}
