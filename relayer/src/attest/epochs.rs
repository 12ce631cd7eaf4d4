//! The epoch that a destination is in.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::mirror::{Mirror, MirrorError};

/// Where a destination's epoch comes from.
#[derive(Debug)]
pub enum Epochs {
    /// From the configuration.
    Fixed(u64),
    /// From the mirror, read again when older than `max_age`.
    Mirror {
        mirror: Mirror,
        max_age: Duration,
        last: Mutex<Option<(Instant, u64)>>,
    },
}

impl Epochs {
    /// Epochs read from a mirror.
    pub fn of_mirror(mirror: Mirror, max_age: Duration) -> Self {
        Self::Mirror {
            mirror,
            max_age,
            last: Mutex::new(None),
        }
    }

    /// The current epoch.
    ///
    /// # Errors
    /// When the destination's node does not answer.
    pub async fn current(&self) -> Result<u64, MirrorError> {
        match self {
            Self::Fixed(epoch) => Ok(*epoch),
            Self::Mirror {
                mirror,
                max_age,
                last,
            } => {
                let mut last = last.lock().await;
                if let Some((read_at, epoch)) = *last
                    && read_at.elapsed() < *max_age
                {
                    return Ok(epoch);
                }
                let epoch = mirror.epoch().await?;
                *last = Some((Instant::now(), epoch));
                Ok(epoch)
            }
        }
    }
}
