//! Since when the mirror makes no progress.

use tokio::time::Instant;

/// Progress is a nonce that the mirror did not hold before. Getting back what a reorganisation took is
/// none, or a destination that is reorganised again and again would look as if it went on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advance {
    /// The highest nonce since `at`.
    best: u64,
    at: Instant,
}

impl Advance {
    /// Begins at a nonce.
    pub(super) fn from(nonce: u64, now: Instant) -> Self {
        Self {
            best: nonce,
            at: now,
        }
    }

    /// The mirror holds this nonce while `verified` is the newest. One that has everything can make no
    /// progress, which is no fault.
    pub(super) fn note(&mut self, nonce: u64, verified: u64, now: Instant) {
        if nonce > self.best || nonce >= verified {
            *self = Self::from(nonce, now);
        }
    }

    /// When the mirror last made progress, or lacked nothing.
    pub(super) fn at(&self) -> Instant {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Seconds after the start of the last progress, given what was seen at each second.
    fn last_progress(seen: &[(u64, u64)]) -> u64 {
        let start = Instant::now();
        let mut advance = Advance::from(seen[0].0, start);
        for ((nonce, verified), second) in seen.iter().zip(0..) {
            advance.note(*nonce, *verified, start + Duration::from_secs(second));
        }
        (advance.at() - start).as_secs()
    }

    #[test]
    fn a_new_nonce_is_progress() {
        assert_eq!(last_progress(&[(1, 9), (1, 9), (3, 9), (3, 9)]), 2);
    }

    #[test]
    fn what_is_lost_and_brought_back_is_none() {
        let reorganised = [(5, 9), (4, 9), (5, 9), (3, 9), (5, 9)];
        assert_eq!(last_progress(&reorganised), 0);
    }

    #[test]
    fn a_mirror_that_lost_what_it_had_begins_to_lag_then() {
        assert_eq!(last_progress(&[(9, 9), (9, 9), (9, 9), (7, 9), (7, 9)]), 2);
    }
}
