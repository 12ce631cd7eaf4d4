//! The epoch that a destination is in.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::mirror::{Mirror, MirrorError};

/// Where a destination's epoch comes from.
#[derive(Debug)]
pub enum Epochs {
    /// From the configuration.
    Fixed(u64),
    /// From the mirror.
    Mirror(MirrorEpochs),
}

/// The epoch of a mirror, read when it is asked for and at most once in `max_age`, so that whoever asks
/// cannot make its node work. A rotation, and one that the destination's reorganisation took back, is
/// therefore seen `max_age` later at the latest; what was signed meanwhile is true of a set that no longer
/// counts, or does not yet.
#[derive(Debug)]
pub struct MirrorEpochs {
    mirror: Mirror,
    max_age: Duration,
    last: Mutex<Option<Reading>>,
}

/// How long a node that failed is not asked again, if not for less.
const FAILURE_MAX_AGE: Duration = Duration::from_secs(1);

/// What the node said. That it failed is kept too: those who waited for it do not ask one by one.
#[derive(Debug)]
struct Reading {
    at: Instant,
    epoch: Result<u64, Arc<MirrorError>>,
}

impl Epochs {
    /// Epochs read from a mirror.
    pub fn of_mirror(mirror: Mirror, max_age: Duration) -> Self {
        Self::Mirror(MirrorEpochs {
            mirror,
            max_age,
            last: Mutex::new(None),
        })
    }

    /// The current epoch.
    ///
    /// # Errors
    /// When the destination's node did not answer.
    pub async fn current(&self) -> Result<u64, Arc<MirrorError>> {
        match self {
            Self::Fixed(epoch) => Ok(*epoch),
            Self::Mirror(epochs) => epochs.current().await,
        }
    }
}

impl Reading {
    fn max_age(&self, of_epochs: Duration) -> Duration {
        match self.epoch {
            Ok(_) => of_epochs,
            Err(_) => of_epochs.min(FAILURE_MAX_AGE),
        }
    }
}

impl MirrorEpochs {
    async fn current(&self) -> Result<u64, Arc<MirrorError>> {
        let asked_at = Instant::now();
        let mut last = self.last.lock().await;
        if let Some(reading) = last.as_ref()
            // One that ended after this was asked for is of use even when none may be kept.
            && (reading.at >= asked_at || reading.at.elapsed() < reading.max_age(self.max_age))
        {
            return reading.epoch.clone();
        }
        let epoch = self.mirror.epoch().await.map_err(Arc::new);
        *last = Some(Reading {
            at: Instant::now(),
            epoch: epoch.clone(),
        });
        epoch
    }
}
