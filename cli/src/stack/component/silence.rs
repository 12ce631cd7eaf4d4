//! Whether a component's process still answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::mirror::unix_now;
use crate::stack::liveness::{ANSWERS_WITHIN, Liveness};

/// Looks without an answer after which others hear of it: one may be missed for a full processor.
const SAID_AFTER: u32 = 2;

/// A process that is looked at from its start to its end.
pub(super) struct Watch {
    pub(super) liveness: Liveness,
    /// Longest silence of a process that has answered before.
    pub(super) max_silence: Duration,
    /// Longest time until the first answer.
    pub(super) max_start: Duration,
    /// Where it is written since when the process is silent.
    pub(super) file: PathBuf,
}

impl Watch {
    /// Looks until the process has been silent for too long. Returns for how long it had answered before.
    ///
    /// The looks are counted, not the time: whoever looks may have been stopped, too.
    pub(super) async fn until_silent(self) -> Duration {
        let started = Instant::now();
        let mut ticks = interval(ANSWERS_WITHIN);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lived = None;
        let mut since = unix_now();
        let mut missed: u32 = 0;
        loop {
            ticks.tick().await;
            if self.liveness.answers().await {
                lived = Some(started.elapsed());
                since = unix_now();
                missed = 0;
                forget(&self.file);
                continue;
            }
            missed += 1;
            if lived.is_some() && missed == SAID_AFTER {
                // Without the file `lex status` says less.
                let _ = fs::write(&self.file, since.to_string());
            }
            let limit = match lived {
                Some(_) => self.max_silence,
                None => self.max_start.max(self.max_silence),
            };
            if ANSWERS_WITHIN * missed >= limit {
                return lived.unwrap_or_default();
            }
        }
    }
}

/// Removes what says that a process is silent.
pub(super) fn forget(file: &Path) {
    // A file that is not there is what is wanted.
    let _ = fs::remove_file(file);
}
