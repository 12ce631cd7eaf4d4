//! Random sequences of all messages against the reference model.
//!
//! `LEX_STEPS` (default 4000) and `LEX_SEED` (default a fixed one) choose a walk; a difference names
//! both, so that it can be walked again.

use std::{env, str::FromStr, time::Instant};

use lex_trial::Trial;
use lex_walk::{committee::CommitteeWalk, people, prepare, Blobs, Walk, World};

/// What a run of all tests has time for.
const STEPS: u64 = 4_000;
const SEED: u64 = 20_260_101;

/// A new chain for each so many steps, so that licenses do not pile up.
const STEPS_PER_CHAIN: u64 = 2_000;

fn setting<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}

#[test]
fn contracts_and_reference_agree_after_every_step() {
    let (steps, first) = (setting("LEX_STEPS", STEPS), setting("LEX_SEED", SEED));
    let blobs =
        Blobs::read(&lex_trial::contracts()).expect("contracts/build has built the contracts");
    println!("LEX_SEED={first} LEX_STEPS={steps}");

    let began = Instant::now();
    let mut outcomes = std::collections::BTreeMap::<String, u64>::new();
    let mut calls = 0;
    for (seed, walked) in (first..).zip((0..steps).step_by(STEPS_PER_CHAIN as usize)) {
        let mut world = World::new(Trial::new(&people::all()), &blobs).expect("contracts start");
        let reference = prepare(&mut world, lex_trial::chain_id()).expect("rules are accepted");
        let mut walk = Walk::new(world, reference, seed);
        walk.take(STEPS_PER_CHAIN.min(steps - walked));
        for (outcome, count) in walk.outcomes() {
            *outcomes.entry(outcome.clone()).or_default() += count;
        }
        calls += walk.chain().calls();
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{steps} steps, {calls} calls, {:.0} steps and {:.0} calls per second",
        steps as f64 / seconds,
        calls as f64 / seconds
    );
    for (outcome, count) in outcomes {
        println!("{count:>7} {outcome}");
    }
}

#[test]
fn the_committee_and_its_reference_agree_after_every_step() {
    let (steps, seed) = (setting("LEX_STEPS", STEPS), setting("LEX_SEED", SEED));
    let blob = lex_trial::contracts().join("committee.polkavm");
    let blob = std::fs::read(blob).expect("contracts/build has built the contracts");
    println!("LEX_SEED={seed} LEX_STEPS={steps}");

    let began = Instant::now();
    let trial = Trial::new(&people::all());
    let mut walk = CommitteeWalk::new(trial, &blob, lex_trial::chain_id(), seed)
        .expect("the committee starts");
    walk.take(steps);
    println!(
        "{steps} steps, {} calls in {:.0} s",
        walk.chain().calls(),
        began.elapsed().as_secs_f64()
    );
}
