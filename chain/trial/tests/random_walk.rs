//! Random sequences of all messages against the reference models.
//!
//! `LEX_STEPS` and `LEX_SEED` choose a walk; a difference names its seed and step, so that it can be
//! walked again.

use std::{collections::BTreeMap, env, fmt::Display, str::FromStr, time::Instant};

use lex_trial::Trial;
use lex_walk::{
    committee::CommitteeGround, license::LicenseGround, people, seats::SeatsGround, Blobs, Ground,
    Walk,
};

/// What a run of all tests has time for.
const STEPS: u64 = 6_000;
const SEED: u64 = 20_260_101;

/// A new chain for each so many steps, so that licenses and decisions do not pile up.
const STEPS_PER_CHAIN: u64 = 2_000;

fn setting<T: FromStr + Display>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}

fn walk<G: Ground<Chain = Trial>>(ground: impl Fn(Trial) -> G) {
    let (steps, first) = (setting("LEX_STEPS", STEPS), setting("LEX_SEED", SEED));
    println!("LEX_SEED={first} LEX_STEPS={steps}");
    let began = Instant::now();
    let mut outcomes = BTreeMap::<String, u64>::new();
    let mut calls = 0;
    for (seed, walked) in (first..).zip((0..steps).step_by(STEPS_PER_CHAIN as usize)) {
        let mut walk = Walk::new(ground(Trial::new(&people::all())), seed);
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

fn blobs() -> Blobs {
    Blobs::read(&lex_trial::contracts()).expect("the contracts are committed")
}

#[test]
fn contracts_and_reference_agree_after_every_step() {
    let blobs = blobs();
    walk(|trial| {
        LicenseGround::new(trial, &blobs, lex_trial::chain_id()).expect("the contracts start")
    });
}

#[test]
fn seats_and_reference_agree_after_every_step() {
    let blobs = blobs();
    walk(|trial| {
        SeatsGround::new(trial, &blobs, lex_trial::chain_id()).expect("the contracts start")
    });
}

#[test]
fn the_committee_and_its_reference_agree_after_every_step() {
    let blobs = blobs();
    walk(|trial| {
        CommitteeGround::new(trial, &blobs.committee, lex_trial::chain_id())
            .expect("the committee starts")
    });
}
