//! The way to one mirror: prepare, submit, confirm, again and again.

use std::time::Duration;

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use lex_model::Destination;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, instrument, warn};

use super::batch::{BatchPolicy, Plan};
use super::collect::Attesters;
use super::doubt::Doubt;
use super::error::LaneError;
use super::fees::FeePolicy;
use super::obstacle::Obstacle;
use super::prepare::Prepared;
use super::report::{LaneStatus, Report};
use super::simulate::ClockLag;
use crate::config::{DelivererConfig, SourceSection};
use crate::metrics::DeliverMetrics;
use crate::mirror::{AttesterSet, Look, Mirror, MirrorView};
use crate::notices::Notices;
use crate::outbox::{HaltSwitch, Progress};
use crate::retry::{Backoff, Jitter, report};
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
    /// Until when the account's nonces are looked through for deliveries that were given up and mined
    /// nevertheless; `None` before the first look.
    pub(super) accounted: Option<u64>,
    /// Set while the mirror contradicts the verified outbox.
    pub(super) doubt: Option<Doubt>,
    /// Since when another's delivery to a mirror that holds this is given way to: it waits in the
    /// node's pool.
    pub(super) giving_way: Option<(MirrorView, Instant)>,
    /// Set while the destination's clock does not take what is verified.
    pub(super) clock_lag: Option<ClockLag>,
    pub(super) report: Report,
    notices: Notices,
    jitter: Jitter,
    polls: Backoff,
    /// The look that showed nothing to deliver. While that stays so, the blocks of an idle source cost
    /// the destination's node no request.
    idle: Option<Look>,
}

/// When to take the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// When there is more verified, or after this time.
    Progress(Duration),
    /// After this time: something failed.
    Retry(Duration),
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
        let shortest_poll = Duration::from_millis(10);
        let seed = seed(signer.address());
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
            batches: BatchPolicy::new(&config.batch, seed),
            fees: FeePolicy::new(&config.fees),
            store,
            progress: halt.progress(),
            halt,
            metrics: DeliverMetrics,
            accounted: None,
            doubt: None,
            giving_way: None,
            clock_lag: None,
            report: Report::new(),
            notices: Notices::default(),
            jitter: Jitter::new(seed),
            polls: Backoff::new(shortest_poll, config.destination.poll_interval),
            idle: None,
        })
    }

    /// Whom this lane asks for signatures.
    pub fn attesters(&self) -> Attesters {
        self.attesters.clone()
    }

    /// How far the mirror is, now and later.
    pub fn status(&self) -> watch::Receiver<LaneStatus> {
        self.report.subscribe()
    }

    /// Works until cancelled. A failed step is repeated with growing delays.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let next = match cancel.run_until_cancelled(self.step()).await {
                None => return,
                Some(Ok(next)) => {
                    backoff.reset();
                    self.went_on();
                    next
                }
                Some(Err(error)) => {
                    let delay = self.jitter.spread(backoff.next_delay());
                    self.failed(&error, delay);
                    Next::Retry(delay)
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
        let look = self.mirror.look(self.account()).await?;
        let verified = self.progress.borrow().nonce;
        self.report.looked(&look.mirror, verified);
        // Also while there is nothing to sign: how many have to is part of how the lane is.
        self.set_of(look.mirror.epoch).await?;
        let standing = self.confirm(&look).await?;
        if look.mirror.state.is_stopped() {
            // What is on its way can only be refused; offering more for it would burn more.
            self.idle = Some(look);
            self.clock_lag = None;
            return Ok(Next::Progress(IDLE_CHECK));
        }
        if standing.has_settled {
            // The receipts are newer than the look; the mirror's nonce must not be taken from it.
            return Ok(Next::Progress(Duration::ZERO));
        }
        if standing.is_unclear {
            return Ok(Next::Poll);
        }
        if !standing.submitted.is_empty() {
            self.resubmit(&standing.submitted).await?;
            return Ok(Next::Poll);
        }
        self.go_on(&look, standing.has_included).await
    }

    /// Nothing is on its way: prepares and submits what is next.
    async fn go_on(&mut self, look: &Look, has_included: bool) -> Result<Next, LaneError> {
        match self.prepare(look).await? {
            Prepared::Delivery(delivery, began) => {
                self.polls.reset();
                self.submit(&delivery, began).await?;
                Ok(Next::Poll)
            }
            Prepared::LookAgain => Ok(Next::Poll),
            Prepared::Nothing => {
                self.idle = Some(*look);
                let longest = if has_included {
                    self.polls.longest()
                } else {
                    IDLE_CHECK
                };
                Ok(Next::Progress(longest))
            }
        }
    }

    fn failed(&mut self, error: &LaneError, delay: Duration) {
        let (stage, error_text) = (error.stage(), report(error));
        self.metrics.failed(stage);
        match self.notices.news(stage, &error_text, Instant::now()) {
            Some(silent) => {
                warn!(stage, ?delay, silent, error = %error_text, "delivery step failed");
            }
            None => debug!(stage, ?delay, error = %error_text, "delivery step failed again"),
        }
        self.report.waits_for(Some(Obstacle::from(error)));
    }

    fn went_on(&mut self) {
        if let Some(lag) = self.clock_lag {
            // What goes on is late.
            return self.report.waits_for(Some(lag.into()));
        }
        if self.notices.clear() {
            info!("the lane goes on");
        }
        self.report.waits_for(None);
    }

    async fn wait(&mut self, next: Next) {
        match next {
            Next::Poll => tokio::time::sleep(self.polls.next_delay()).await,
            Next::Retry(delay) => tokio::time::sleep(delay).await,
            Next::Progress(longest) => {
                let pause = self.polls.longest().saturating_mul(2);
                let reorganised = reorganised(self.mirror.clone(), self.idle, pause);
                // An elapsed wait leads to the next look, whether or not more is verified.
                let _ = timeout(longest, async {
                    tokio::select! {
                        () = self.more_to_do() => {}
                        () = reorganised => {}
                    }
                })
                .await;
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
            let Some(look) = &self.idle else { return };
            match self.batches.plan(&look.mirror, &self.progress.borrow()) {
                Plan::Idle | Plan::Behind => {}
                Plan::All { .. } | Plan::Part { .. } | Plan::Heartbeat { .. } => return,
            }
        }
    }

    pub(super) fn account(&self) -> Address {
        self.signer.address()
    }
}

/// Returns when the block of an idle look is no part of the destination's history any more: what was
/// mirrored may have gone with it. One small request per pause tells.
async fn reorganised(mirror: Mirror, idle: Option<Look>, pause: Duration) {
    let Some(Look { block, .. }) = idle else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(pause).await;
        match mirror.is_canonical(block.number, block.hash).await {
            Ok(true) => {}
            Ok(false) => {
                info!(block = block.number, "the destination was reorganised");
                return;
            }
            // The next look finds out what it is.
            Err(_) => return,
        }
    }
}

/// Tells this deliverer from others of the same mirror.
fn seed(account: Address) -> u64 {
    let mut seed = [0; 8];
    seed.copy_from_slice(&account[..8]);
    u64::from_be_bytes(seed)
}
