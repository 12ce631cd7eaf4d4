//! Growing delays between attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Doubles from `first` to `longest`. Each delay is between half and all of that, at random: many
/// who failed together do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Delays of at most `first` to begin with, and of at most `longest` in the end.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The delay before the next attempt.
    pub fn next_delay(&mut self) -> Duration {
        let delay = self.next.min(self.longest);
        self.next = delay.saturating_mul(2);
        delay / 2 + (delay / 2).mul_f64(random_share())
    }

    /// To be called after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// From 0 to 1. Every [`RandomState`] has keys of its own, which is random enough for a delay.
fn random_share() -> f64 {
    let random = RandomState::new().hash_one(()) >> 32;
    random as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));
        for whole in [100, 200, 300, 300] {
            let delay = backoff.next_delay().as_millis();
            assert!(
                (whole / 2..=whole).contains(&delay),
                "{delay} of {whole} ms"
            );
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }

    #[test]
    fn those_who_failed_together_come_back_apart() {
        let hour = Duration::from_secs(3600);
        let delays: Vec<_> = (0..8)
            .map(|_| Backoff::new(hour, hour).next_delay())
            .collect();
        assert!(delays.iter().any(|delay| *delay != delays[0]), "{delays:?}");
    }
}
