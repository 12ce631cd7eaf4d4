//! Stopping for good.

use tokio::sync::watch;
use tracing::error;

use super::progress::Progress;
use crate::store::{Store, StoreError};

/// Stops the instance until an operator resumes it, across restarts.
#[derive(Clone, Debug)]
pub struct HaltSwitch {
    store: Store,
    progress: watch::Sender<Progress>,
}

impl HaltSwitch {
    pub(super) fn new(store: Store, progress: watch::Sender<Progress>) -> Self {
        Self { store, progress }
    }

    /// How far the outbox is verified, and whether the instance has halted.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Halts. In this process it holds even when the database cannot be reached.
    ///
    /// # Errors
    /// When the halt could not be recorded for later processes.
    pub async fn halt(&self, block: Option<u64>, reason: String) -> Result<(), StoreError> {
        error!(block, %reason, "halted: lex-relayer resume ends it once the cause is removed");
        self.announce(reason.clone());
        self.store.set_halt(block, &reason).await
    }

    /// Tells the process about a halt that is recorded already.
    pub(super) fn announce(&self, reason: String) {
        self.progress
            .send_modify(|progress| progress.halted = Some(reason));
    }
}
