//! How far the outbox is verified, as announced to the rest of the service.

use alloy::primitives::B256;
use tokio::time::Instant;

use crate::store::Checkpoint;

/// The newest verified block and the outbox at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// `None` before the first verified block.
    pub block: Option<u64>,
    /// The block's time in Unix seconds; 0 before the first.
    pub time: u64,
    pub nonce: u64,
    pub head: B256,
    /// Why nothing is verified or signed any more.
    pub halted: Option<String>,
    /// Why following was interrupted; `None` once a block was verified since.
    pub interrupted: Option<Interruption>,
}

/// Following was interrupted and is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// Shown to everyone.
    pub reason: String,
    /// Trying again will not mend it: somebody has to do something.
    pub needs_help: bool,
    /// When following was first interrupted since the last verified block.
    pub since: Instant,
}

impl Progress {
    /// Nothing verified yet.
    pub fn at_start(outbox: lex_model::Outbox) -> Self {
        Self {
            block: None,
            time: 0,
            nonce: outbox.nonce,
            head: outbox.head.into(),
            halted: None,
            interrupted: None,
        }
    }

    /// As it was when `checkpoint` was the newest verified block.
    #[must_use]
    pub fn back_at(&self, checkpoint: &Checkpoint) -> Self {
        Self {
            block: Some(checkpoint.number),
            time: checkpoint.time,
            nonce: checkpoint.end.nonce,
            head: checkpoint.end.head.into(),
            ..self.clone()
        }
    }

    /// Whether block `number` is verified.
    pub fn has_block(&self, number: u64) -> bool {
        self.block.is_some_and(|verified| verified >= number)
    }
}
