//! Has the store forget what nobody can ask about any more.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::retry::report;
use crate::store::Store;

/// How often the store is looked through.
const INTERVAL: Duration = Duration::from_secs(600);

/// Keeps the newest `kept` blocks, and all that is needed, until cancelled; 0 keeps every block.
pub async fn run(store: Store, kept: u64, cancel: CancellationToken) {
    if kept == 0 {
        return cancel.cancelled().await;
    }
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while cancel.run_until_cancelled(ticks.tick()).await.is_some() {
        match store.forget_blocks(kept).await {
            Ok(0) => {}
            Ok(rows) => info!(rows, "old blocks forgotten"),
            // The next time may go well; until then it is only space.
            Err(error) => warn!(error = %report(&error), "failed to forget old blocks"),
        }
    }
}
