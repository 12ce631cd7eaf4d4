//! How long a change takes to be final, to be found and to be mirrored, on a stack of its own.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use comfy_table::Table;
use lex_cli::journey::until_seen;
use lex_client::abi::license::License;
use lex_client::{B256, Submitted};
use lex_tests::{System, TypeTerms, percentiles};

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

async fn measure(system: &System, changes: usize) -> Result<Table> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let (mut finalized, mut indexed, mut mirrored) = (Vec::new(), Vec::new(), Vec::new());
    for change in 0..changes {
        let submitted = suspend_or_resume(system, license, change % 2 == 0).await?;
        finalized.push(submitted.finalized_at - submitted.submitted_at);
        let seen = until_seen(&system.network, &submitted).await?;
        indexed.push(seen.indexed);
        mirrored.push(seen.mirrored.context("a change is mirrored")?);
        if (change + 1) % 50 == 0 {
            eprintln!("{} of {changes} changes", change + 1);
        }
    }
    let mut table = Table::new();
    table.set_header(["", "p50", "p99", "max"]);
    for (label, sample) in [
        ("submitted to finalized", finalized),
        ("finalized to queryable", indexed),
        ("finalized to mirrored", mirrored),
    ] {
        let figures = percentiles(sample).context("no change was measured")?;
        table.add_row([
            label.to_owned(),
            milliseconds(figures.p50),
            milliseconds(figures.p99),
            milliseconds(figures.max),
        ]);
    }
    Ok(table)
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
    format!("{} ms", duration.as_millis())
}
