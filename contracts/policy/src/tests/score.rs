//! The score, recomputed by anybody.

use super::*;
use lex_model::Signal;
use proptest::prelude::*;

#[ink::test]
fn anybody_recomputes_a_score() {
    let policy = empty_policy();
    as_caller(NOBODY);
    assert_eq!(policy.score(vec![20, 0], vec![1, 2]), Ok(933));
    assert_eq!(policy.score(vec![0; 8], vec![10_000; 8]), Ok(1000));
    assert_eq!(policy.score(vec![100; 8], vec![10_000; 8]), Ok(0));
}

#[ink::test]
fn signals_that_make_no_sense_are_refused() {
    let policy = empty_policy();
    for (risks, weights, reason, detail) in [
        (vec![0], vec![], Reason::WrongLength, 8),
        (vec![], vec![1], Reason::WrongLength, 8),
        (vec![0; 8], vec![1; 9], Reason::WrongLength, 8),
        (vec![0; 9], vec![1; 9], Reason::LimitReached, 8),
        (vec![0; 5_000], vec![1; 5_000], Reason::LimitReached, 8),
        (vec![0, 101], vec![1, 1], Reason::UnknownCode, 101),
        (vec![0, 0], vec![1, 10_001], Reason::UnknownCode, 10_001),
        (vec![50; 8], vec![0; 8], Reason::UnknownCode, 0),
        (vec![], vec![], Reason::UnknownCode, 0),
    ] {
        let lengths = (risks.len(), weights.len());
        assert_eq!(
            policy.score(risks, weights),
            Err(Refused::new(reason, detail)),
            "{lengths:?}"
        );
    }
}

/// I28: the message answers what the formula says, and refuses what it refuses.
#[ink::test]
fn i28_the_message_agrees_with_the_formula() {
    let policy = empty_policy();
    let any_signal = (0u8..103, prop_oneof![3 => 0u16..10_003, 1 => Just(0u16)]);
    let any_signals = proptest::collection::vec(any_signal, 0..10);
    proptest!(ProptestConfig::with_cases(10_000), |(signals in any_signals)| {
        let (risks, weights) = signals.iter().copied().unzip();
        let signals: Vec<_> = signals
            .into_iter()
            .map(|(risk, weight)| Signal { risk, weight })
            .collect();
        let expected = lex_model::score(&signals)
            .map_err(|(reason, detail)| Refused::new(reason, detail));
        prop_assert_eq!(policy.score(risks, weights), expected);
    });
}
