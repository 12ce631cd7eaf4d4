//! Every transaction that ever carried a delivery, recorded before it is broadcast.

use std::time::Duration;

use alloy::primitives::{B256, Bytes};
use sqlx::{PgConnection, Row};

use super::{Store, StoreError, bits};

/// What a transaction offers, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    pub max_fee_per_gas: u128,
    pub max_priority_fee_per_gas: u128,
}

/// A signed transaction, not yet broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransaction {
    pub hash: B256,
    pub raw: Bytes,
    pub fees: Fees,
}

/// A recorded transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRecord {
    pub hash: B256,
    pub raw: Bytes,
    pub fees: Fees,
    /// Time since it was recorded.
    pub age: Duration,
}

impl Store {
    /// Records a replacement of a delivery's transactions; to be called before it is broadcast.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_transaction(
        &self,
        delivery: i64,
        transaction: &NewTransaction,
    ) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        insert(&mut connection, delivery, transaction).await?;
        Ok(())
    }

    /// Notes that a node took the transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_broadcast(&self, hash: B256) -> Result<(), StoreError> {
        sqlx::query(
            "update delivery_transaction set broadcast_at = now()
             where transaction_hash = $1 and broadcast_at is null",
        )
        .bind(hash.as_slice())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The highest fees offered with this account nonce by deliveries that are in no block. A new
    /// transaction with the nonce must outbid them, because any may still be in a node's pool.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fees_offered(
        &self,
        chain_id: u64,
        account_nonce: u64,
    ) -> Result<Option<Fees>, StoreError> {
        let row: (Option<String>, Option<String>) = sqlx::query_as(
            "select max(max_fee_per_gas)::text, max(max_priority_fee_per_gas)::text
             from delivery_transaction join delivery using (delivery_id)
             where destination_chain_id = $1 and account_nonce = $2
                 and state in ('submitted', 'superseded')",
        )
        .bind(chain_id.cast_signed())
        .bind(account_nonce.cast_signed())
        .fetch_one(&self.pool)
        .await?;
        match row {
            (Some(fee), Some(tip)) => fees(&fee, &tip).map(Some),
            _ => Ok(None),
        }
    }

    pub(super) async fn transactions(
        &self,
        delivery: i64,
    ) -> Result<Vec<TransactionRecord>, StoreError> {
        let rows = sqlx::query(
            "select transaction_hash, raw, max_fee_per_gas::text as max_fee,
                    max_priority_fee_per_gas::text as max_tip,
                    extract(epoch from now() - created_at)::float8 as age
             from delivery_transaction where delivery_id = $1
             order by created_at desc, max_fee_per_gas desc",
        )
        .bind(delivery)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record_from).collect()
    }
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    delivery: i64,
    transaction: &NewTransaction,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into delivery_transaction
             (transaction_hash, delivery_id, raw, max_fee_per_gas, max_priority_fee_per_gas)
         values ($1, $2, $3, $4::text::numeric, $5::text::numeric)",
    )
    .bind(transaction.hash.as_slice())
    .bind(delivery)
    .bind(transaction.raw.as_ref())
    .bind(transaction.fees.max_fee_per_gas.to_string())
    .bind(transaction.fees.max_priority_fee_per_gas.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn record_from(row: &sqlx::postgres::PgRow) -> Result<TransactionRecord, StoreError> {
    let raw: Vec<u8> = row.try_get("raw")?;
    let age: f64 = row.try_get("age")?;
    Ok(TransactionRecord {
        hash: bits::hash(row.try_get("transaction_hash")?, "transaction_hash")?,
        raw: raw.into(),
        fees: fees(row.try_get("max_fee")?, row.try_get("max_tip")?)?,
        age: Duration::try_from_secs_f64(age).unwrap_or_default(),
    })
}

fn fees(max_fee: &str, max_tip: &str) -> Result<Fees, StoreError> {
    Ok(Fees {
        max_fee_per_gas: bits::parsed(max_fee, "max_fee_per_gas")?,
        max_priority_fee_per_gas: bits::parsed(max_tip, "max_priority_fee_per_gas")?,
    })
}
