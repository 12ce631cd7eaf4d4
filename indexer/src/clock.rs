//! Wall clock time, injected so that tests choose it.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Tells the time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(|| {
            let since_epoch = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
        }))
    }

    /// A clock that stands at `seconds` (Unix).
    pub fn fixed(seconds: u64) -> Self {
        Self(Arc::new(move || seconds.saturating_mul(1000)))
    }

    /// Unix milliseconds.
    pub fn millis(&self) -> u64 {
        (self.0)()
    }

    /// Unix seconds, the unit of every time in a license.
    pub fn seconds(&self) -> u64 {
        self.millis() / 1000
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({} s)", self.seconds())
    }
}
