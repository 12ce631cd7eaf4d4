//! Figures of a sample.

use std::time::Duration;

/// The middle and the tail of a sample of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
}

/// Nearest-rank percentiles; `None` for an empty sample.
#[must_use]
pub fn percentiles(mut sample: Vec<Duration>) -> Option<Percentiles> {
    sample.sort_unstable();
    let rank = |percent: usize| {
        let position = (sample.len() * percent).div_ceil(100).saturating_sub(1);
        sample.get(position).copied()
    };
    Some(Percentiles {
        p50: rank(50)?,
        p99: rank(99)?,
        max: rank(100)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        let sample = (1..=200).rev().map(Duration::from_millis).collect();
        let expected = Percentiles {
            p50: Duration::from_millis(100),
            p99: Duration::from_millis(198),
            max: Duration::from_millis(200),
        };
        assert_eq!(percentiles(sample), Some(expected));
    }

    #[test]
    fn a_sample_of_one_is_its_own_percentile() {
        let one = Duration::from_millis(7);
        assert_eq!(
            percentiles(vec![one]),
            Some(Percentiles {
                p50: one,
                p99: one,
                max: one
            })
        );
        assert_eq!(percentiles(Vec::new()), None);
    }
}
