//! The reference alone: that a walk gets everywhere, and that what it is compared with is sound.

use std::{collections::BTreeMap, fmt::Debug};

use alloy_primitives::Address;
use lex_model::{ActionKind, TypeKind};

use super::{Reference, Step};
use crate::{Random, Rulebook};

const NOW: u64 = 1_000_000;

fn walked(seed: u64, steps: u64) -> (Reference, BTreeMap<String, [u64; 2]>) {
    let rules = Rulebook::of_walk(TypeKind::Nft, NOW);
    let mut reference = Reference::new(1, Address::repeat_byte(9), rules, NOW);
    let mut random = Random::new(seed);
    let mut outcomes = BTreeMap::<String, [u64; 2]>::new();
    for _ in 0..steps {
        let step = Step::random(&mut random, &reference);
        let name = match &step {
            Step::Act { question, .. } => format!("{:?}", question.kind),
            Step::Rule(ruling) => name_of(ruling),
            other => name_of(other),
        };
        let refused = reference.apply(&step).is_err();
        outcomes.entry(name).or_default()[usize::from(refused)] += 1;
    }
    (reference, outcomes)
}

fn name_of(step: &impl Debug) -> String {
    let shown = format!("{step:?}");
    let name = shown.split(['(', ' ']).next();
    name.unwrap_or_default().to_owned()
}

#[test]
fn every_message_is_sometimes_accepted_and_sometimes_refused() {
    let mut outcomes = BTreeMap::<String, [u64; 2]>::new();
    for seed in 0..20 {
        for (name, [done, refused]) in walked(seed, 2_000).1 {
            let counts = outcomes.entry(name).or_default();
            *counts = [counts[0] + done, counts[1] + refused];
        }
    }
    for (name, [done, refused]) in &outcomes {
        // A walk has two issuers, one of whom can be succeeded.
        let enough = if name == "SucceedIssuer" { 1 } else { 5 };
        assert!(*done >= enough, "{name} was done {done} times");
        let never_refused = ["Wait", "SetOperator"];
        assert!(
            *refused >= 3 || never_refused.contains(&name.as_str()),
            "{name} was refused {refused} times"
        );
    }
    for kind in ActionKind::ALL {
        let name = format!("{kind:?}");
        assert!(outcomes.contains_key(&name), "{name}");
    }
}

#[test]
fn the_same_seed_walks_the_same_steps() {
    let (one, other) = (walked(3, 2_000).0, walked(3, 2_000).0);
    assert_eq!(one.outbox, other.outbox);
    assert_ne!(one.outbox, walked(4, 2_000).0.outbox);
}

#[test]
fn balances_add_up_in_the_reference() {
    let (reference, _) = walked(5, 5_000);
    let held: u64 = reference.balances.values().sum();
    assert_eq!(held, reference.licenses.len() as u64);
}
