//! How old the newest known block is. A node that stands still, or repeats itself, agrees with
//! itself for ever; only the clock on the wall tells.

use std::time::{Duration, Instant};

/// The newest block that was seen, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Freshness {
    newest: Option<Newest>,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    number: u64,
    /// Unix milliseconds, by the chain's clock.
    time_millis: u64,
    seen_at: Instant,
}

impl Freshness {
    /// A block was seen; one that is not newer than the newest changes nothing.
    pub fn note(&mut self, number: u64, time_millis: u64) {
        if self.newest.is_none_or(|newest| newest.number < number) {
            self.newest = Some(Newest {
                number,
                time_millis,
                seen_at: Instant::now(),
            });
        }
    }

    /// The age of the newest block at `now` (Unix milliseconds); `None` before the first.
    ///
    /// A chain whose clock was moved forward, as developers do, stamps its blocks later than the
    /// clock on the wall. The age is then the time since the block was seen, which is never more than
    /// the true one.
    pub fn age(&self, now_millis: u64) -> Option<Duration> {
        let newest = self.newest?;
        let by_the_wall = Duration::from_millis(now_millis.saturating_sub(newest.time_millis));
        Some(by_the_wall.max(newest.seen_at.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn age_is_measured_by_the_wall_not_by_the_node() {
        let mut freshness = Freshness::default();
        assert_eq!(freshness.age(NOW), None);
        freshness.note(7, NOW - 90_000);
        // The node says the same again and again.
        freshness.note(7, NOW);
        freshness.note(6, NOW);
        assert!(freshness.age(NOW).unwrap() >= Duration::from_secs(90));
        freshness.note(8, NOW);
        assert!(freshness.age(NOW).unwrap() < Duration::from_secs(90));
    }

    #[test]
    fn a_chain_ahead_of_the_wall_ages_from_when_its_block_was_seen() {
        let mut freshness = Freshness::default();
        freshness.note(7, NOW + 400 * 86_400_000);
        let seen = freshness.newest.as_mut().unwrap();
        seen.seen_at -= Duration::from_secs(90);
        let age = freshness.age(NOW).unwrap();
        assert!(
            age >= Duration::from_secs(90) && age < Duration::from_secs(3600),
            "{age:?}"
        );
    }
}
