//! The reference alone: that a walk gets everywhere.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use super::{MEMBERS, Motion, Roll, THRESHOLD, Targets};
use crate::Random;

#[test]
fn every_motion_is_sometimes_accepted_and_sometimes_refused() {
    let targets = Targets {
        agreeing: Address::repeat_byte(1),
        single: Address::repeat_byte(3),
        holder: Address::repeat_byte(4),
        nobody: Address::repeat_byte(2),
    };
    let at = Address::repeat_byte(9);
    let mut roll = Roll::new(1, at, targets, &MEMBERS, THRESHOLD, 1_000_000);
    let mut random = Random::new(1);
    let mut outcomes = BTreeMap::<String, [u64; 2]>::new();
    let mut epochs = 0;
    for _ in 0..5_000 {
        let motion = Motion::random(&mut random, &roll);
        let name = format!("{motion:?}");
        let name = name.split('(').next().unwrap_or_default().to_owned();
        let refused = roll.apply(&motion).is_err();
        outcomes.entry(name).or_default()[usize::from(refused)] += 1;
        epochs = roll.epoch;
    }
    for (name, [done, refused]) in &outcomes {
        assert!(*done >= 20, "{name} was done {done} times");
        assert!(
            name == "Wait" || *refused >= 20,
            "{name}: {refused} refusals"
        );
    }
    assert_eq!(outcomes.len(), 9);
    assert!(epochs > 10, "members changed {epochs} times");
}
