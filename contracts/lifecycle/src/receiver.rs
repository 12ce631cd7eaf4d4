//! What the token standards ask a contract that is to have tokens.

use ink::{Address, prelude::vec::Vec, sol::SolErrorEncode};
use lex_contract_host::{CallFailure, is_asking, is_contract, request_open, revert};
use lex_model::Reason;
use lex_policy_interface::Refused;

/// Asks `to`, if it is a contract, whether it accepts tokens: a question that begins with `selector`,
/// which is its answer, too. All effects are done by then, so that it may read from this contract
/// meanwhile; it changes nothing here: see [`require_idle`]. What it reverts with follows the refusal's
/// own data, so that its reason is not lost.
///
/// # Errors
/// [`Reason::UnsafeReceiver`] when it does not say yes.
pub fn ask_receiver(to: Address, selector: [u8; 4], question: &[u8]) -> Result<(), Refused> {
    if !is_contract(&to.0) {
        return Ok(());
    }
    let mut call = Vec::from(selector);
    call.extend(question);
    // A `bytes4` stands at the beginning of its word.
    let mut yes = [0; 32];
    yes[..4].copy_from_slice(&selector);
    let refused = Refused::from(Reason::UnsafeReceiver);
    match request_open(&to.0, &call) {
        Ok(answer) if answer == yes => Ok(()),
        Err(CallFailure::Reverted(reason)) if !reason.is_empty() => {
            let mut data = SolErrorEncode::encode(&refused);
            data.extend(reason);
            revert(&data)
        }
        _ => Err(refused),
    }
}

/// Refuses every change while a receiver is asked.
///
/// # Errors
/// [`Reason::UnsafeReceiver`].
pub fn require_idle() -> Result<(), Reason> {
    if is_asking() {
        Err(Reason::UnsafeReceiver)
    } else {
        Ok(())
    }
}
