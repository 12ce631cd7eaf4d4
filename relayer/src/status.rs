//! `lex-relayer status` and `lex-relayer resume`.

use std::fmt;

use serde::Serialize;

use crate::config::DatabaseSection;
use crate::store::{Halt, Store, StoreError, UpdateLifecycle};

/// What an instance knows and did.
#[derive(Clone, Debug, Serialize)]
pub struct StatusReport {
    /// The newest verified source block.
    pub source_block: Option<u64>,
    /// The newest verified update.
    pub nonce: u64,
    /// Why the instance has stopped.
    pub halt: Option<Halt>,
    pub updates: Vec<UpdateLifecycle>,
}

/// Reads the state of an instance, running or not. Its schema stays as it is.
///
/// # Errors
/// When the database cannot be read, or has the schema of another version.
pub async fn read(
    database: &DatabaseSection,
    nonce: Option<u64>,
    limit: u64,
) -> Result<StatusReport, StoreError> {
    let store = Store::open(database).await?;
    store.must_be_readable().await?;
    let checkpoint = store.checkpoint().await?;
    let newest = checkpoint.map_or(0, |checkpoint| checkpoint.end.nonce);
    let (first, last) = match nonce {
        Some(nonce) => (nonce, nonce),
        None => (newest.saturating_sub(limit).saturating_add(1), newest),
    };
    Ok(StatusReport {
        source_block: checkpoint.map(|checkpoint| checkpoint.number),
        nonce: newest,
        halt: store.halt().await?,
        updates: store.lifecycles(first, last).await?,
    })
}

/// Ends a halt and says what was done.
///
/// # Errors
/// When the database cannot be written, or has the schema of another version.
pub async fn resume(database: &DatabaseSection) -> Result<String, StoreError> {
    let store = Store::open(database).await?;
    store.must_be_readable().await?;
    let Some(halt) = store.halt().await? else {
        return Ok("the instance is not halted".into());
    };
    store.resume().await?;
    Ok(format!(
        "resumed; restart the service. It was halted because: {}",
        halt.reason
    ))
}

impl fmt::Display for StatusReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source_block {
            Some(block) => writeln!(f, "verified: update {} at block {block}", self.nonce)?,
            None => writeln!(f, "verified: nothing yet")?,
        }
        if let Some(halt) = &self.halt {
            writeln!(f, "HALTED: {}", halt.reason)?;
        }
        writeln!(
            f,
            "{:>8}  {:<9}  {:>6}  {:>10}  transaction",
            "update", "stage", "block", "signatures"
        )?;
        for update in &self.updates {
            let transaction = update
                .transactions
                .last()
                .map(|transaction| transaction.hash.to_string());
            writeln!(
                f,
                "{:>8}  {:<9}  {:>6}  {:>10}  {}",
                update.nonce,
                update.stage,
                update.source_block,
                update.signatures,
                transaction.unwrap_or_default()
            )?;
        }
        Ok(())
    }
}
