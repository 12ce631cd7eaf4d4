//! `lex up`

mod detach;
mod report;
mod settings;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Context;
use crate::agreement::{Agreement, settle_and_compare};
use crate::failure::{Disagreement, NeedsAttention};
use crate::journey::{self, JourneyReport, People, SignerKind};
use crate::stack::{PortOverrides, Stack, StateDir, end_leftovers};
use crate::target::{Network, Target};

use self::report::{UpFailure, UpReport};
use self::settings::WITHIN;

/// Starts the node, its Ethereum JSON-RPC, anvil, PostgreSQL, three attesters, the deliverer and
/// the indexer; deploys the contracts on both chains; shows one license's whole life on real
/// transactions; then stays up until Ctrl-C. A second `lex up` continues where the first ended.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex up                                  start or continue, and stay
  lex up --fresh                          forget everything and start anew
  lex up --detach && lex license search   start in the background
  lex up --eth-rpc-port 18545             another port (also LEX_ETH_RPC_PORT=18545)
  lex up --config stack.toml

Where one of the default ports is taken, the ports that are not named move together to the next free
block; `lex status` and every other command of this state folder find them. A stack that ended without
`lex down`, a killed one too, gets the ports again that it had, unless another program has taken one.

A part that is slow or halted, or a comparison that fails, ends nothing: it is said, the rest stays up,
and the exit code (with --detach at once, else at the end) tells it. `lex status` says what to do.

The configuration (flags and environment win over it):
  [ports]
  node_port = 9944
  indexer_port = 9200
  [chain]
  block_time_ms = 6000          # default: a block for every transaction
  finality_delay = 0            # blocks
  [supervision]
  max_silence_ms = 30000        # a part that runs but answers nothing for so long is killed and started
                                # again, whatever it says of its readiness; 0: never")]
pub struct UpArgs {
    /// Forget everything that earlier stacks in this state folder left
    #[arg(long)]
    pub fresh: bool,
    /// Return as soon as everything serves; `lex down` ends it
    #[arg(long)]
    pub detach: bool,
    /// Do not show the journey
    #[arg(long)]
    pub no_journey: bool,
    /// Show the journey even if there are licenses already
    #[arg(long, conflicts_with = "no_journey")]
    pub journey: bool,
    /// Ports and chain settings
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub ports: PortOverrides,
    /// Where the supervisor of a detached stack writes its report
    #[arg(long, hide = true, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: &UpArgs) -> anyhow::Result<()> {
    if args.detach {
        return detach::run(context, args).await;
    }
    let mut interrupts = Interrupts::new()?;
    let config = settings::stack_config(context, args)?;
    context
        .progress
        .note("Starting both chains and the database, then the contracts, then the services:");
    let folder = config.state.clone();
    let started = tokio::select! {
        started = Stack::start(config, context.progress.clone()) => Some(started?),
        () = interrupts.next() => None,
    };
    let Some(stack) = started else {
        return abandon(context, &folder).await;
    };
    let report = tokio::select! {
        report = show(context, args, &stack) => report,
        () = interrupts.next() => {
            stack.stop().await;
            return Ok(());
        }
    };
    // Whatever is wrong with it, from here on only its user ends a running stack; but a user who waits for
    // a report that cannot be written would wait for ever.
    match present(context, args, &report) {
        Err(error) if args.report.is_some() => {
            stack.stop().await;
            return Err(error);
        }
        Err(error) => context.progress.note(format!("{error:#}")),
        Ok(()) => {}
    }
    // A detached stack's user has got a prompt back and hears it from there.
    if args.report.is_none() {
        context.progress.note(
            "\nThe stack is up. Ctrl-C or `lex down` ends it; `lex status` shows how it does.",
        );
    }
    interrupts.next().await;
    stack.stop().await;
    Ok(report.outcome()?)
}

/// The start was interrupted: its components are being ended; this waits for the last of them.
async fn abandon(context: &Context, folder: &std::path::Path) -> anyhow::Result<()> {
    if let Some(state) = StateDir::existing(folder) {
        end_leftovers(&state, &context.progress).await?;
    }
    anyhow::bail!("interrupted; everything that was started has been ended")
}

/// What the stack is and how it does. Nothing that is found out here is a reason to end it.
async fn show(context: &Context, args: &UpArgs, stack: &Stack) -> UpReport {
    let mut report = UpReport {
        endpoints: stack.endpoints(),
        deployment: stack.deployment().clone(),
        continued: stack.continued(),
        journey: None,
        agreement: None,
        troubles: stack.troubles().to_vec(),
        failure: None,
    };
    let proven = if report.troubles.is_empty() {
        prove(context, args, &mut report).await
    } else {
        context.progress.note(
            "Not every part serves, so nothing is compared; later: `lex status --licenses`, `lex journey`.",
        );
        Err(NeedsAttention.into())
    };
    report.failure = proven.err().as_ref().map(UpFailure::from);
    report
}

/// The journey, or for a stack that has licenses the comparison alone.
async fn prove(context: &Context, args: &UpArgs, report: &mut UpReport) -> anyhow::Result<()> {
    let network = Target::from(&report.endpoints).connect().await?;
    let issued = network.issued().await?;
    let agreement = if args.journey || (issued == 0 && !args.no_journey) {
        let journey = walk(context, &network).await?;
        let agreement = journey.agreement.clone();
        report.journey = Some(journey);
        agreement
    } else {
        compare(context, &network).await?
    };
    let agreement = report.agreement.insert(agreement);
    if agreement.holds() {
        Ok(())
    } else {
        Err(Disagreement.into())
    }
}

async fn walk(context: &Context, network: &Network) -> anyhow::Result<JourneyReport> {
    context.progress.note("\nOne license through its life:");
    let people = People::development(SignerKind::Substrate);
    journey::run(network, &people, &context.progress)
        .await
        .context("the journey ended early")
}

async fn compare(context: &Context, network: &Network) -> anyhow::Result<Agreement> {
    let step = context.progress.step("comparing");
    let agreement = settle_and_compare(network, WITHIN).await?;
    step.done(format!("{} licenses", agreement.licenses.len()));
    Ok(agreement)
}

fn present(context: &Context, args: &UpArgs, report: &UpReport) -> anyhow::Result<()> {
    match &args.report {
        Some(file) => report.write(file)?,
        None => context
            .format
            .print(report, |report| report.human(&context.target))?,
    }
    Ok(())
}

/// Ctrl-C and SIGTERM.
struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn new() -> anyhow::Result<Interrupts> {
        Ok(Interrupts {
            interrupt: signal(SignalKind::interrupt()).context("failed to watch for Ctrl-C")?,
            terminate: signal(SignalKind::terminate()).context("failed to watch for SIGTERM")?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
