//! The reference alone: that a walk gets everywhere, and that what it is compared with is sound.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use lex_model::{ActionKind, Reason, TypeKind};

use super::{Holdings, Position, Reference, Step};
use crate::{Random, Refused, Rulebook};

const NOW: u64 = 1_000_000;

fn walked(seed: u64, steps: u64) -> (Reference, BTreeMap<String, [u64; 2]>) {
    let rules = Rulebook::of_walk(TypeKind::Sft, NOW);
    let mut reference = Reference::new(1, Address::repeat_byte(9), rules, NOW);
    let mut random = Random::new(seed);
    let mut outcomes = BTreeMap::<String, [u64; 2]>::new();
    for _ in 0..steps {
        let step = Step::random(&mut random, &reference);
        let name = match &step {
            Step::Act { question, .. } => format!("{:?}", question.kind),
            Step::Rule(ruling) => name_of(&format!("{ruling:?}")),
            other => name_of(&format!("{other:?}")),
        };
        let refused = reference.apply(&step).is_err();
        outcomes.entry(name).or_default()[usize::from(refused)] += 1;
    }
    (reference, outcomes)
}

fn name_of(shown: &str) -> String {
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
        // A seat is lent by assigning it.
        let name = match kind {
            ActionKind::Lend => "Assign".to_owned(),
            kind => format!("{kind:?}"),
        };
        assert!(
            outcomes.contains_key(&name) || kind == ActionKind::Sublicense,
            "{name}"
        );
    }
}

#[test]
fn rights_and_assigned_seats_are_the_same() {
    let mut assigned = 0;
    for seed in 0..10 {
        let (reference, _) = walked(seed, 1_000);
        for series in &reference.licenses {
            let Holdings {
                positions, rights, ..
            } = &series.holdings;
            for (holder, position) in positions {
                for user in &position.assigned {
                    assert_eq!(rights[user].holder, *holder);
                }
                assert!(position.assigned_at(reference.now) <= position.balance);
                assigned += position.assigned.len();
            }
        }
    }
    assert!(assigned > 20, "{assigned} seats are assigned");
}

#[test]
fn frozen_seats_go_last_and_assignments_end_when_too_few_are_left() {
    let [holder, other, user] = [1, 2, 3].map(Address::repeat_byte);
    let first = Position {
        balance: 5,
        frozen: 3,
        ..Position::default()
    };
    let mut holdings = Holdings {
        positions: [(holder, first)].into(),
        ..Holdings::default()
    };
    holdings
        .assign(holder, user, NOW + 9, NOW)
        .expect("no seat is assigned");
    assert_eq!(
        holdings.of(holder).obstacles(3, NOW),
        [Refused::new(Reason::TokenFrozen, 2)]
    );

    let taken = holdings.take(holder, other, 2, NOW);
    assert_eq!((taken.frozen, taken.unassigned), (None, false));
    let taken = holdings.take(holder, other, 2, NOW);
    assert_eq!((taken.frozen, taken.unassigned), (Some(1), false));
    assert!(holdings.right(user, NOW).is_some());
    let taken = holdings.take(holder, other, 1, NOW);
    assert_eq!((taken.frozen, taken.unassigned), (Some(0), true));
    assert_eq!(holdings.right(user, NOW), None);
    assert_eq!(holdings.of(other).balance, 5);
}
