//! The instance's durable state in Postgres, in a schema of its own.
//!
//! A kind of record per file; each adds its methods to [`Store`]. To add one: a migration in
//! `migrations/`, then a file here with the type and its queries.

mod attestations;
mod bits;
mod connect;
mod deliveries;
mod halt;
mod leader;
mod lifecycle;
mod retention;
mod schema;
mod source;
mod spending;
mod transactions;

use alloy::primitives::{Address, B256};
use sqlx::PgPool;
use sqlx::migrate::MigrateError;

use crate::config::{DatabaseSection, SchemaName, SourceSection};

pub use attestations::{AttestationRecord, Equivocation, RecordSignature};
pub use deliveries::{Delivery, DeliveryState, Inclusion, NewDelivery};
pub use halt::Halt;
pub use leader::Leadership;
pub use lifecycle::{UpdateLifecycle, UpdateTransaction};
pub use source::{BlockRecord, Checkpoint};
pub use spending::Spending;
pub use transactions::{Fees, NewTransaction, Offer, TransactionRecord};

/// Handle to the instance's schema. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    schema: SchemaName,
}

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("failed to bring the schema up to date")]
    Migration(#[from] MigrateError),
    #[error(
        "database.url leads through a pooler in transaction mode ({0}), where schema and locks get \
         lost; let it lead to PostgreSQL itself, or to a pooler in session mode that passes startup \
         options on"
    )]
    Pooler(String),
    #[error(
        "schema {schema:?} is empty or does not exist; correct database.schema, or start the service \
         once, which makes it"
    )]
    NoSchema { schema: String },
    #[error(
        "schema {schema:?} lacks migration {version}; start the service of this version, which brings \
         it up to date, or use the program of the version that runs"
    )]
    OlderSchema { schema: String, version: i64 },
    #[error(
        "schema {schema:?} has migration {version} of a newer lex-relayer, with which this one cannot \
         work; run that version, or set database.schema to a new name"
    )]
    NewerSchema { schema: String, version: i64 },
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

impl StoreError {
    /// Whether it may pass by itself, as the silence of a database does. What is configured or recorded
    /// wrongly does not.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(_) | Self::Migration(MigrateError::Execute(_)) => true,
            Self::Migration(_)
            | Self::Pooler(_)
            | Self::NoSchema { .. }
            | Self::OlderSchema { .. }
            | Self::NewerSchema { .. }
            | Self::OtherSource { .. }
            | Self::Corrupt { .. } => false,
        }
    }
}

impl Store {
    /// Connects, and changes nothing: the schema is brought up to date by its leader, see
    /// [`Leadership::migrate`].
    ///
    /// # Errors
    /// When the database cannot be reached, or only through a pooler that keeps no schema.
    pub async fn open(section: &DatabaseSection) -> Result<Self, StoreError> {
        Ok(Self {
            pool: connect::connect(section).await?,
            schema: section.schema.clone(),
        })
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
        self.must_be_of(source).await
    }

    /// Refuses a source other than the one that the schema is bound to, if it is.
    ///
    /// # Errors
    /// [`StoreError::OtherSource`] when the schema holds another source's state.
    pub async fn must_be_of(&self, source: &SourceSection) -> Result<(), StoreError> {
        let bound: Option<(i64, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("select source_chain_id, source_genesis, source_contract from instance")
                .fetch_optional(&self.pool)
                .await?;
        let Some((chain_id, genesis, contract)) = bound else {
            return Ok(());
        };
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
