//! The instance's durable state in Postgres, in a schema of its own.
//!
//! A kind of record per file; each adds its methods to [`Store`]. To add one: a migration in
//! `migrations/`, then a file here with the type and its queries.

mod attestations;
mod bits;
mod deliveries;
mod halt;
mod leader;
mod lifecycle;
mod source;
mod transactions;

use std::str::FromStr;

use alloy::primitives::{Address, B256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::config::{DatabaseSection, SourceSection};

pub use attestations::{AttestationRecord, Equivocation, RecordSignature};
pub use deliveries::{Delivery, DeliveryState, Inclusion, NewDelivery};
pub use halt::Halt;
pub use leader::Leadership;
pub use lifecycle::{UpdateLifecycle, UpdateTransaction};
pub use source::{BlockRecord, Checkpoint};
pub use transactions::{Fees, NewTransaction, TransactionRecord};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Handle to the instance's schema. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
}

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("failed to bring the schema up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(
        "the schema holds the state of contract {contract} on chain {chain_id} with genesis \
         {genesis}, which is not the configured source; set database.schema to a new name, or drop \
         the schema if that state is no longer needed"
    )]
    OtherSource {
        chain_id: u64,
        genesis: B256,
        contract: Address,
    },
    #[error("column {column} holds an impossible value")]
    Corrupt { column: &'static str },
}

impl Store {
    /// Connects, creates the schema when missing and brings it up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated.
    pub async fn open(section: &DatabaseSection) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(section.url.reveal())?;
        let schema = section.schema.as_str();
        let mut connection = PgConnection::connect_with(&options).await?;
        let create = format!("create schema if not exists {schema}");
        sqlx::query(AssertSqlSafe(create))
            .execute(&mut connection)
            .await?;
        connection.close().await?;

        let pool = PgPoolOptions::new()
            .max_connections(section.max_connections)
            .connect_with(options.options([("search_path", schema)]))
            .await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { pool })
    }

    /// Binds the schema to a source on first use, and refuses any other one afterwards.
    ///
    /// # Errors
    /// [`StoreError::OtherSource`] when the schema holds another source's state.
    pub async fn bind(&self, source: &SourceSection) -> Result<(), StoreError> {
        sqlx::query(
            "insert into instance (source_chain_id, source_genesis, source_contract)
             values ($1, $2, $3) on conflict do nothing",
        )
        .bind(source.chain_id.cast_signed())
        .bind(source.genesis.as_slice())
        .bind(source.contract.as_slice())
        .execute(&self.pool)
        .await?;
        let (chain_id, genesis, contract): (i64, Vec<u8>, Vec<u8>) =
            sqlx::query_as("select source_chain_id, source_genesis, source_contract from instance")
                .fetch_one(&self.pool)
                .await?;
        let chain_id = chain_id.cast_unsigned();
        let genesis = bits::hash(&genesis, "source_genesis")?;
        let contract = bits::address(&contract, "source_contract")?;
        if (chain_id, genesis, contract) == (source.chain_id, source.genesis, source.contract) {
            Ok(())
        } else {
            Err(StoreError::OtherSource {
                chain_id,
                genesis,
                contract,
            })
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }
}
