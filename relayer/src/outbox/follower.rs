//! Follows finalized blocks, verifies them and records them.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lex_client::{SourceBlock, SourceError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::compare::{Comparison, compare};
use super::endpoint::Endpoint;
use super::halt::HaltSwitch;
use super::progress::{Interruption, Progress};
use super::verify::{Outbox, Position, VerifiedBlock};
use crate::metrics::SourceMetrics;
use crate::retry::{Backoff, report};
use crate::store::{Store, StoreError};

/// Blocks recorded in one transaction at most; more than one only while catching up.
const CHUNK_BLOCKS: usize = 64;
/// Blocks whose confirmation is asked for at the same time.
const CONCURRENT_CONFIRMATIONS: usize = 8;
/// How long an endpoint may lag behind the followed one before following starts over.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(10);

/// Follows one license contract.
pub struct Follower<E> {
    outbox: Outbox,
    start_block: u64,
    endpoints: Vec<E>,
    store: Store,
    progress: watch::Sender<Progress>,
    halt: HaltSwitch,
    metrics: SourceMetrics,
}

/// Following was interrupted. It resumes from what is recorded.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("failed to read the source chain")]
    Source(#[from] SourceError),
    #[error("failed to record verified blocks")]
    Store(#[from] StoreError),
    #[error("endpoint {endpoint} cannot confirm block {block}: {why}")]
    Undecided {
        endpoint: String,
        block: u64,
        why: String,
    },
    #[error("the source chain's block stream ended")]
    Ended,
}

impl FollowError {
    /// What everyone may read of it.
    fn interruption(&self) -> Interruption {
        let reason = match self {
            Self::Store(_) => "the database cannot be written".to_owned(),
            Self::Source(_) | Self::Undecided { .. } | Self::Ended => report(self),
        };
        let needs_help = matches!(self, Self::Source(error) if !error.is_transient());
        Interruption {
            reason,
            needs_help,
            since: Instant::now(),
        }
    }

    fn log(&self, delay: Duration) {
        const MESSAGE: &str = "following the source was interrupted";
        let error = report(self);
        match self {
            Self::Source(SourceError::UnknownRuntime { .. }) => error!(?delay, %error, "{MESSAGE}"),
            _ => warn!(?delay, %error, "{MESSAGE}"),
        }
    }
}

/// What happened to a chunk of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Verified, recorded and announced.
    Recorded,
    /// Nothing was recorded: the instance has halted.
    Halted,
}

impl<E: Endpoint> Follower<E> {
    /// A follower of the contract of `outbox`, deployed in `start_block`.
    pub fn new(outbox: Outbox, start_block: u64, endpoints: Vec<E>, store: Store) -> Self {
        let progress = watch::Sender::new(Progress::at_start(outbox.end()));
        let halt = HaltSwitch::new(store.clone(), progress.clone());
        Self {
            outbox,
            start_block,
            endpoints,
            store,
            progress,
            halt,
            metrics: SourceMetrics,
        }
    }

    /// How far the outbox is verified, now and later.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// The switch that stops this instance.
    pub fn halt_switch(&self) -> HaltSwitch {
        self.halt.clone()
    }

    /// Continues where the recorded state ends.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn load(&mut self) -> Result<(), StoreError> {
        if let Some(checkpoint) = self.store.checkpoint().await? {
            let position = Position {
                number: checkpoint.number,
                hash: checkpoint.hash,
            };
            self.outbox = self.outbox.clone().resumed_at(position, checkpoint.end);
            self.announce(checkpoint.number, checkpoint.time, checkpoint.end);
        }
        if let Some(halt) = self.store.halt().await? {
            self.halt.announce(halt.reason);
        }
        Ok(())
    }

    /// Verifies and records one chunk of consecutive blocks.
    ///
    /// # Errors
    /// When an endpoint stays silent or the database fails; nothing is recorded then.
    pub async fn advance(&mut self, blocks: &[SourceBlock]) -> Result<Outcome, FollowError> {
        let mut outbox = self.outbox.clone();
        let mut verified = Vec::with_capacity(blocks.len());
        for block in blocks {
            match outbox.apply(block) {
                Ok(block) => verified.push(block),
                Err(violation) => return self.stop(block.number, violation.to_string()).await,
            }
        }
        if let Some((block, reason)) = self.confirm_all(&verified).await? {
            return self.stop(block, reason).await;
        }
        self.store.record(&verified).await?;
        self.outbox = outbox;
        if let Some(last) = verified.last() {
            self.announce(last.number, last.time, last.end);
            self.progress
                .send_modify(|progress| progress.interrupted = None);
        }
        Ok(Outcome::Recorded)
    }

    /// Has every endpoint confirm each block that has updates, and the last one, at which the
    /// outbox says that nothing was left out before. `Some` block and reason of a contradiction.
    async fn confirm_all(
        &self,
        blocks: &[VerifiedBlock],
    ) -> Result<Option<(u64, String)>, FollowError> {
        let last = blocks.len().saturating_sub(1);
        let needed: Vec<_> = blocks
            .iter()
            .enumerate()
            .filter(|(index, block)| *index == last || !block.updates.is_empty())
            .map(|(_, block)| self.confirm(block))
            .collect();
        let mut confirmed = stream::iter(needed).buffered(CONCURRENT_CONFIRMATIONS);
        while let Some(contradiction) = confirmed.try_next().await? {
            if contradiction.is_some() {
                return Ok(contradiction);
            }
        }
        Ok(None)
    }

    /// Asks again while an endpoint lags behind, for a bounded time.
    async fn confirm(&self, block: &VerifiedBlock) -> Result<Option<(u64, String)>, FollowError> {
        let at = Position {
            number: block.number,
            hash: block.hash,
        };
        let deadline = Instant::now() + CONFIRMATION_TIMEOUT;
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));
        loop {
            match compare(&self.endpoints, self.outbox.contract(), at, block.end).await {
                Comparison::Agreed => return Ok(None),
                Comparison::Disagreed { endpoint, what } => {
                    return Ok(Some((
                        block.number,
                        format!("{endpoint} disagrees: {what}"),
                    )));
                }
                Comparison::Undecided { endpoint, why } if Instant::now() >= deadline => {
                    return Err(FollowError::Undecided {
                        endpoint,
                        block: block.number,
                        why,
                    });
                }
                Comparison::Undecided { endpoint, why } => {
                    debug!(block = block.number, %endpoint, %why, "waiting for confirmation");
                    sleep(backoff.next_delay()).await;
                }
            }
        }
    }

    async fn stop(&self, block: u64, reason: String) -> Result<Outcome, FollowError> {
        self.halt.halt(Some(block), reason).await?;
        Ok(Outcome::Halted)
    }

    fn announce(&self, block: u64, time: u64, end: lex_model::Outbox) {
        self.progress.send_modify(|progress| {
            progress.block = Some(block);
            progress.time = time;
            progress.nonce = end.nonce;
            progress.head = end.head.into();
        });
    }

    fn next_block(&self) -> u64 {
        match self.outbox.position() {
            Some(position) => position.number.saturating_add(1),
            None => self.start_block,
        }
    }
}

impl<E: Endpoint> Follower<E> {
    /// Follows until cancelled. Interruptions are logged and resumed with growing delays; after a
    /// halt nothing more is read.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        loop {
            let before = self.next_block();
            let followed = cancel.run_until_cancelled(self.follow()).await;
            let error = match followed {
                None => return,
                Some(Ok(())) => return cancel.cancelled().await,
                Some(Err(error)) => error,
            };
            if self.next_block() > before {
                backoff.reset();
            }
            let delay = backoff.next_delay();
            self.metrics.interrupted();
            error.log(delay);
            let interruption = error.interruption();
            self.progress.send_modify(|progress| {
                let before = progress.interrupted.take();
                let since = before.map_or(interruption.since, |before| before.since);
                progress.interrupted = Some(Interruption {
                    since,
                    ..interruption
                });
            });
            if cancel.run_until_cancelled(sleep(delay)).await.is_none() {
                return;
            }
        }
    }

    /// Returns when halted.
    async fn follow(&mut self) -> Result<(), FollowError> {
        self.load().await?;
        if self.progress.borrow().halted.is_some() {
            return Ok(());
        }
        let from = self.next_block();
        info!(from, "following finalized blocks");
        let blocks = self.endpoints[0].finalized_blocks(from, vec![self.outbox.contract()]);
        let mut chunks = blocks.ready_chunks(CHUNK_BLOCKS);
        while let Some(chunk) = chunks.next().await {
            let (blocks, broken) = split_at_error(chunk);
            if !blocks.is_empty() {
                debug!(
                    first = blocks[0].number,
                    count = blocks.len(),
                    "verifying blocks"
                );
                if self.advance(&blocks).await? == Outcome::Halted {
                    return Ok(());
                }
            }
            if let Some(error) = broken {
                return Err(error.into());
            }
        }
        Err(FollowError::Ended)
    }
}

/// The blocks before the first error, and that error.
fn split_at_error(
    chunk: Vec<Result<SourceBlock, SourceError>>,
) -> (Vec<SourceBlock>, Option<SourceError>) {
    let mut blocks = Vec::with_capacity(chunk.len());
    for item in chunk {
        match item {
            Ok(block) => blocks.push(block),
            Err(error) => return (blocks, Some(error)),
        }
    }
    (blocks, None)
}
