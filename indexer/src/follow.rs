//! Finalized blocks become commits: one block each when live, runs of blocks while catching up.

use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use lex_client::{Backoff, Source, SourceBlock, SourceError};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{
    clock::Clock,
    config::IndexingConfig,
    metrics,
    progress::Progress,
    store::{Checkpoint, Store, StoreError, World},
};

const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// Why indexing stopped.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the source ended its stream of blocks")]
    Ended,
}

impl FollowError {
    /// Whether to begin again at the checkpoint, now or later. An unknown runtime needs an upgrade of
    /// this program; until then it stays and says so, instead of ending at every start.
    fn is_survived(&self) -> bool {
        match self {
            Self::Source(error) => error.is_transient() || is_unknown_runtime(error),
            Self::Store(error) => error.is_transient(),
            Self::Ended => true,
        }
    }

    /// What everyone may read of it.
    fn public_reason(&self) -> String {
        match self {
            Self::Source(error) => error.to_string(),
            Self::Store(_) => "the database cannot be written".to_owned(),
            Self::Ended => self.to_string(),
        }
    }

    fn log(&self, delay: Duration) {
        const MESSAGE: &str = "indexing failed, beginning again at the checkpoint";
        match self {
            Self::Source(error) if is_unknown_runtime(error) => error!(%error, ?delay, "{MESSAGE}"),
            _ => warn!(error = %self, ?delay, "{MESSAGE}"),
        }
    }
}

fn is_unknown_runtime(error: &SourceError) -> bool {
    matches!(error, SourceError::UnknownRuntime { .. })
}

/// Turns blocks into commits.
#[derive(Clone, Debug)]
pub struct Follower {
    pub store: Store,
    pub world: World,
    pub config: IndexingConfig,
    pub progress: Progress,
    pub clock: Clock,
    /// Unix milliseconds; the delay of older blocks is not measured, they waited for this process.
    pub live_from: u64,
}

impl Follower {
    /// Indexes from the checkpoint on until `stop`. What can pass by itself is tried again from the
    /// checkpoint, for ever.
    ///
    /// # Errors
    /// What cannot: the events contradict what the contract committed to, another process writes
    /// to the schema, the chain was replaced.
    pub async fn run(&self, source: &Source, stop: &CancellationToken) -> Result<(), FollowError> {
        let contracts = self.world.contracts();
        let mut backoff = Backoff::new(FIRST_BACKOFF, LONGEST_BACKOFF);
        loop {
            let before = self.progress.summary().committed;
            let outcome = match self.resume().await {
                Ok(checkpoint) => {
                    let blocks =
                        source.finalized_blocks(checkpoint.next_block(), contracts.clone());
                    self.index(checkpoint, blocks, stop).await
                }
                Err(error) => Err(error),
            };
            let error = match outcome {
                Ok(()) => return Ok(()),
                Err(error) if error.is_survived() => error,
                Err(error) => return Err(error),
            };
            if self.progress.summary().committed > before {
                backoff.reset();
            }
            self.progress.failed(error.public_reason());
            metrics::retried();
            let delay = backoff.next_delay();
            error.log(delay);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep(delay) => {}
            }
        }
    }

    /// Commits `blocks`, which begin after `checkpoint`, until `stop` or until they end.
    ///
    /// # Errors
    /// The stream or a commit failed; everything before that is committed.
    pub async fn index(
        &self,
        mut checkpoint: Checkpoint,
        blocks: impl Stream<Item = Result<SourceBlock, SourceError>> + Send + 'static,
        stop: &CancellationToken,
    ) -> Result<(), FollowError> {
        let (mut incoming, _reader) = read_ahead(blocks, self.config.batch_blocks);
        loop {
            let mut items = Vec::new();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                received = incoming.recv_many(&mut items, self.config.batch_blocks) => {
                    if received == 0 {
                        return Err(FollowError::Ended);
                    }
                }
            }
            let mut run = Vec::new();
            let mut failure = None;
            for item in items {
                match item {
                    Ok(block) => run.push(block),
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            checkpoint = self.commit(&checkpoint, &run).await?;
            if let Some(error) = failure {
                return Err(error.into());
            }
        }
    }

    async fn resume(&self) -> Result<Checkpoint, FollowError> {
        let (_, checkpoint) = self
            .store
            .checkpoint()
            .await?
            .ok_or(StoreError::Database(sqlx::Error::RowNotFound))?;
        self.progress.resumed(
            checkpoint.block_number,
            checkpoint.block_time.saturating_mul(1000),
        );
        info!(
            block = checkpoint.block_number,
            "indexing continues after the checkpoint"
        );
        Ok(checkpoint)
    }

    async fn commit(
        &self,
        from: &Checkpoint,
        run: &[SourceBlock],
    ) -> Result<Checkpoint, StoreError> {
        let began = Instant::now();
        let to = self.store.commit(&self.world, from, run).await?;
        if run.is_empty() {
            return Ok(to);
        }
        if let Some(last) = run.last() {
            self.progress.block_time(last.number, last.time_millis);
        }
        self.progress.committed(to.block_number);
        let events = run.iter().map(|block| block.events.len()).sum();
        metrics::committed(to.block_number, events, began.elapsed());
        let now = self.clock.millis();
        for block in run
            .iter()
            .filter(|block| block.time_millis >= self.live_from)
        {
            metrics::block_committed(block.time_millis, now);
        }
        debug!(
            block = to.block_number,
            blocks = run.len(),
            events,
            "committed"
        );
        Ok(to)
    }

    /// Keeps asking for the finalized height, so that lag and silence are known even when no block
    /// comes.
    pub async fn watch_finality(&self, source: &Source, stop: &CancellationToken) {
        let mut ticks = interval(self.config.poll_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let answer = tokio::select! {
                () = stop.cancelled() => return,
                answer = source.pulse() => answer,
            };
            match answer {
                Ok(pulse) => {
                    self.progress.pulse(source.endpoint().as_str(), &pulse);
                    let lag = self.progress.summary().lag_blocks().unwrap_or_default();
                    metrics::finalized(pulse.finalized.number, lag);
                }
                Err(error) => {
                    metrics::finality_unknown();
                    debug!(%error, "the finalized height could not be read");
                }
            }
        }
    }
}

type Incoming = mpsc::Receiver<Result<SourceBlock, SourceError>>;

/// Reads blocks while earlier ones are being committed, at most `ahead` of them.
fn read_ahead(
    blocks: impl Stream<Item = Result<SourceBlock, SourceError>> + Send + 'static,
    ahead: usize,
) -> (Incoming, JoinSet<()>) {
    let (sender, receiver) = mpsc::channel(ahead);
    // A set, because it ends its tasks when it is dropped.
    let mut reader = JoinSet::new();
    reader.spawn(async move {
        let mut blocks = std::pin::pin!(blocks);
        while let Some(block) = blocks.next().await {
            if sender.send(block).await.is_err() {
                return;
            }
        }
    });
    (receiver, reader)
}
