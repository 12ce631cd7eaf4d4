//! How far the index is, for everyone who waits for it or must not trust an old answer.

use std::{sync::Arc, time::Duration};

use lex_client::{Freshness, Pulse};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// What is known about the progress of indexing. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Progress(Arc<watch::Sender<State>>);

#[derive(Clone, Debug)]
struct State {
    committed: u64,
    finalized: Option<u64>,
    /// A finalized height, and when it was seen, that the index has not reached yet.
    target: Option<(u64, Instant)>,
    /// When the index last held everything that was final.
    level_at: Option<Instant>,
    /// The newest committed block.
    indexed: Freshness,
    /// The newest block that the source called final.
    source: Freshness,
    /// Why the source's word is not worth much at present.
    source_trouble: Option<String>,
    /// Why indexing failed last; `None` once something was committed.
    failure: Option<String>,
}

/// The state of indexing at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub committed: u64,
    /// `None` until the source has told it.
    pub finalized: Option<u64>,
    /// The last attempt to index failed and is being repeated.
    pub has_errors: bool,
}

impl Summary {
    /// Finalized blocks that are not committed.
    pub fn lag_blocks(&self) -> Option<u64> {
        self.finalized
            .map(|finalized| finalized.saturating_sub(self.committed))
    }
}

impl Progress {
    /// Begins with the block that is committed already.
    pub fn new(committed: u64) -> Self {
        let state = State {
            committed,
            finalized: None,
            target: None,
            level_at: None,
            indexed: Freshness::default(),
            source: Freshness::default(),
            source_trouble: None,
            failure: None,
        };
        Self(Arc::new(watch::Sender::new(state)))
    }

    /// A block and all before it are committed.
    pub fn committed(&self, block: u64) {
        self.0.send_modify(|state| {
            state.committed = state.committed.max(block);
            state.failure = None;
            state.reach_target();
        });
    }

    /// Indexing goes on after a block that is committed. That says nothing yet about how it goes.
    pub fn resumed(&self, block: u64, time_millis: u64) {
        self.0.send_modify(|state| {
            state.committed = state.committed.max(block);
            // An empty index ends before its first block, at no time.
            if time_millis > 0 {
                state.indexed.note(block, time_millis);
            }
        });
    }

    /// When the chain made a committed block, in Unix milliseconds.
    pub fn block_time(&self, block: u64, time_millis: u64) {
        self.0
            .send_modify(|state| state.indexed.note(block, time_millis));
    }

    /// The source told how it is.
    pub fn pulse(&self, endpoint: &str, pulse: &Pulse) {
        self.finalized(pulse.finalized.number);
        let trouble = pulse.network.and_then(|network| network.trouble());
        self.0.send_modify(|state| {
            state.source.note(pulse.finalized.number, pulse.time_millis);
            state.source_trouble = trouble.map(|trouble| format!("{endpoint}: {trouble}"));
        });
    }

    /// The source said that `block` is final.
    pub fn finalized(&self, block: u64) {
        self.finalized_at(block, Instant::now());
    }

    fn finalized_at(&self, block: u64, seen_at: Instant) {
        self.0.send_modify(|state| {
            state.finalized = Some(block);
            // An unreached target stays: newer ones must not push the moment of level away.
            state.target.get_or_insert((block, seen_at));
            state.reach_target();
        });
    }

    /// Indexing failed and is going to be tried again. The reason is shown to everyone.
    pub fn failed(&self, reason: impl Into<String>) {
        let reason = reason.into();
        self.0.send_modify(|state| state.failure = Some(reason));
    }

    /// Why indexing fails or the source is not to be relied on at present.
    pub fn trouble(&self) -> Option<String> {
        let state = self.0.borrow();
        state.failure.clone().or(state.source_trouble.clone())
    }

    pub fn summary(&self) -> Summary {
        let state = self.0.borrow();
        Summary {
            committed: state.committed,
            finalized: state.finalized,
            has_errors: state.failure.is_some(),
        }
    }

    /// How long ago the index held everything that was final; `None` if it never did.
    pub fn level_age(&self) -> Option<Duration> {
        self.0.borrow().level_at.map(|at| at.elapsed())
    }

    /// The age of the newest committed block at `now` (Unix milliseconds); `None` before the first.
    pub fn block_age(&self, now_millis: u64) -> Option<Duration> {
        self.0.borrow().indexed.age(now_millis)
    }

    /// The age of the newest block that the source called final, as [`Progress::block_age`].
    pub fn source_age(&self, now_millis: u64) -> Option<Duration> {
        self.0.borrow().source.age(now_millis)
    }

    /// Waits until `block` is committed, at most `limit`; whether it is.
    pub async fn wait_for(&self, block: u64, limit: Duration) -> bool {
        let mut states = self.0.subscribe();
        let reached = states.wait_for(|state| state.committed >= block);
        matches!(timeout(limit, reached).await, Ok(Ok(_)))
    }
}

impl State {
    fn reach_target(&mut self) {
        if let Some((block, seen_at)) = self.target
            && self.committed >= block
        {
            self.level_at = Some(seen_at);
            self.target = None;
            // With nothing left to read, nothing fails.
            self.failure = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_counts_from_the_finalized_height_that_was_reached() {
        let progress = Progress::new(5);
        assert_eq!(progress.level_age(), None);
        let now = Instant::now();
        let minute = Duration::from_secs(60);
        progress.finalized_at(6, now - minute);
        // The chain goes on; the first height is still what has to be reached.
        progress.finalized_at(9, now);
        assert_eq!(progress.level_age(), None);
        progress.committed(6);
        assert!(progress.level_age().is_some_and(|age| age >= minute));
        assert_eq!(progress.summary().lag_blocks(), Some(3));
        progress.finalized_at(9, now);
        progress.committed(9);
        assert!(progress.level_age().is_some_and(|age| age < minute));
    }

    #[tokio::test]
    async fn waiting_ends_with_the_block_or_the_limit() {
        let progress = Progress::new(5);
        assert!(progress.wait_for(5, Duration::ZERO).await);
        assert!(!progress.wait_for(6, Duration::from_millis(1)).await);
        let waiting = progress.clone();
        let limit = Duration::from_secs(60);
        let waiter = tokio::spawn(async move { waiting.wait_for(6, limit).await });
        progress.committed(7);
        assert!(waiter.await.expect("the waiter does not panic"));
    }

    #[test]
    fn a_commit_ends_the_error_state_and_never_goes_back() {
        let progress = Progress::new(5);
        progress.failed("the node is away");
        assert!(progress.summary().has_errors);
        assert_eq!(progress.trouble().as_deref(), Some("the node is away"));
        progress.committed(4);
        assert_eq!(
            progress.summary(),
            Summary {
                committed: 5,
                finalized: None,
                has_errors: false
            }
        );
    }
}
