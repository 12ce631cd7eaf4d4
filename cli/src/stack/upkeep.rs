//! What a running stack does for itself from time to time.

use std::io;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use super::kept_dump::KeptDump;
use super::log::Log;
use super::state::StateDir;
use crate::progress::Progress;

/// Between two rounds: what a dump that breaks can cost the mirror.
const INTERVAL: Duration = Duration::from_secs(5);

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Upkeep(JoinHandle<()>);

impl Upkeep {
    /// Copies anvil's dump whenever it is whole and new, and bounds the log of a supervisor in the
    /// background.
    pub(super) fn start(dump: KeptDump, state: &StateDir, progress: Progress) -> Upkeep {
        let log = Log::new(state.supervisor_log());
        Upkeep(tokio::spawn(rounds(dump, log, progress)))
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn rounds(dump: KeptDump, log: Log, progress: Progress) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    let mut was_well = true;
    loop {
        ticks.tick().await;
        let (dump, log) = (dump.clone(), log.clone());
        let round = spawn_blocking(move || {
            let done = dump.keep(&mut last).and_then(|()| log.bound());
            (last, done)
        });
        let Ok((kept, done)) = round.await else {
            return;
        };
        last = kept;
        // A full disk is told once, not every few seconds.
        if was_well {
            tell(&done, &progress);
        }
        was_well = done.is_ok();
    }
}

fn tell(done: &io::Result<()>, progress: &Progress) {
    if let Err(error) = done {
        progress.note(format!("  anvil's state cannot be copied: {error}"));
    }
}
