//! How the destination's node and the account are, asked apart from the lane's work: a lane that waits
//! asks for nothing, and one that is stuck says nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::mirror::{Mirror, MirrorError};
use crate::retry::report;

/// How often the node is asked.
const INTERVAL: Duration = Duration::from_secs(3);
/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Without an answer for longer, the node counts as silent, and what it said as unknown.
const PATIENCE: Duration = Duration::from_secs(6);

/// The destination as it was last heard. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct DestinationWatch {
    mirror: Mirror,
    account: Address,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    began: Instant,
    heard: Option<(Instant, Heard)>,
    trouble: Option<String>,
}

/// What the node said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Time of the newest block, Unix seconds.
    pub(super) time: u64,
    /// What the account has, in wei.
    pub(super) balance: U256,
}

impl DestinationWatch {
    /// Watches the node that `mirror` is reached by, and an account on it.
    pub fn new(mirror: Mirror, account: Address) -> Self {
        let state = State {
            began: Instant::now(),
            heard: None,
            trouble: None,
        };
        Self {
            mirror,
            account,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Asks again and again, until cancelled.
    pub async fn run(self, cancel: CancellationToken) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while cancel.run_until_cancelled(ticks.tick()).await.is_some() {
            let asked = timeout(TIMEOUT, self.ask());
            let Some(answer) = cancel.run_until_cancelled(asked).await else {
                return;
            };
            let mut state = self.lock();
            match answer {
                Ok(Ok(heard)) => {
                    state.heard = Some((Instant::now(), heard));
                    state.trouble = None;
                }
                Ok(Err(error)) => state.trouble = Some(report(&error)),
                Err(_) => state.trouble = Some("no answer in time".to_owned()),
            }
        }
    }

    async fn ask(&self) -> Result<Heard, MirrorError> {
        let provider = self.mirror.provider();
        let balance = async { Ok(provider.get_balance(self.account).await?) };
        let time = self.mirror.time(BlockNumberOrTag::Latest);
        let (time, balance) = tokio::try_join!(time, balance)?;
        Ok(Heard { time, balance })
    }

    /// What the node said lately.
    ///
    /// # Errors
    /// Why it is silent; an empty answer while it was not asked yet.
    pub(super) fn heard(&self) -> Result<Option<Heard>, String> {
        let state = self.lock();
        let since = state.heard.map_or(state.began, |(at, _)| at);
        if since.elapsed() <= PATIENCE {
            return Ok(state.heard.map(|(_, heard)| heard));
        }
        let trouble = state.trouble.as_deref().unwrap_or("no answer");
        Err(format!(
            "the destination's node has not answered for {} s: {trouble}",
            since.elapsed().as_secs()
        ))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
