//! Seeds that were kept, and a run that must fail.

use anyhow::{Result, ensure};
use lex_simulation::matrix;
use lex_simulation::services::{Role, Terms};
use lex_simulation::source::Lie;
use lex_simulation::storm;
use lex_simulation::wait;
use lex_simulation::world::{Skew, World};

async fn survives(seed: u64) -> Result<()> {
    let outcome = storm::run(seed).await?;
    ensure!(outcome.findings.is_empty(), "{outcome:#?}");
    Ok(())
}

/// A reorganisation once went back to where the deliverers had no funds.
#[tokio::test(flavor = "multi_thread")]
async fn seed_5_survives() -> Result<()> {
    survives(5).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_point_of_the_crash_matrix_is_survived() -> Result<()> {
    let cells = matrix::run(1).await?;
    let points = matrix::names().count();
    ensure!(cells.len() == points, "{} of {points} points", cells.len());
    let bad: Vec<_> = cells
        .iter()
        .filter(|cell| !cell.findings.is_empty())
        .collect();
    ensure!(bad.is_empty(), "{bad:#?}");
    Ok(())
}

/// A simulation that finds nothing here would find nothing anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_quorum_is_made_to_believe_is_found() -> Result<()> {
    let terms = Terms {
        confirmations: 1,
        max_updates: 50,
        heartbeat: 3_600,
    };
    let skew = Skew {
        source: 0,
        destination: 0,
    };
    let world = World::start(1, terms, skew, |_, _| {}).await?;
    world.append(2, 0);
    world.settle().await?;
    let from_nonce = world.source.lock().best().state.outbox.nonce + 1;
    for role in [Role::Attester(1), Role::Attester(2), Role::Deliverer(1)] {
        for node in &world.services[&role].nodes {
            node.tell(Some(Lie::Forged { from_nonce }));
        }
    }
    world.append(2, 0);
    let found = |what: &str| {
        world
            .watch
            .findings
            .all()
            .iter()
            .any(|finding| finding.contains(what))
    };
    wait::until(async || {
        let missing = ["attester-1 signed", "attester-2 signed", "the mirror holds"];
        let missing = missing.into_iter().find(|what| !found(what));
        Ok(missing.map(|what| format!("found: {what}")))
    })
    .await?;
    world.end().await;
    Ok(())
}
