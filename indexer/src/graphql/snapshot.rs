//! One moment of the database per request, so that all its fields agree with each other and with
//! the block that `_meta` tells.

use std::sync::Arc;

use async_graphql::{Context, dataloader::DataLoader};
use lex_client::B256;
use sqlx::{PgConnection, Postgres, Transaction};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::{Backend, QueryError};

/// The last committed block in the snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub number: u64,
    pub hash: B256,
    /// Unix seconds.
    pub time: u64,
}

/// A lazily opened, read-only transaction. Cheap to clone; clones share it.
#[derive(Clone)]
pub(super) struct Snapshot(Arc<Inner>);

struct Inner {
    backend: Backend,
    opened: Mutex<Option<Opened>>,
}

struct Opened {
    transaction: Transaction<'static, Postgres>,
    head: Head,
}

/// Loads rows that many fields ask for by key, in one statement.
#[derive(Clone)]
pub(super) struct RowLoader(pub(super) Snapshot);

pub(super) fn loader(snapshot: Snapshot) -> DataLoader<RowLoader> {
    DataLoader::new(RowLoader(snapshot), tokio::spawn)
}

impl Snapshot {
    pub(super) fn new(backend: Backend) -> Self {
        Self(Arc::new(Inner {
            backend,
            opened: Mutex::new(None),
        }))
    }

    pub(super) fn of<'a>(context: &Context<'a>) -> Result<&'a Self, QueryError> {
        context
            .data::<Self>()
            .map_err(|error| QueryError::internal(&error.message))
    }

    pub(super) fn backend(&self) -> &Backend {
        &self.0.backend
    }

    /// The connection to read from.
    ///
    /// # Errors
    /// [`QueryError::Stale`] when the index does not keep up with the chain, or the chain is silent.
    pub(super) async fn read(&self) -> Result<MappedMutexGuard<'_, PgConnection>, QueryError> {
        self.must_be_fresh()?;
        let opened = self.open().await?;
        MutexGuard::try_map(opened, |opened| {
            opened.as_mut().map(|opened| &mut *opened.transaction)
        })
        .map_err(|_| QueryError::internal(&"no snapshot"))
    }

    /// The block as of which everything is answered; answered even when the index is behind.
    pub(super) async fn head(&self) -> Result<Head, QueryError> {
        let opened = self.open().await?;
        opened
            .as_ref()
            .map(|opened| opened.head)
            .ok_or_else(|| QueryError::internal(&"no snapshot"))
    }

    /// The time for which "now" stands: this machine's, or the chain's if that is ahead.
    pub(super) async fn now(&self) -> Result<u64, QueryError> {
        Ok(self.head().await?.time.max(self.0.backend.clock.seconds()))
    }

    /// Makes sure that `block` is in the snapshot. The request has waited for it already, before it
    /// took a connection.
    ///
    /// # Errors
    /// [`QueryError::BlockNotIndexed`] when it has not come.
    pub(super) async fn at_least(&self, block: u64) -> Result<(), QueryError> {
        let indexed = self.0.backend.progress.summary().committed;
        if indexed < block {
            return Err(QueryError::BlockNotIndexed {
                wanted: block,
                indexed,
            });
        }
        // A field of the same request that did not ask for it may have opened an older snapshot.
        let mut opened = self.0.opened.lock().await;
        if opened
            .as_ref()
            .is_some_and(|opened| opened.head.number < block)
        {
            *opened = None;
        }
        Ok(())
    }

    async fn open(&self) -> Result<MutexGuard<'_, Option<Opened>>, QueryError> {
        let mut opened = self.0.opened.lock().await;
        if opened.is_none() {
            let mut transaction = self
                .0
                .backend
                .reader
                .begin_with("begin isolation level repeatable read read only")
                .await?;
            let head = head(&mut transaction).await?;
            *opened = Some(Opened { transaction, head });
        }
        Ok(opened)
    }

    fn must_be_fresh(&self) -> Result<(), QueryError> {
        let backend = &self.0.backend;
        backend
            .freshness
            .judge_answers(&backend.progress, backend.clock.millis())
            .map_err(|_| QueryError::Stale)
    }
}

async fn head(connection: &mut PgConnection) -> Result<Head, QueryError> {
    let row = sqlx::query("select block_number, block_hash, block_time from checkpoint")
        .fetch_one(connection)
        .await?;
    Ok(Head {
        number: super::column::unsigned(&row, "block_number")?,
        hash: super::column::hash(&row, "block_hash")?,
        time: super::column::unsigned(&row, "block_time")?,
    })
}
