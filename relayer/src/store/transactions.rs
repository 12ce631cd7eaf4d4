//! Every transaction that ever carried a delivery, recorded before it is broadcast.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};
use sqlx::postgres::PgRow;
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
    /// Time for which it has been in a node's hands, or since a reorganisation put it there again;
    /// `None` while no node took it.
    pub taken: Option<Duration>,
}

/// A transaction that a node took, and what it offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub hash: B256,
    pub fees: Fees,
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

    /// What was offered with this account nonce and taken by a node, newest first, at most `limit`.
    /// What no node took is in no pool and outbids nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offers(
        &self,
        chain_id: u64,
        account: Address,
        account_nonce: u64,
        limit: u32,
    ) -> Result<Vec<Offer>, StoreError> {
        let rows = sqlx::query(
            "select sent.transaction_hash, max_fee_per_gas::text as max_fee,
                    max_priority_fee_per_gas::text as max_tip
             from delivery_transaction as sent join delivery using (delivery_id)
             where destination_chain_id = $1 and account = $2 and account_nonce = $3
                 and broadcast_at is not null
             order by sent.created_at desc, max_fee_per_gas desc limit $4",
        )
        .bind(chain_id.cast_signed())
        .bind(account.as_slice())
        .bind(account_nonce.cast_signed())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let offer = |row: &PgRow| {
            Ok(Offer {
                hash: bits::hash(row.try_get("transaction_hash")?, "transaction_hash")?,
                fees: fees(row.try_get("max_fee")?, row.try_get("max_tip")?)?,
            })
        };
        rows.iter().map(offer).collect()
    }

    pub(super) async fn transactions(
        &self,
        delivery: i64,
    ) -> Result<Vec<TransactionRecord>, StoreError> {
        let rows = sqlx::query(
            "select sent.transaction_hash, raw, max_fee_per_gas::text as max_fee,
                    max_priority_fee_per_gas::text as max_tip,
                    extract(epoch from now() - greatest(broadcast_at, reopened_at))::float8 as taken,
                    broadcast_at is not null as is_taken
             from delivery_transaction as sent join delivery using (delivery_id)
             where delivery_id = $1
             order by sent.created_at desc, max_fee_per_gas desc",
        )
        .bind(delivery)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record_from).collect()
    }
}

/// The same transaction comes again when a delivery that was given up is prepared anew with the same
/// content, account nonce and fees. It then belongs to the new delivery, and whether a node has it is
/// found out anew.
pub(super) async fn insert(
    connection: &mut PgConnection,
    delivery: i64,
    transaction: &NewTransaction,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into delivery_transaction
             (transaction_hash, delivery_id, raw, max_fee_per_gas, max_priority_fee_per_gas)
         values ($1, $2, $3, $4::text::numeric, $5::text::numeric)
         on conflict (transaction_hash) do update
             set delivery_id = excluded.delivery_id, broadcast_at = null, created_at = now()",
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

fn record_from(row: &PgRow) -> Result<TransactionRecord, StoreError> {
    let raw: Vec<u8> = row.try_get("raw")?;
    let taken: Option<f64> = match row.try_get("is_taken")? {
        true => row.try_get("taken")?,
        false => None,
    };
    Ok(TransactionRecord {
        hash: bits::hash(row.try_get("transaction_hash")?, "transaction_hash")?,
        raw: raw.into(),
        fees: fees(row.try_get("max_fee")?, row.try_get("max_tip")?)?,
        taken: taken.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
    })
}

fn fees(max_fee: &str, max_tip: &str) -> Result<Fees, StoreError> {
    Ok(Fees {
        max_fee_per_gas: bits::parsed(max_fee, "max_fee_per_gas")?,
        max_priority_fee_per_gas: bits::parsed(max_tip, "max_priority_fee_per_gas")?,
    })
}
