//! Whether the source goes on and is followed. A node that stands still agrees with itself for ever,
//! and a follower that is stuck at a block says nothing: only the age of what is verified, by the
//! clock on the wall, tells.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use lex_client::{BlockRef, Freshness, Pulse};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::endpoint::Endpoint;
use super::progress::{Interruption, Progress};
use crate::condition::{Cause, EndpointCondition, SourceCondition, Trouble};
use crate::retry::report;

/// How often the endpoints are asked how they are.
const PULSE: Duration = Duration::from_secs(3);
/// How long each may take to answer.
const PULSE_TIMEOUT: Duration = Duration::from_secs(3);
/// What passes within this time is not worth a word: a request that failed, following that was interrupted.
const PATIENCE: Duration = Duration::from_secs(6);

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

/// What one endpoint said.
#[derive(Clone, Debug)]
struct Heard {
    name: String,
    /// When it last answered, or was first asked.
    at: Instant,
    pulse: Option<Pulse>,
    /// Why it did not answer since.
    error: Option<String>,
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

    /// Asks all endpoints again and again, until cancelled.
    pub async fn watch<E: Endpoint>(self, endpoints: Vec<E>, cancel: CancellationToken) {
        self.lock().endpoints = endpoints.iter().map(Heard::nothing).collect();
        let mut ticks = interval(PULSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while cancel.run_until_cancelled(ticks.tick()).await.is_some() {
            let pulses = endpoints.iter().map(pulse);
            let Some(pulses) = cancel.run_until_cancelled(join_all(pulses)).await else {
                return;
            };
            let mut state = self.lock();
            for (heard, pulse) in state.endpoints.iter_mut().zip(pulses) {
                heard.note(pulse);
            }
        }
    }

    /// The source as it is now, and why what is verified may be old.
    pub fn condition(&self) -> (SourceCondition, Vec<Trouble>) {
        self.condition_at(unix_millis())
    }

    /// As [`Self::condition`], at `now` (Unix milliseconds).
    fn condition_at(&self, now_millis: u64) -> (SourceCondition, Vec<Trouble>) {
        let progress = self.progress.borrow().clone();
        let mut state = self.lock();
        if let Some(block) = progress.block {
            let time = progress.time.saturating_mul(1000);
            state.verified.note(block, time);
        }
        let age = state.verified.age(now_millis);
        let newest = state
            .endpoints
            .iter()
            .filter_map(Heard::lately)
            .max_by_key(|pulse| pulse.finalized.number);
        let head_age = newest.map(|pulse| now_millis.saturating_sub(pulse.time_millis));
        let condition = SourceCondition {
            verified_block: progress.block,
            verified_nonce: progress.nonce,
            verified_age_seconds: age.map(|age| age.as_secs_f64()),
            head_age_seconds: head_age.map(|age| Duration::from_millis(age).as_secs_f64()),
            endpoints: state.endpoints.iter().map(Heard::condition).collect(),
        };
        let stops = [
            self.silence(&progress, age, &state.endpoints),
            interruption(&progress, &state.endpoints),
        ];
        (condition, stops.into_iter().flatten().collect())
    }

    fn silence(
        &self,
        progress: &Progress,
        age: Option<Duration>,
        endpoints: &[Heard],
    ) -> Option<Trouble> {
        let age = age.filter(|age| *age > self.longest_silence)?;
        let cause = match hindered(progress, endpoints) {
            Some(interruption) => interruption.reason.clone(),
            None => heads(endpoints),
        };
        let reason = format!(
            "no block was verified for {} s, and the chain promises one every {} s: {cause}",
            age.as_secs(),
            self.longest_silence.as_secs()
        );
        Some(Trouble::new(Cause::SourceSilent, reason))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What keeps the source from being followed, whatever the age of what is verified.
fn interruption(progress: &Progress, endpoints: &[Heard]) -> Option<Trouble> {
    let lasting = hindered(progress, endpoints)
        .filter(|hindered| hindered.needs_help || hindered.since.elapsed() > PATIENCE);
    let reason = match lasting {
        Some(interruption) => interruption.reason.clone(),
        None => match endpoints.iter().find_map(Heard::trouble) {
            Some(trouble) => trouble,
            None if progress.block.is_none() => "no block is verified yet".to_owned(),
            None => return None,
        },
    };
    Some(Trouble::new(Cause::Source, reason))
}

/// What interrupted following, while there is something to follow. Only a block shows that it is over, and a
/// quiet chain has none.
fn hindered<'a>(progress: &'a Progress, endpoints: &[Heard]) -> Option<&'a Interruption> {
    let is_behind = |heard: &Heard| {
        heard
            .finalized()
            .is_none_or(|block| !progress.has_block(block.number))
    };
    let interruption = progress.interrupted.as_ref()?;
    let is_hindered = endpoints.is_empty() || endpoints.iter().any(is_behind);
    (interruption.needs_help || is_hindered).then_some(interruption)
}

async fn pulse<E: Endpoint>(endpoint: &E) -> Result<Pulse, String> {
    match timeout(PULSE_TIMEOUT, endpoint.pulse()).await {
        Ok(answer) => answer.map_err(|error| report(&error)),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

impl Heard {
    fn nothing<E: Endpoint>(endpoint: &E) -> Self {
        Self {
            name: endpoint.name().to_owned(),
            at: Instant::now(),
            pulse: None,
            error: None,
        }
    }

    fn note(&mut self, pulse: Result<Pulse, String>) {
        match pulse {
            Ok(pulse) => {
                self.at = Instant::now();
                self.pulse = Some(pulse);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// What it said, unless that is long ago.
    fn lately(&self) -> Option<Pulse> {
        self.pulse.filter(|_| self.at.elapsed() <= PATIENCE)
    }

    fn finalized(&self) -> Option<BlockRef> {
        self.lately().map(|pulse| pulse.finalized)
    }

    fn trouble(&self) -> Option<String> {
        let name = &self.name;
        if self.at.elapsed() > PATIENCE {
            let why = self.error.as_deref().unwrap_or("no answer");
            return Some(format!("{name} does not answer: {why}"));
        }
        let trouble = self.pulse?.network?.trouble()?;
        Some(format!("{name}: {trouble}"))
    }

    fn condition(&self) -> EndpointCondition {
        EndpointCondition {
            name: self.name.clone(),
            finalized: self.finalized().map(|block| block.number),
            trouble: self.trouble(),
        }
    }
}

/// The newest final block of each endpoint: shows which of them stands still.
fn heads(endpoints: &[Heard]) -> String {
    let heads: Vec<_> = endpoints
        .iter()
        .map(|heard| match heard.finalized() {
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

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;
    use lex_client::NetworkState;

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
        let pulse = Pulse {
            finalized: BlockRef {
                number,
                hash: B256::ZERO,
            },
            time_millis: NOW - 4_000,
            network: None,
        };
        Heard {
            name: name.to_owned(),
            at: Instant::now(),
            pulse: Some(pulse),
            error: None,
        }
    }

    fn stops(liveness: &Liveness) -> Vec<(Cause, String)> {
        let (_, stops) = liveness.condition_at(NOW);
        let stops = stops.into_iter();
        stops.map(|stop| (stop.cause, stop.reason)).collect()
    }

    #[test]
    fn a_chain_that_keeps_its_promise_is_alive() {
        let liveness = liveness(progress(119));
        liveness.lock().endpoints = vec![at("ws://a:1", 7)];
        let (condition, stops) = liveness.condition_at(NOW);
        assert_eq!(stops, []);
        assert_eq!(condition.head_age_seconds, Some(4.0));
        assert_eq!(condition.verified_age_seconds, Some(119.0));
    }

    #[test]
    fn silence_is_told_with_what_each_endpoint_has() {
        let liveness = liveness(progress(150));
        liveness.lock().endpoints = vec![at("ws://a:1", 7), at("ws://b:2", 31)];
        let stops = stops(&liveness);
        let [(Cause::SourceSilent, reason)] = &stops[..] else {
            panic!("{stops:?}");
        };
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
        let interrupted = |reason: &str, needs_help, since| {
            Some(Interruption {
                reason: reason.to_owned(),
                needs_help,
                since,
            })
        };
        let (now, before) = (Instant::now(), Instant::now() - 2 * PATIENCE);
        let cannot = "endpoint ws://b:2 cannot confirm";
        let mut stuck = progress(0);
        stuck.interrupted = interrupted(cannot, false, before);
        let told = |reason: &str| vec![(Cause::Source, reason.to_owned())];
        assert_eq!(stops(&liveness(stuck.clone())), told(cannot));
        // Nothing is left to be confirmed.
        let level = liveness(stuck.clone());
        level.lock().endpoints = vec![at("ws://a:1", 7), at("ws://b:2", 7)];
        assert_eq!(stops(&level), []);
        // What passes by itself is waited for; what does not is said at once.
        stuck.interrupted = interrupted(cannot, false, now);
        assert_eq!(stops(&liveness(stuck.clone())), []);
        let unknown = "the runtime is not understood";
        stuck.interrupted = interrupted(unknown, true, now);
        assert_eq!(stops(&liveness(stuck)), told(unknown));
    }

    #[test]
    fn an_endpoint_without_its_network_is_told() {
        let liveness = liveness(progress(0));
        let mut lost = at("ws://a:1", 7);
        lost.pulse.as_mut().unwrap().network = Some(NetworkState {
            is_syncing: false,
            peers: 0,
            should_have_peers: true,
        });
        liveness.lock().endpoints = vec![lost];
        let told = (Cause::Source, "ws://a:1: it has no peers".to_owned());
        assert_eq!(stops(&liveness), [told]);
    }

    #[test]
    fn an_endpoint_that_no_longer_answers_is_told_and_its_block_forgotten() {
        let liveness = liveness(progress(0));
        let mut silent = at("ws://a:1", 7);
        silent.at -= 2 * PATIENCE;
        silent.note(Err("no answer in time".to_owned()));
        liveness.lock().endpoints = vec![silent];
        let told = "ws://a:1 does not answer: no answer in time".to_owned();
        assert_eq!(stops(&liveness), [(Cause::Source, told)]);
        let (condition, _) = liveness.condition_at(NOW);
        assert_eq!(condition.head_age_seconds, None);
        assert_eq!(condition.endpoints[0].finalized, None);
    }
}
