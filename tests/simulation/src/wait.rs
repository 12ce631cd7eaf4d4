//! Waiting for what must happen.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Longest wait for what must happen; long enough for a machine that has other work.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again until `missing` has nothing left to say.
///
/// # Errors
/// With what it said last, after [`PATIENCE`].
pub async fn until(mut missing: impl AsyncFnMut() -> Result<Option<String>>) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(60);
    let deadline = Instant::now() + PATIENCE;
    loop {
        match missing().await? {
            None => return Ok(()),
            Some(what) if Instant::now() >= deadline => {
                bail!("not within {} s: {what}", PATIENCE.as_secs())
            }
            Some(_) => sleep(PAUSE).await,
        }
    }
}
