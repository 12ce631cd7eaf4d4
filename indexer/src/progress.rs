//! How far the index is, for everyone who waits for it or must not trust an old answer.

use std::{sync::Arc, time::Duration};

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
    has_errors: bool,
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
            has_errors: false,
        };
        Self(Arc::new(watch::Sender::new(state)))
    }

    /// A block and all before it are committed.
    pub fn committed(&self, block: u64) {
        self.0.send_modify(|state| {
            state.committed = state.committed.max(block);
            state.has_errors = false;
            state.reach_target();
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

    /// Indexing failed and is going to be tried again.
    pub fn failed(&self) {
        self.0.send_modify(|state| state.has_errors = true);
    }

    pub fn summary(&self) -> Summary {
        let state = self.0.borrow();
        Summary {
            committed: state.committed,
            finalized: state.finalized,
            has_errors: state.has_errors,
        }
    }

    /// How long ago the index held everything that was final; `None` if it never did.
    pub fn age(&self) -> Option<Duration> {
        self.0.borrow().level_at.map(|at| at.elapsed())
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_counts_from_the_finalized_height_that_was_reached() {
        let progress = Progress::new(5);
        assert_eq!(progress.age(), None);
        let now = Instant::now();
        let minute = Duration::from_secs(60);
        progress.finalized_at(6, now - minute);
        // The chain goes on; the first height is still what has to be reached.
        progress.finalized_at(9, now);
        assert_eq!(progress.age(), None);
        progress.committed(6);
        assert!(progress.age().is_some_and(|age| age >= minute));
        assert_eq!(progress.summary().lag_blocks(), Some(3));
        progress.finalized_at(9, now);
        progress.committed(9);
        assert!(progress.age().is_some_and(|age| age < minute));
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
        progress.failed();
        assert!(progress.summary().has_errors);
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
