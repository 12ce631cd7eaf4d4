//! Seeded random walks on the real node: every message is a transaction that its sender signs, and
//! contracts and reference model agree after each. `chain/trial` walks much further in one process.
//!
//! `LEX_STEPS` (default 60 for each walk) and `LEX_SEED` (default a fixed one) choose the walks.

use std::env;

use anyhow::{Context, Result};
use lex_cli::stack::find_contracts;
use lex_cli::target::repository;
use lex_tests::{NodeChain, System};
use lex_walk::committee::CommitteeGround;
use lex_walk::license::LicenseGround;
use lex_walk::seats::SeatsGround;
use lex_walk::{Blobs, Failure, Ground, Walk};

const STEPS: u64 = 60;
const SEED: u64 = 20_260_102;

#[tokio::test(flavor = "multi_thread")]
async fn contracts_on_the_node_and_references_agree_after_every_step() -> Result<()> {
    let system = System::start().await?;
    let chain_id = system.network.source.chain_id().await?;
    let blobs = Blobs::read(&find_contracts(&repository())?)?;
    let chain = || NodeChain::new(&system);
    walk(LicenseGround::new(chain().await?, &blobs, chain_id))?;
    walk(SeatsGround::new(chain().await?, &blobs, chain_id))?;
    walk(CommitteeGround::new(
        chain().await?,
        &blobs.committee,
        chain_id,
    ))?;
    system.stack.stop().await;
    Ok(())
}

fn walk<G: Ground>(ground: Result<G, Failure>) -> Result<()> {
    let ground = ground.map_err(|failure| anyhow::anyhow!("the contracts start: {failure:?}"))?;
    let (steps, seed) = (setting("LEX_STEPS", STEPS)?, setting("LEX_SEED", SEED)?);
    eprintln!("LEX_SEED={seed} LEX_STEPS={steps}");
    let mut walk = Walk::new(ground, seed);
    walk.take(steps);
    let done = walk
        .outcomes()
        .keys()
        .filter(|outcome| outcome.ends_with(": done"));
    anyhow::ensure!(
        done.count() >= 5,
        "too little happened: {:?}",
        walk.outcomes()
    );
    Ok(())
}

fn setting(name: &str, default: u64) -> Result<u64> {
    match env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is a number")),
        Err(_) => Ok(default),
    }
}
