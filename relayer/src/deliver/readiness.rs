//! Ready means progress: no update waits long while the mirror stands still.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;

use super::lane::LaneStatus;
use super::obstacle::Obstacle;
use crate::http::{NotReady, Readiness};
use crate::outbox::Progress;
use crate::store::Store;

/// Judges a lane by what reached its mirror.
#[derive(Clone, Debug)]
pub struct DeliverReadiness {
    pub store: Store,
    pub progress: watch::Receiver<Progress>,
    pub lane: watch::Receiver<LaneStatus>,
    pub max_stall: Duration,
}

impl Readiness for DeliverReadiness {
    fn ready(&self) -> BoxFuture<'_, Result<(), NotReady>> {
        Box::pin(self.judge())
    }
}

impl DeliverReadiness {
    async fn judge(&self) -> Result<(), NotReady> {
        if let Some(reason) = self.progress.borrow().halted.clone() {
            return Err(NotReady(format!("halted: {reason}")));
        }
        let lane = *self.lane.borrow();
        let Some(mirrored) = lane.mirrored else {
            return Err(NotReady("the mirror is not read yet".into()));
        };
        // It waits for the mirror's owner, not for this deliverer.
        if lane.state.is_stopped() {
            return Ok(());
        }
        // Nothing but an operator ends it, and heartbeats fail as well as updates.
        if let Some(obstacle @ Obstacle::Funds { .. }) = lane.obstacle {
            return Err(NotReady(obstacle.to_string()));
        }
        let waiting = self
            .store
            .waiting_seconds(mirrored)
            .await
            .map_err(|_| NotReady("the database does not answer".into()))?;
        let waiting = waiting.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        match waiting {
            Some(waiting) if waiting.min(lane.advanced_at.elapsed()) > self.max_stall => {
                let reason = lane.obstacle.map(|obstacle| format!(": {obstacle}"));
                Err(NotReady(format!(
                    "update {} waits for {} s and the mirror makes no progress{}",
                    mirrored.saturating_add(1),
                    waiting.as_secs(),
                    reason.unwrap_or_default()
                )))
            }
            _ => Ok(()),
        }
    }
}
