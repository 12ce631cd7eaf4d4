//! Whether what the index holds may be shown as what is. An old answer could show a revoked license
//! as active.

use std::time::Duration;

use crate::progress::Progress;

/// How old the index may be.
#[derive(Clone, Copy, Debug)]
pub struct FreshnessRule {
    /// Longest time for which the index may lack something that the source calls final. Zero: for
    /// ever, and queries are answered however old the index is.
    pub max_staleness: Duration,
    /// Longest time between two final blocks that the chain promises. The source cannot be asked
    /// whether it keeps this: one that stands still does not know.
    pub longest_silence: Duration,
}

/// Why the index may be old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    #[error("the index has not matched the finalized chain since this process started")]
    NeverLevel,
    #[error("the index has not matched the finalized chain for {} s", for_so_long.as_secs())]
    Behind { for_so_long: Duration },
    #[error(
        "the newest indexed block is {} s old, and the chain promises one every {} s: the source is \
         silent, or the index does not follow it",
        age.as_secs(),
        promised.as_secs()
    )]
    Silent { age: Duration, promised: Duration },
}

impl FreshnessRule {
    /// Judges the index at `now` (Unix milliseconds).
    ///
    /// # Errors
    /// Why an answer may be old.
    pub fn judge(&self, progress: &Progress, now_millis: u64) -> Result<(), Stale> {
        let promised = self.longest_silence;
        match progress.block_age(now_millis) {
            Some(age) if age > promised => return Err(Stale::Silent { age, promised }),
            Some(_) => {}
            None => return Err(Stale::NeverLevel),
        }
        if self.max_staleness.is_zero() {
            return Ok(());
        }
        match progress.level_age() {
            Some(age) if age <= self.max_staleness => Ok(()),
            Some(for_so_long) => Err(Stale::Behind { for_so_long }),
            None => Err(Stale::NeverLevel),
        }
    }

    /// As [`FreshnessRule::judge`], for answers to queries.
    ///
    /// # Errors
    /// Why an answer may be old, unless the operator wants queries answered all the same.
    pub fn judge_answers(&self, progress: &Progress, now_millis: u64) -> Result<(), Stale> {
        if self.max_staleness.is_zero() {
            return Ok(());
        }
        self.judge(progress, now_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const RULE: FreshnessRule = FreshnessRule {
        max_staleness: Duration::from_secs(60),
        longest_silence: Duration::from_secs(120),
    };

    /// Level with a source whose newest block has this age.
    fn level(age: Duration) -> Progress {
        let progress = Progress::new(7);
        progress.block_time(7, NOW - age.as_millis() as u64);
        progress.finalized(7);
        progress
    }

    #[test]
    fn a_source_that_repeats_itself_is_silent_however_level_the_index_is() {
        let progress = level(Duration::from_secs(121));
        assert_eq!(progress.summary().lag_blocks(), Some(0));
        let stale = RULE.judge(&progress, NOW).unwrap_err();
        assert!(matches!(stale, Stale::Silent { .. }), "{stale}");
        assert!(stale.to_string().contains("121 s old"), "{stale}");
        assert!(RULE.judge_answers(&progress, NOW).is_err());
    }

    #[test]
    fn a_chain_that_keeps_its_promise_is_fresh() {
        assert_eq!(RULE.judge(&level(Duration::from_secs(119)), NOW), Ok(()));
    }

    #[test]
    fn an_index_that_was_never_level_is_stale() {
        let progress = Progress::new(7);
        assert_eq!(RULE.judge(&progress, NOW), Err(Stale::NeverLevel));
        progress.block_time(7, NOW);
        assert_eq!(RULE.judge(&progress, NOW), Err(Stale::NeverLevel));
    }

    #[test]
    fn an_operator_can_have_old_answers_but_not_readiness() {
        let always = FreshnessRule {
            max_staleness: Duration::ZERO,
            ..RULE
        };
        let progress = level(Duration::from_secs(600));
        assert_eq!(always.judge_answers(&progress, NOW), Ok(()));
        assert!(always.judge(&progress, NOW).is_err());
    }
}
