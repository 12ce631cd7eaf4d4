//! A seeded random walk on the real node: every message is a transaction that its sender signs, and
//! contracts and reference model agree after each. `chain/trial` walks much further in one process.
//!
//! `LEX_STEPS` (default 80) and `LEX_SEED` (default a fixed one) choose a walk.

use std::env;

use anyhow::{Context, Result};
use lex_cli::stack::Binaries;
use lex_cli::target::repository;
use lex_tests::{NodeChain, System};
use lex_walk::{Blobs, Walk, World, prepare};

const STEPS: u64 = 80;
const SEED: u64 = 20_260_102;

#[tokio::test(flavor = "multi_thread")]
async fn contracts_on_the_node_and_reference_agree_after_every_step() -> Result<()> {
    let (steps, seed) = (setting("LEX_STEPS", STEPS)?, setting("LEX_SEED", SEED)?);
    eprintln!("LEX_SEED={seed} LEX_STEPS={steps}");
    let system = System::start().await?;
    let chain_id = system.network.source.chain_id().await?;
    let blobs = Blobs::read(&Binaries::find(&repository())?.contracts)?;
    let chain = NodeChain::new(&system).await?;
    let mut world = World::new(chain, &blobs).map_err(told)?;
    let reference = prepare(&mut world, chain_id).map_err(told)?;
    let mut walk = Walk::new(world, reference, seed);
    walk.take(steps);
    let outcomes = walk.outcomes();
    let done = outcomes.keys().filter(|name| name.ends_with(": done"));
    assert!(done.count() >= 10, "the walk did too little: {outcomes:?}");
    system.stack.stop().await;
    Ok(())
}

fn told(failure: lex_walk::Failure) -> anyhow::Error {
    anyhow::anyhow!("the contracts do not start: {failure:?}")
}

fn setting(name: &str, default: u64) -> Result<u64> {
    match env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is a number")),
        Err(_) => Ok(default),
    }
}
