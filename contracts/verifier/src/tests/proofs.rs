//! Which proofs verify, and which questions make no sense.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::groth16::{FIELD, Key, ORDER};
use trapdoor::{Trapdoor, number, rerandomised};

/// A verifier with Semaphore's keys: version 1 for a depth of 16, version 2 for one of 17.
fn semaphore() -> Verifier {
    let mut verifier = verifier();
    semaphore_key(0).register(&mut verifier, 1).expect("good");
    semaphore_key(1).register(&mut verifier, 2).expect("good");
    verifier
}

#[ink::test]
fn proofs_of_semaphore_verify_under_their_own_key_only() {
    let verifier = semaphore();
    for (place, own) in [(0, 1), (1, 1), (2, 2)] {
        let proof = semaphore_proof(place);
        for version in [1, 2] {
            assert_eq!(proof.verify(&verifier, version), Ok(version == own));
        }
    }
    let proof = semaphore_proof(0);
    assert_eq!(
        refused(proof.verify(&verifier, 3)).0,
        Reason::UnknownCircuit
    );
    let other_circuit = verifier.verify(CIRCUIT + 1, 1, proof.proof, proof.inputs);
    assert_eq!(refused(other_circuit).0, Reason::UnknownCircuit);
}

#[ink::test]
fn inputs_of_another_proof_do_not_verify() {
    let verifier = semaphore();
    let mixed = ProofNumbers {
        inputs: semaphore_proof(1).inputs,
        ..semaphore_proof(0)
    };
    assert_eq!(mixed.verify(&verifier, 1), Ok(false));
}

#[ink::test]
fn every_number_of_inputs_and_their_extremes_verify() {
    let mut verifier = verifier();
    let largest = ORDER - 1;
    for count in [1, 4, 9, 16] {
        let trapdoor = Trapdoor::new(count);
        let version = count as u32;
        trapdoor
            .key()
            .register(&mut verifier, version)
            .expect("good");
        let inputs = (0..count).map(|place| match place % 3 {
            0 => U256::zero(),
            1 => largest,
            _ => U256::from(place),
        });
        let proof = trapdoor.prove(&inputs.collect::<Vec<_>>());
        assert_eq!(proof.verify(&verifier, version), Ok(true));

        let mut changed = proof;
        changed.inputs[0] = U256::one();
        assert_eq!(changed.verify(&verifier, version), Ok(false));
    }
}

#[ink::test]
fn an_input_has_no_alias() {
    let verifier = semaphore();
    let good = semaphore_proof(0);
    for place in 0..good.inputs.len() {
        let mut alias = good.clone();
        while let Some(next) = alias.inputs[place].checked_add(ORDER) {
            alias.inputs[place] = next;
            assert_eq!(
                refused(alias.verify(&verifier, 1)),
                (Reason::InputOutOfField, U256::from(place))
            );
        }
    }
}

#[ink::test]
fn wrong_number_of_inputs_is_refused() {
    let verifier = semaphore();
    let good = semaphore_proof(0);
    for count in [0, 3, 5, 300] {
        let mut wrong = good.clone();
        wrong.inputs.resize(count, U256::zero());
        assert_eq!(
            refused(wrong.verify(&verifier, 1)),
            (Reason::WrongInputCount, U256::from(4))
        );
    }
}

#[ink::test]
fn malformed_points_are_refused() {
    let verifier = semaphore();
    let good = semaphore_proof(0);
    let mut cases = Vec::new();
    // One coordinate changed puts A and C off their curve and B off its own, or beyond the field.
    for place in 0..8 {
        for value in [
            good.proof[place] + 1,
            good.proof[place] + FIELD,
            FIELD,
            U256::MAX,
        ] {
            let mut proof = good.proof;
            proof[place] = value;
            cases.push(proof);
        }
    }
    // Infinity.
    for part in [0..2, 2..6, 6..8] {
        let mut proof = good.proof;
        proof[part].fill(U256::zero());
        cases.push(proof);
    }
    // On the twist, but not in the group.
    let mut proof = good.proof;
    proof[2..6].copy_from_slice(&outside_the_group());
    cases.push(proof);
    // The real parts first, as snarkjs writes them.
    let [a_x, a_y, b0, b1, b2, b3, c_x, c_y] = good.proof;
    cases.push([a_x, a_y, b1, b0, b3, b2, c_x, c_y]);

    for proof in cases {
        let bad = ProofNumbers {
            proof,
            inputs: good.inputs.clone(),
        };
        assert_eq!(
            refused(bad.verify(&verifier, 1)).0,
            Reason::InvalidPoint,
            "{bad:?}"
        );
    }
}

#[ink::test]
fn opposite_points_do_not_verify() {
    let verifier = semaphore();
    for place in [1, 7] {
        let mut opposite = semaphore_proof(0);
        opposite.proof[place] = FIELD - opposite.proof[place];
        assert_eq!(opposite.verify(&verifier, 1), Ok(false));
    }
}

/// Why replay is prevented by a nullifier among the inputs, and never by remembering proofs.
#[ink::test]
fn a_proof_can_be_made_into_another_for_the_same_inputs() {
    let verifier = semaphore();
    let seen = semaphore_proof(0);
    let other = ProofNumbers {
        proof: rerandomised(&seen.proof, number(23)),
        inputs: seen.inputs.clone(),
    };
    assert!(
        other.proof[..6]
            .iter()
            .zip(&seen.proof)
            .all(|(new, old)| new != old)
    );
    assert_eq!(other.verify(&verifier, 1), Ok(true));
}

/// Semaphore's key for a depth of 16, checked once.
static KEY: LazyLock<Key> = LazyLock::new(|| {
    let KeyNumbers {
        alpha,
        beta,
        gamma,
        delta,
        ic,
    } = semaphore_key(0);
    Key::new(alpha, beta, gamma, delta, &ic).expect("good")
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_change_of_any_number_never_verifies(
        place in 0usize..12,
        value in prop_oneof![
            any::<[u8; 32]>().prop_map(|bytes| U256::from_big_endian(&bytes)),
            any::<[u8; 32]>().prop_map(|bytes| U256::from_big_endian(&bytes) % ORDER),
            any::<u8>().prop_map(U256::from),
        ],
    ) {
        let ProofNumbers { mut proof, mut inputs } = semaphore_proof(0);
        let number = match place.checked_sub(proof.len()) {
            None => &mut proof[place],
            Some(input) => &mut inputs[input],
        };
        prop_assume!(*number != value);
        *number = value;
        prop_assert_ne!(KEY.verify(&proof, &inputs), Ok(true));
    }
}
