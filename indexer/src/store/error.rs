//! What can go wrong with the index.

use lex_client::B256;
use sqlx::migrate::MigrateError;

use crate::{event::DecodeError, fold::FoldError, outbox::OutboxError};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the schema could not be brought up to date: {0}")]
    Migration(#[from] MigrateError),
    #[error(
        "database.url leads through a pooler in transaction mode ({0}), where schema and locks get \
         lost; let it lead to PostgreSQL itself, or to a pooler in session mode that passes startup \
         options on"
    )]
    Pooler(String),
    #[error(
        "schema {schema:?} is empty or does not exist; correct database.schema, or start the indexer \
         once, which makes it"
    )]
    NoSchema { schema: String },
    #[error(
        "schema {schema:?} lacks migration {version}; start the indexer of this version, which brings \
         it up to date, or use the program of the version that runs"
    )]
    OlderSchema { schema: String, version: i64 },
    #[error(
        "schema {schema:?} has migration {version} of a newer lex-indexer; run that version, or give \
         this one another schema"
    )]
    NewerSchema { schema: String, version: i64 },
    #[error(
        "another lex-indexer works on schema {schema:?}; stop it, or give this one a schema of its own"
    )]
    Locked { schema: String },
    #[error(
        "another process moved the checkpoint of this schema from block {expected} to {found}; \
         only one indexer may write to a schema"
    )]
    CheckpointMoved { expected: u64, found: u64 },
    #[error(
        "schema {schema:?} was indexed from another world: {difference}; use another schema or drop this one"
    )]
    OtherWorld { schema: String, difference: String },
    #[error(
        "block {number} follows {parent}, but the index ends with {indexed}: the chain was replaced"
    )]
    BrokenChain {
        number: u64,
        parent: B256,
        indexed: B256,
    },
    #[error("block {found} was given where {expected} comes next")]
    Gap { expected: u64, found: u64 },
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(
        "{what} holds {value}, which is out of range; the schema was changed by something else"
    )]
    Corrupt { what: &'static str, value: String },
}

impl StoreError {
    /// Whether the same work may succeed when it is done again from the checkpoint.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) | Self::Migration(MigrateError::Execute(error)) => {
                is_transient(error)
            }
            Self::Migration(_)
            | Self::Pooler(_)
            | Self::NoSchema { .. }
            | Self::OlderSchema { .. }
            | Self::NewerSchema { .. }
            | Self::Locked { .. }
            | Self::CheckpointMoved { .. }
            | Self::OtherWorld { .. }
            | Self::BrokenChain { .. }
            | Self::Gap { .. }
            | Self::Decode(_)
            | Self::Fold(_)
            | Self::Outbox(_)
            | Self::Corrupt { .. } => false,
        }
    }

    /// Whether Postgres asks for the transaction to be run again (serialization, deadlock).
    pub(crate) fn is_serialization_failure(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("40001" | "40P01"))
            }
            _ => false,
        }
    }
}

fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        // Class 08: connection; 40: rollback; 53: resources; 57P: shutdown and start-up.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            ["08", "40", "53", "57P"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}
