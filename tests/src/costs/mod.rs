//! What each message of the contracts costs on a real node: computing time, proof size, storage
//! deposit and fee, as the chain reported them for a transaction that went into a block.
//!
//! Every message that users call and that changes something is measured; the run fails when a
//! contract has one that is not. What a message finds is what it usually finds: an issuer with one
//! grant, a jurisdiction whose country has one rule, a receiver who holds nothing yet.

mod ask;
mod bench;
mod committee;
mod coverage;
mod gate;
mod license;
mod peers;
mod policy;
mod prover;
mod proxy;
mod report;
mod seats;
mod verifier;
mod world;

use anyhow::Result;
use lex_cli::progress::Progress;

pub use self::report::Report;

use self::bench::Bench;
use self::peers::{Compilers, PeerCode};
use self::world::{Programs, World};

/// Whether OpenZeppelin's ERC-721 is measured on the same node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    Compared,
    LeftOut,
}

/// Starts a node, deploys everything and measures it.
///
/// # Errors
/// When something is missing (the message says what installs or builds it), a transaction fails, or a
/// message has no measurement.
pub async fn measure(peers: Peers, progress: &Progress) -> Result<Report> {
    let programs = Programs::find()?;
    let peers = match peers {
        Peers::Compared => Some(compile(&Compilers::find()?, progress).await?),
        Peers::LeftOut => None,
    };
    let step = progress.step("node and contracts");
    let world = World::start(programs).await?;
    step.done(world.source.endpoint().as_str());
    let report = measure_in(&world, peers.as_ref(), progress).await;
    world.stop().await;
    report
}

async fn compile(compilers: &Compilers, progress: &Progress) -> Result<PeerCode> {
    let step = progress.step("compiling the peers");
    let code = compilers.run().await?;
    step.done("by solc and resolc");
    Ok(code)
}

async fn measure_in(
    world: &World,
    peers: Option<&PeerCode>,
    progress: &Progress,
) -> Result<Report> {
    let mut bench = Bench::new(world, progress);
    let prover = verifier::measure(&mut bench).await?;
    license::measure(&mut bench, &prover).await?;
    seats::measure(&mut bench).await?;
    committee::measure(&mut bench).await?;
    let gate = gate::measure(&mut bench, &prover).await?;
    proxy::measure(&mut bench).await?;
    let compared = match peers {
        Some(code) => peers::measure(&mut bench, code).await?,
        None => Vec::new(),
    };
    // Last, because it hands policy over to another administrator.
    policy::measure(&mut bench).await?;
    let rows = bench.finish();
    coverage::require_all(&rows)?;
    Ok(Report::new(world.code(), rows, gate, compared))
}
