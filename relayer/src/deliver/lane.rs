//! The way to one mirror: prepare, submit, confirm, again and again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::signers::local::PrivateKeySigner;
use lex_model::Destination;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, instrument, warn};

use super::batch::{BatchPolicy, Plan};
use super::collect::Attesters;
use super::error::LaneError;
use super::fees::FeePolicy;
use super::prepare::Prepared;
use crate::config::{DelivererConfig, SourceSection};
use crate::metrics::DeliverMetrics;
use crate::mirror::{AttesterSet, LaneState, Mirror, MirrorView};
use crate::outbox::{HaltSwitch, Progress};
use crate::retry::{Backoff, report};
use crate::store::Store;

/// Longest time between two looks at the mirror when there is nothing to do: others may deliver
/// too, and the destination may reorganise.
const IDLE_CHECK: Duration = Duration::from_secs(15);

/// Everything that one lane works with.
pub struct Lane {
    pub(super) source: SourceSection,
    pub(super) name: String,
    pub(super) destination: Destination,
    pub(super) confirmations: u64,
    pub(super) bump_after: Duration,
    pub(super) mirror: Mirror,
    pub(super) signer: PrivateKeySigner,
    pub(super) attesters: Attesters,
    pub(super) attester_set: Option<AttesterSet>,
    pub(super) batches: BatchPolicy,
    pub(super) fees: FeePolicy,
    pub(super) store: Store,
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) halt: HaltSwitch,
    pub(super) metrics: DeliverMetrics,
    status: watch::Sender<LaneStatus>,
    polls: Backoff,
    /// What the mirror held when there was nothing to deliver. While that stays so, the blocks of
    /// an idle source cost the destination's node no request.
    idle: Option<MirrorView>,
}

/// How far the mirror is, for readiness.
#[derive(Clone, Copy, Debug)]
pub struct LaneStatus {
    /// `None` before the mirror was first read.
    pub mirrored: Option<u64>,
    /// Whether the mirror takes deliveries at all.
    pub state: LaneState,
    /// When the mirrored nonce last changed.
    pub advanced_at: Instant,
}

/// The destination at one look, read before any receipt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) mirror: MirrorView,
    /// Transactions of the account that are mined: the next account nonce.
    pub(super) account_nonce: u64,
    pub(super) block: u64,
}

/// When to take the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// When there is more verified, or after this time.
    Progress(Duration),
    /// After a growing delay: a transaction is on its way.
    Poll,
}

impl Lane {
    /// A lane from the verified outbox behind `halt` to the configured destination.
    ///
    /// # Errors
    /// When an HTTP client cannot be set up.
    pub fn new(
        config: &DelivererConfig,
        mirror: Mirror,
        signer: PrivateKeySigner,
        store: Store,
        halt: HaltSwitch,
    ) -> anyhow::Result<Self> {
        let status = LaneStatus {
            mirrored: None,
            state: LaneState::Open,
            advanced_at: Instant::now(),
        };
        let shortest_poll = Duration::from_millis(10);
        Ok(Self {
            source: config.source.clone(),
            name: config.destination.name.clone(),
            destination: Destination {
                chain_id: config.destination.chain_id,
                mirror: config.destination.mirror.0.0,
            },
            confirmations: config.destination.confirmations,
            bump_after: config.fees.bump_after,
            mirror,
            signer,
            attesters: Attesters::new(&config.attesters)?,
            attester_set: None,
            batches: BatchPolicy::new(&config.batch),
            fees: FeePolicy::new(&config.fees),
            store,
            progress: halt.progress(),
            halt,
            metrics: DeliverMetrics,
            status: watch::Sender::new(status),
            polls: Backoff::new(shortest_poll, config.destination.poll_interval),
            idle: None,
        })
    }

    /// How far the mirror is, now and later.
    pub fn status(&self) -> watch::Receiver<LaneStatus> {
        self.status.subscribe()
    }

    /// Works until cancelled. A failed step is logged and repeated with growing delays.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let next = match cancel.run_until_cancelled(self.step()).await {
                None => return,
                Some(Ok(next)) => {
                    backoff.reset();
                    next
                }
                Some(Err(error)) => {
                    let delay = backoff.next_delay();
                    self.metrics.failed(error.stage());
                    warn!(stage = error.stage(), ?delay, error = %report(&error), "delivery step failed");
                    Next::Progress(delay)
                }
            };
            if cancel.run_until_cancelled(self.wait(next)).await.is_none() {
                return;
            }
        }
    }

    /// Looks at everything anew and does what is to be done.
    #[instrument(name = "relay.mirror.step", skip_all)]
    async fn step(&mut self) -> Result<Next, LaneError> {
        self.idle = None;
        self.progress.mark_unchanged();
        let look = self.look().await?;
        self.observe(&look.mirror);
        let open = self.store.open_deliveries(&self.destination).await?;
        let standing = self.confirm(open, &look).await?;
        if look.mirror.state.is_stopped() {
            // What is on its way can only be refused; offering more for it would burn more.
            self.idle = Some(look.mirror);
            return Ok(Next::Progress(IDLE_CHECK));
        }
        if !standing.submitted.is_empty() {
            for delivery in &standing.submitted {
                self.resubmit(delivery).await?;
            }
            return Ok(Next::Poll);
        }
        if standing.has_changed {
            // The receipts are newer than the look; the mirror's nonce must not be taken from it.
            return Ok(Next::Progress(Duration::ZERO));
        }
        match self.prepare(&look).await? {
            Prepared::Delivery(delivery, began) => {
                self.submit(&delivery, began).await?;
                self.polls.reset();
                Ok(Next::Poll)
            }
            Prepared::Nothing { look_again_in } => {
                self.idle = Some(look.mirror);
                let longest = if standing.has_included {
                    self.polls_at_most()
                } else {
                    IDLE_CHECK
                };
                Ok(Next::Progress(look_again_in.min(longest)))
            }
        }
    }

    async fn look(&self) -> Result<Look, LaneError> {
        let provider = self.mirror.provider();
        let block = provider.get_block_number().await?;
        let mirror = async { self.mirror.view().await.map_err(LaneError::from) };
        let account = async {
            provider
                .get_transaction_count(self.account())
                .await
                .map_err(LaneError::from)
        };
        let (mirror, account_nonce) = tokio::try_join!(mirror, account)?;
        Ok(Look {
            mirror,
            account_nonce,
            block,
        })
    }

    fn observe(&self, mirror: &MirrorView) {
        let verified = self.progress.borrow().nonce;
        self.metrics
            .mirrored(mirror.nonce, verified.saturating_sub(mirror.nonce));
        self.metrics.stopped(mirror.state.is_stopped());
        self.status.send_if_modified(|status| {
            let has_moved = status.mirrored != Some(mirror.nonce);
            let has_changed = has_moved || status.state != mirror.state;
            if has_moved {
                info!(nonce = mirror.nonce, "mirror read");
            }
            if status.state != mirror.state {
                tell(mirror.state);
            }
            if has_changed {
                *status = LaneStatus {
                    mirrored: Some(mirror.nonce),
                    state: mirror.state,
                    advanced_at: Instant::now(),
                };
            }
            has_changed
        });
    }

    async fn wait(&mut self, next: Next) {
        match next {
            Next::Poll => tokio::time::sleep(self.polls.next_delay()).await,
            Next::Progress(longest) => {
                // An elapsed wait leads to the next look, whether or not more is verified.
                let _ = timeout(longest, self.more_to_do()).await;
            }
        }
    }

    /// Waits until there is something to deliver.
    async fn more_to_do(&mut self) {
        loop {
            if self.progress.changed().await.is_err() {
                // The follower has ended; the service is shutting down.
                std::future::pending::<()>().await;
            }
            let Some(mirror) = &self.idle else { return };
            match self.batches.plan(mirror, &self.progress.borrow(), now()) {
                Plan::Idle { .. } | Plan::Behind => {}
                Plan::All { .. } | Plan::Part { .. } | Plan::Heartbeat { .. } => return,
            }
        }
    }

    fn polls_at_most(&self) -> Duration {
        self.polls.longest()
    }

    pub(super) fn account(&self) -> Address {
        self.signer.address()
    }
}

/// Says what became of the mirror's lane, once.
fn tell(state: LaneState) {
    match state {
        LaneState::Stopped { rebase_from } => warn!(
            rebase_from,
            "the mirror's guardian stopped it: nothing is delivered until its owner re-bases it"
        ),
        LaneState::Rebasing { nonce } => {
            info!(
                nonce,
                "the mirror was re-based: everything is delivered again"
            );
        }
        LaneState::Open => info!("the mirror is open"),
    }
}

/// Unix seconds. A clock before 1970 counts as 1970: attestations then only look older.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
