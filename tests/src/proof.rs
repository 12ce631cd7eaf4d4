//! The prover's keys and proofs as the contracts take them.

use lex_client::U256;
use lex_client::groth16::VerifyingKey;
use lex_test_prover::{Setup, Word};

/// The setup's key as the verifier takes it.
#[must_use]
pub fn verifying_key(setup: &Setup) -> VerifyingKey {
    let key = setup.verifying_key();
    VerifyingKey {
        alpha: key.alpha.map(|word| number(&word)),
        beta: key.beta.map(|word| number(&word)),
        gamma: key.gamma.map(|word| number(&word)),
        delta: key.delta.map(|word| number(&word)),
        ic: key.ic.iter().map(number).collect(),
    }
}

/// A word as the contracts' bindings have it.
#[must_use]
pub fn number(word: &Word) -> U256 {
    U256::from_be_bytes(*word)
}
