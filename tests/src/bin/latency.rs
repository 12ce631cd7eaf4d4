//! How long a change takes to be final, to be found and to be mirrored, on a stack of its own.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use comfy_table::Table;
use lex_cli::journey::until_seen;
use lex_client::abi::license::License;
use lex_client::{B256, Submitted};
use lex_tests::{Heads, System, TypeTerms, percentiles};

const EXAMPLES: &str = "\
Example:
  target/latency --changes 200";

/// Measures latencies of license changes, one after another, on a fresh stack of this machine.
#[derive(Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// How many changes to measure.
    #[arg(long, default_value_t = 200)]
    changes: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    eprintln!("starting a stack");
    let system = System::start().await?;
    let measured = measure(&system, arguments.changes).await;
    system.stack.stop().await;
    println!("{}", measured?);
    Ok(())
}

/// What is measured, in the order of a change's way.
const STAGES: [&str; 8] = [
    "tried out and signed",
    "submitted to finalized",
    "  accepted by the pool",
    "  in a block",
    "  block announced as final",
    "  block read and understood",
    "finalized to queryable",
    "finalized to mirrored",
];

async fn measure(system: &System, changes: usize) -> Result<Table> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let heads = Heads::listen(&system.stack.endpoints().node).await?;
    let mut samples = STAGES.map(|_| Vec::with_capacity(changes));
    for change in 0..changes {
        let times = one_change(system, &heads, license, change % 2 == 0).await?;
        for (sample, time) in samples.iter_mut().zip(times) {
            sample.push(time);
        }
        if (change + 1) % 50 == 0 {
            eprintln!("{} of {changes} changes", change + 1);
        }
    }
    let mut table = Table::new();
    table.set_header(["", "p50", "p99", "max"]);
    for (stage, sample) in STAGES.into_iter().zip(samples) {
        let figures = percentiles(sample).context("no change was measured")?;
        table.add_row([
            stage.to_owned(),
            milliseconds(figures.p50),
            milliseconds(figures.p99),
            milliseconds(figures.max),
        ]);
    }
    Ok(table)
}

/// Makes a change and says how long each of [`STAGES`] took.
async fn one_change(
    system: &System,
    heads: &Heads,
    license: lex_client::U256,
    suspend: bool,
) -> Result<[Duration; STAGES.len()]> {
    let begun = Instant::now();
    let submitted = suspend_or_resume(system, license, suspend).await?;
    let (imported, announced) = heads.of(submitted.block.number).await?;
    let seen = until_seen(&system.network, &submitted).await?;
    Ok([
        submitted.submitted_at - begun,
        submitted.finalized_at - submitted.submitted_at,
        submitted.accepted_at - submitted.submitted_at,
        imported.saturating_duration_since(submitted.accepted_at),
        announced.saturating_duration_since(imported),
        submitted.finalized_at.saturating_duration_since(announced),
        seen.indexed,
        seen.mirrored.context("a change is mirrored")?,
    ])
}

async fn suspend_or_resume(
    system: &System,
    license: lex_client::U256,
    suspend: bool,
) -> Result<Submitted> {
    let submitted = if suspend {
        let call = License::suspendCall {
            tokenId: license,
            reason: 1,
            evidence: B256::ZERO,
            liftsAt: 0,
        };
        system.call(&system.issuer, &call).await?
    } else {
        system
            .call(&system.issuer, &License::resumeCall { tokenId: license })
            .await?
    };
    Ok(submitted)
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}
