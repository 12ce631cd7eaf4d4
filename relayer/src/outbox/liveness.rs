//! Whether the source goes on and is followed. A node that stands still agrees with itself for ever,
//! and a follower that is stuck at a block says nothing: only the age of what is verified, by the
//! clock on the wall, tells.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::{BoxFuture, join_all};
use lex_client::{BlockRef, Freshness, Pulse, Source};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::progress::{Interruption, Progress};
use crate::http::{NotReady, Readiness};
use crate::metrics::SourceMetrics;

/// How often the endpoints are asked how they are.
const PULSE: Duration = Duration::from_secs(5);
/// How often ages are reported; they grow while nobody answers.
const TICK: Duration = Duration::from_secs(1);

/// What is known of the source's liveness. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Liveness {
    longest_silence: Duration,
    progress: watch::Receiver<Progress>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    verified: Freshness,
    /// In the order of the configuration; the first is followed.
    endpoints: Vec<Heard>,
}

/// What one endpoint said last.
#[derive(Clone, Debug)]
struct Heard {
    name: String,
    finalized: Option<BlockRef>,
    trouble: Option<&'static str>,
}

impl Liveness {
    /// Judges by `progress`, against the longest time between two final blocks that the chain
    /// promises.
    pub fn new(longest_silence: Duration, progress: watch::Receiver<Progress>) -> Self {
        let state = State {
            verified: Freshness::default(),
            endpoints: Vec::new(),
        };
        Self {
            longest_silence,
            progress,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Asks all endpoints again and again, and reports the ages, until cancelled.
    pub async fn watch(self, endpoints: Vec<Source>, cancel: CancellationToken) {
        let asking = async {
            let mut ticks = interval(PULSE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let heard = join_all(endpoints.iter().map(hear)).await;
                self.lock().endpoints = heard;
            }
        };
        let reporting = async {
            let mut ticks = interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                SourceMetrics.verified_age(self.verified_age(unix_millis()));
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = async { tokio::join!(asking, reporting); } => {}
        }
    }

    /// Judges at `now` (Unix milliseconds).
    ///
    /// # Errors
    /// Why what is verified may be old.
    pub fn judge(&self, now_millis: u64) -> Result<(), NotReady> {
        let interrupted = self.progress.borrow().interrupted.clone();
        let age = self.verified_age(now_millis);
        if let Some(Interruption {
            reason,
            needs_help: true,
        }) = interrupted
        {
            return Err(NotReady(reason));
        }
        let state = self.lock();
        match age {
            Some(age) if age > self.longest_silence => {
                let silence = format!(
                    "no block was verified for {} s, and the chain promises one every {} s",
                    age.as_secs(),
                    self.longest_silence.as_secs()
                );
                let cause = match interrupted {
                    Some(interruption) => interruption.reason,
                    None => heads(&state.endpoints),
                };
                Err(NotReady(format!("{silence}: {cause}")))
            }
            _ => match state.endpoints.iter().find_map(Heard::trouble) {
                Some(trouble) => Err(NotReady(trouble)),
                None => Ok(()),
            },
        }
    }

    fn verified_age(&self, now_millis: u64) -> Option<Duration> {
        let (block, time) = {
            let progress = self.progress.borrow();
            (progress.block, progress.time)
        };
        let mut state = self.lock();
        if let Some(block) = block {
            state.verified.note(block, time.saturating_mul(1000));
        }
        state.verified.age(now_millis)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic cannot leave it half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn hear(endpoint: &Source) -> Heard {
    let name = endpoint.endpoint().to_string();
    match endpoint.pulse().await {
        Ok(pulse) => Heard::of(name, &pulse),
        Err(error) => {
            debug!(%error, "an endpoint does not say how it is");
            Heard {
                name,
                finalized: None,
                trouble: None,
            }
        }
    }
}

impl Heard {
    fn of(name: String, pulse: &Pulse) -> Self {
        Self {
            name,
            finalized: Some(pulse.finalized),
            trouble: pulse.network.and_then(|network| network.trouble()),
        }
    }

    fn trouble(&self) -> Option<String> {
        let trouble = self.trouble?;
        Some(format!("{}: {trouble}", self.name))
    }
}

/// The newest final block of each endpoint: shows which of them stands still.
fn heads(endpoints: &[Heard]) -> String {
    let heads: Vec<_> = endpoints
        .iter()
        .map(|heard| match heard.finalized {
            Some(block) => format!("{} is at block {}", heard.name, block.number),
            None => format!("{} does not answer", heard.name),
        })
        .collect();
    heads.join(", ")
}

fn unix_millis() -> u64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

/// A role that is ready only while the source goes on and is followed.
pub struct WhileAlive {
    pub role: Arc<dyn Readiness>,
    pub liveness: Liveness,
}

impl Readiness for WhileAlive {
    fn ready(&self) -> BoxFuture<'_, Result<(), NotReady>> {
        Box::pin(async {
            self.role.ready().await?;
            self.liveness.judge(unix_millis())
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;

    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const PROMISED: Duration = Duration::from_secs(120);

    fn progress(age: u64) -> Progress {
        Progress {
            block: Some(7),
            time: NOW / 1000 - age,
            nonce: 0,
            head: B256::ZERO,
            halted: None,
            interrupted: None,
        }
    }

    fn liveness(progress: Progress) -> Liveness {
        let (_, receiver) = watch::channel(progress);
        Liveness::new(PROMISED, receiver)
    }

    fn at(name: &str, number: u64) -> Heard {
        Heard {
            name: name.to_owned(),
            finalized: Some(BlockRef {
                number,
                hash: B256::ZERO,
            }),
            trouble: None,
        }
    }

    #[test]
    fn a_chain_that_keeps_its_promise_is_alive() {
        assert_eq!(liveness(progress(119)).judge(NOW), Ok(()));
    }

    #[test]
    fn silence_is_told_with_what_each_endpoint_has() {
        let liveness = liveness(progress(150));
        liveness.lock().endpoints = vec![at("ws://a:1", 7), at("ws://b:2", 31)];
        let NotReady(reason) = liveness.judge(NOW).unwrap_err();
        for part in [
            "for 150 s",
            "ws://a:1 is at block 7",
            "ws://b:2 is at block 31",
        ] {
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn a_follower_that_is_stuck_is_told_with_its_reason() {
        let interrupted = |reason: &str, needs_help| {
            Some(Interruption {
                reason: reason.to_owned(),
                needs_help,
            })
        };
        let mut stuck = Progress {
            interrupted: interrupted("endpoint ws://b:2 cannot confirm", false),
            ..progress(150)
        };
        let NotReady(reason) = liveness(stuck.clone()).judge(NOW).unwrap_err();
        assert!(reason.contains("ws://b:2 cannot confirm"), "{reason}");
        // What passes by itself is waited for; what does not is said at once.
        stuck.time = NOW / 1000;
        assert_eq!(liveness(stuck.clone()).judge(NOW), Ok(()));
        stuck.interrupted = interrupted("the runtime is not understood", true);
        let NotReady(reason) = liveness(stuck).judge(NOW).unwrap_err();
        assert_eq!(reason, "the runtime is not understood");
    }

    #[test]
    fn an_endpoint_without_its_network_is_told() {
        let liveness = liveness(progress(0));
        let lost = Heard {
            trouble: Some("it has no peers"),
            ..at("ws://a:1", 7)
        };
        liveness.lock().endpoints = vec![lost];
        let NotReady(reason) = liveness.judge(NOW).unwrap_err();
        assert_eq!(reason, "ws://a:1: it has no peers");
    }
}
