//! Which keys are registered, by whom, and for how long.

use lex_contract_host::HostKeccak;
use lex_model::Keccak;

use super::*;
use crate::{
    groth16::{FIELD, Key, MAX_INPUTS},
    records::{from_pages, into_pages, page_count},
};
use trapdoor::Trapdoor;

/// The most that a storage entry holds on chain.
const STORAGE_ENTRY: usize = 416;

#[ink::test]
fn only_the_admin_governs() {
    let mut verifier = verifier();
    let key = Trapdoor::new(1).key();
    test::set_caller(test::default_accounts().bob);
    assert_eq!(refused(key.register(&mut verifier, 1)).0, Reason::NotAdmin);
    assert_eq!(refused(verifier.revoke_key(CIRCUIT, 1)).0, Reason::NotAdmin);
    assert_eq!(
        refused(verifier.set_admin(test::default_accounts().bob)).0,
        Reason::NotAdmin
    );

    test::set_caller(admin());
    assert_eq!(
        refused(verifier.set_admin(Address::zero())).0,
        Reason::ZeroAddress
    );
    verifier
        .set_admin(test::default_accounts().bob)
        .expect("the admin may");
    assert_eq!(verifier.admin(), test::default_accounts().bob);
    assert_eq!(refused(key.register(&mut verifier, 1)).0, Reason::NotAdmin);
    assert_eq!(
        refused(Verifier::new(Address::zero()).map(|_| ())).0,
        Reason::ZeroAddress
    );
}

#[ink::test]
fn i30_a_version_has_one_key_for_ever() {
    let mut verifier = verifier();
    let (first, second) = (Trapdoor::new(1), Trapdoor::new(2));
    first.key().register(&mut verifier, 1).expect("new");
    let pinned = verifier.key_hash(CIRCUIT, 1);
    assert_eq!(
        refused(second.key().register(&mut verifier, 1)).0,
        Reason::KeyExists
    );

    verifier.revoke_key(CIRCUIT, 1).expect("in use");
    assert_eq!(verifier.key_status(CIRCUIT, 1), 2);
    for key in [first.key(), second.key()] {
        assert_eq!(refused(key.register(&mut verifier, 1)).0, Reason::KeyExists);
    }
    assert_eq!(
        refused(verifier.revoke_key(CIRCUIT, 1)).0,
        Reason::KeyRevoked
    );
    let proof = first.prove(&[U256::from(4)]);
    assert_eq!(refused(proof.verify(&verifier, 1)).0, Reason::KeyRevoked);
    assert_eq!(
        refused(verifier.input_count(CIRCUIT, 1)).0,
        Reason::KeyRevoked
    );
    assert_eq!(verifier.key_hash(CIRCUIT, 1), pinned);
}

#[ink::test]
fn versions_of_a_circuit_come_and_go() {
    let mut verifier = verifier();
    assert_eq!(refused(verifier.latest(CIRCUIT)).0, Reason::UnknownCircuit);
    assert_eq!(verifier.key_status(CIRCUIT, 1), 0);
    assert_eq!(verifier.key_hash(CIRCUIT, 1), hash([0; 32]));
    assert_eq!(
        refused(verifier.revoke_key(CIRCUIT, 1)).0,
        Reason::UnknownCircuit
    );
    for version in [2, 9, 5] {
        let key = Trapdoor::new(u64::from(version)).key();
        key.register(&mut verifier, version).expect("new");
        assert_eq!(verifier.key_status(CIRCUIT, version), 1);
        assert_eq!(
            verifier.input_count(CIRCUIT, version).map(u32::from),
            Ok(version)
        );
    }
    assert_eq!(verifier.latest(CIRCUIT), Ok(9));
    assert_eq!(
        refused(verifier.latest(CIRCUIT + 1)).0,
        Reason::UnknownCircuit
    );
    for (revoked, latest) in [(9, Some(5)), (2, Some(5)), (5, None)] {
        verifier.revoke_key(CIRCUIT, revoked).expect("in use");
        assert_eq!(verifier.latest(CIRCUIT).ok(), latest);
    }
}

#[ink::test]
fn versions_are_bounded() {
    let mut verifier = verifier();
    let key = Trapdoor::new(1).key();
    for version in 1..=32 {
        key.register(&mut verifier, version).expect("new");
    }
    assert_eq!(
        refused(key.register(&mut verifier, 33)),
        (Reason::LimitReached, U256::from(32))
    );
    verifier.revoke_key(CIRCUIT, 4).expect("in use");
    key.register(&mut verifier, 33)
        .expect("there is room again");
}

#[ink::test]
fn names_are_given_and_short() {
    let mut verifier = verifier();
    for name in [String::new(), "x".repeat(65)] {
        let key = Trapdoor::new(1).key();
        let registered = verifier.register_key(
            CIRCUIT, 1, name, key.alpha, key.beta, key.gamma, key.delta, key.ic,
        );
        assert_eq!(refused(registered), (Reason::InvalidText, U256::from(64)));
    }
}

#[ink::test]
fn key_hash_pins_every_number() {
    let mut verifier = verifier();
    let key = semaphore_key(0);
    key.register(&mut verifier, 1).expect("a good key");
    let fixed = [&key.alpha[..], &key.beta, &key.gamma, &key.delta, &key.ic].concat();
    let bytes = fixed
        .iter()
        .flat_map(|number| number.to_big_endian())
        .collect::<Vec<_>>();
    let expected = HostKeccak::keccak256(&bytes);
    assert_eq!(verifier.key_hash(CIRCUIT, 1), hash(expected));
}

#[ink::test]
fn every_point_is_checked_when_a_key_is_registered() {
    let mut verifier = verifier();
    let good = semaphore_key(0);
    let zero = U256::zero();
    let g1_cases = [
        [zero, zero],
        [good.alpha[0], good.alpha[1] + 1],
        [good.alpha[0], FIELD],
        [good.alpha[0] + FIELD, good.alpha[1]],
    ];
    let g2_cases = [
        [zero; 4],
        outside_the_group(),
        // The real parts first, as snarkjs writes them.
        [good.beta[1], good.beta[0], good.beta[3], good.beta[2]],
        [
            good.beta[0] + FIELD,
            good.beta[1],
            good.beta[2],
            good.beta[3],
        ],
    ];
    for point in g1_cases {
        let bad = KeyNumbers {
            alpha: point,
            ..good.clone()
        };
        assert_invalid(&mut verifier, &bad, 0);
        for place in 0..good.ic.len() / 2 {
            let mut bad = good.clone();
            bad.ic[2 * place..2 * place + 2].copy_from_slice(&point);
            assert_invalid(&mut verifier, &bad, 4 + place);
        }
    }
    for point in g2_cases {
        for place in 1..=3 {
            let mut bad = good.clone();
            *[&mut bad.beta, &mut bad.gamma, &mut bad.delta][place - 1] = point;
            assert_invalid(&mut verifier, &bad, place);
        }
    }
    assert_eq!(verifier.key_status(CIRCUIT, 1), 0);
}

fn assert_invalid(verifier: &mut Verifier, key: &KeyNumbers, place: usize) {
    assert_eq!(
        refused(key.register(verifier, 1)),
        (Reason::InvalidKey, U256::from(place)),
        "{key:?}"
    );
}

#[ink::test]
fn key_of_an_unfinished_setup_is_refused() {
    let mut verifier = verifier();
    let mut key = semaphore_key(0);
    key.delta = key.gamma;
    assert_invalid(&mut verifier, &key, 3);
}

#[ink::test]
fn number_of_inputs_is_bounded() {
    let mut verifier = verifier();
    let too_long = (Reason::WrongLength, U256::from(34));
    for (points, rest) in [(0, 0), (1, 0), (18, 0), (5, 1)] {
        let mut key = Trapdoor::new(18).key();
        key.ic.truncate(2 * points + rest);
        assert_eq!(refused(key.register(&mut verifier, 1)), too_long);
    }
    for inputs in [1, MAX_INPUTS] {
        let key = Trapdoor::new(inputs as u64).key();
        key.register(&mut verifier, inputs as u32).expect("allowed");
    }
}

#[ink::test]
fn every_key_fits_into_storage_entries() {
    use ink::scale::Encode;

    for inputs in 1..=MAX_INPUTS as u8 {
        let key = Trapdoor::new(u64::from(inputs)).key();
        let key = Key::new(key.alpha, key.beta, key.gamma, key.delta, &key.ic).expect("good");
        let pages = into_pages(&key);
        assert_eq!(pages.len(), usize::from(page_count(inputs)));
        for page in &pages {
            assert!(page.encoded_size() <= STORAGE_ENTRY);
        }
        assert_eq!(from_pages(pages.clone().into_iter()), Some(key));
        assert_eq!(from_pages(pages.into_iter().skip(1)), None);
    }
}
