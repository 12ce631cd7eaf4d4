//! The score of signals as Solidity lists them. The formula is in `lex_model`.

use ink::prelude::vec::Vec;
use lex_model::{MAX_SIGNALS, Reason, Signal, score};
use lex_policy_interface::Refused;

/// The score of the signals with these risks and, at the same places, these weights.
///
/// # Errors
/// [`Reason::WrongLength`] when one list is longer than the other; else as [`lex_model::score()`].
pub fn score_of(risks: &[u8], weights: &[u16]) -> Result<u16, Refused> {
    if risks.len() != weights.len() {
        return Err(Refused::new(Reason::WrongLength, MAX_SIGNALS as u64));
    }
    let signals: Vec<_> = risks
        .iter()
        .zip(weights)
        .map(|(risk, weight)| Signal {
            risk: *risk,
            weight: *weight,
        })
        .collect();
    score(&signals).map_err(|(reason, detail)| Refused::new(reason, detail))
}
