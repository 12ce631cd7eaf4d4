//! Growing delays between attempts.

use std::time::Duration;

/// Doubles from `first` to `longest`.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
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
        delay
    }

    /// The delay it grows to.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// To be called after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Spreads delays, so that instances that failed together do not try again together.
#[derive(Clone, Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// Instances with different seeds spread differently.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Between three and five quarters of `delay`.
    pub fn spread(&mut self, delay: Duration) -> Duration {
        self.0 = mixed(self.0);
        delay / 4 * 3 + fraction(delay / 2, self.0)
    }
}

/// The part of `whole` that `number` is of all 64-bit numbers, to 1 in 2^32.
pub fn fraction(whole: Duration, number: u64) -> Duration {
    let parts = u128::from(number >> 32);
    let nanos = whole.as_nanos().saturating_mul(parts) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// One step of splitmix64 (Steele, Lea, Flood 2014): neighbouring numbers become unrelated ones.
pub fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// An error and its causes in one line.
pub fn report(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Transparent variants repeat their cause.
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_delays_stay_near_and_differ_by_seed() {
        let delay = Duration::from_secs(4);
        let (mut one, mut other) = (Jitter::new(1), Jitter::new(2));
        for _ in 0..100 {
            let (a, b) = (one.spread(delay), other.spread(delay));
            assert!((3..=5).contains(&a.as_secs()), "{a:?}");
            assert_ne!(a, b);
        }
    }

    #[test]
    fn delays_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));
        let delays: Vec<_> = (0..4).map(|_| backoff.next_delay().as_millis()).collect();
        assert_eq!(delays, [100, 200, 300, 300]);
        backoff.reset();
        assert_eq!(backoff.next_delay().as_millis(), 100);
    }
}
