//! The score that a clearance states: one integer formula over the signals of up to eight providers.
//!
//! Its source is ERC-8262 (draft): a weighted mean of risk signals from 0 to 100 with weights up to
//! 10,000, of at most 8 providers, which the draft states in basis points of risk. LEX turns it
//! around: 0 is the riskiest and [`MAX_SCORE`] the safest, so that a rule demands at least so much.

use crate::{MAX_SCORE, Reason};

/// The most signals that one score is made from.
pub const MAX_SIGNALS: usize = 8;

/// The highest risk of a signal.
pub const MAX_RISK: u8 = 100;

/// The largest weight of a signal.
pub const MAX_SIGNAL_WEIGHT: u16 = 10_000;

/// How many points of score one point of risk costs.
const POINTS: u32 = MAX_SCORE as u32 / MAX_RISK as u32;

/// What one provider says, and how much it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Signal {
    /// 0 to [`MAX_RISK`]; higher is riskier.
    pub risk: u8,
    /// 0 to [`MAX_SIGNAL_WEIGHT`]; with 0 the signal changes nothing.
    pub weight: u16,
}

/// The score of these signals, 0 to [`MAX_SCORE`]; higher is safer. It is
/// `floor(10 * sum(weight * (100 - risk)) / sum(weight))`, rounded down so that nothing is shown
/// safer than it is.
///
/// ```
/// use lex_model::{Signal, score};
///
/// let signals = [Signal { risk: 20, weight: 1 }, Signal { risk: 0, weight: 2 }];
/// assert_eq!(score(&signals), Ok(933));
/// ```
///
/// # Errors
/// A reason and the number that goes with it: [`Reason::LimitReached`] for more than [`MAX_SIGNALS`]
/// signals; [`Reason::UnknownCode`] for a risk or a weight out of range, and with 0 when no signal has
/// a weight.
pub fn score(signals: &[Signal]) -> Result<u16, (Reason, u64)> {
    if signals.len() > MAX_SIGNALS {
        return Err((Reason::LimitReached, MAX_SIGNALS as u64));
    }
    // Nothing saturates: both sums are below 2^23.
    let (mut safety, mut weights) = (0u32, 0u32);
    for Signal { risk, weight } in signals.iter().copied() {
        let safe = MAX_RISK
            .checked_sub(risk)
            .ok_or((Reason::UnknownCode, u64::from(risk)))?;
        if weight > MAX_SIGNAL_WEIGHT {
            return Err((Reason::UnknownCode, u64::from(weight)));
        }
        let weight = u32::from(weight);
        safety = safety.saturating_add(weight.saturating_mul(u32::from(safe)));
        weights = weights.saturating_add(weight);
    }
    safety
        .saturating_mul(POINTS)
        .checked_div(weights)
        .and_then(|score| u16::try_from(score).ok())
        .ok_or((Reason::UnknownCode, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn signal(risk: u8, weight: u16) -> Signal {
        Signal { risk, weight }
    }

    #[test]
    fn a_score_goes_from_riskiest_to_safest() {
        for weight in [1, MAX_SIGNAL_WEIGHT] {
            for count in 1..=MAX_SIGNALS {
                assert_eq!(score(&vec![signal(0, weight); count]), Ok(MAX_SCORE));
                assert_eq!(score(&vec![signal(MAX_RISK, weight); count]), Ok(0));
            }
            assert_eq!(score(&[signal(1, weight)]), Ok(990));
        }
    }

    #[test]
    fn a_score_is_rounded_to_the_riskier_side() {
        // A little less than the safest is not the safest, a little more than the riskiest still is.
        assert_eq!(
            score(&[signal(0, MAX_SIGNAL_WEIGHT), signal(1, 1)]),
            Ok(999)
        );
        assert_eq!(
            score(&[signal(100, MAX_SIGNAL_WEIGHT), signal(99, 1)]),
            Ok(0)
        );
        assert_eq!(score(&[signal(0, 1), signal(100, 2)]), Ok(333));
        assert_eq!(score(&[signal(0, 2), signal(100, 1)]), Ok(666));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let many = [signal(0, 1); MAX_SIGNALS + 1];
        for (signals, refusal) in [
            (&many[..], (Reason::LimitReached, 8)),
            (&[signal(101, 1)], (Reason::UnknownCode, 101)),
            (&[signal(255, 0)], (Reason::UnknownCode, 255)),
            (&[signal(0, 10_001)], (Reason::UnknownCode, 10_001)),
            (
                &[signal(0, 1), signal(0, u16::MAX)],
                (Reason::UnknownCode, 65_535),
            ),
            (&[signal(50, 0); 8], (Reason::UnknownCode, 0)),
            (&[], (Reason::UnknownCode, 0)),
        ] {
            assert_eq!(score(signals), Err(refusal), "{signals:?}");
        }
    }

    fn any_signals(most: usize) -> impl Strategy<Value = Vec<Signal>> {
        let weight = prop_oneof![
            1 => Just(0u16),
            1 => Just(MAX_SIGNAL_WEIGHT),
            1 => 1u16..10,
            3 => 0..=MAX_SIGNAL_WEIGHT,
        ];
        let any_signal = (0..=MAX_RISK, weight).prop_map(|(risk, weight)| signal(risk, weight));
        proptest::collection::vec(any_signal, 1..=most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// I28: the score is what the mean risk, rounded up, leaves of the best one.
        #[test]
        fn i28_the_score_is_the_published_formula(signals in any_signals(MAX_SIGNALS)) {
            let weights: u128 = signals.iter().map(|signal| u128::from(signal.weight)).sum();
            prop_assume!(weights > 0);
            let risks: u128 = signals
                .iter()
                .map(|signal| u128::from(signal.weight) * u128::from(signal.risk))
                .sum();
            let mean_risk = (10 * risks).div_ceil(weights);
            prop_assert_eq!(score(&signals).map(u128::from), Ok(1_000 - mean_risk));

            // Nor is it safer than the draft's basis points of risk, which are rounded down.
            let basis_points = 100 * risks / weights;
            prop_assert!(10 * mean_risk >= basis_points);
        }

        /// I29: more risk never makes a better score.
        #[test]
        fn i29_raising_a_signal_never_raises_the_score(
            signals in any_signals(MAX_SIGNALS),
            place in any::<prop::sample::Index>(),
            more in 1..=MAX_RISK,
        ) {
            let mut riskier = signals.clone();
            let raised = &mut riskier[place.index(signals.len())];
            raised.risk = raised.risk.saturating_add(more).min(MAX_RISK);
            match (score(&signals), score(&riskier)) {
                (Ok(before), Ok(after)) => prop_assert!(after <= before),
                (before, after) => prop_assert_eq!(before, after),
            }
        }

        /// I29: a provider that does not count changes nothing, wherever it stands.
        #[test]
        fn i29_a_signal_without_weight_changes_nothing(
            signals in any_signals(MAX_SIGNALS - 1),
            place in any::<prop::sample::Index>(),
            risk in 0..=MAX_RISK,
        ) {
            let mut more = signals.clone();
            more.insert(place.index(signals.len() + 1), signal(risk, 0));
            prop_assert_eq!(score(&more), score(&signals));
        }
    }
}
