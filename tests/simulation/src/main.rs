//! Runs seeds, and prints what came of them.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, Error, Result};
use clap::Parser;
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use futures::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use lex_simulation::gate::Side;
use lex_simulation::matrix::{self, Cell};
use lex_simulation::storm::{self, Outcome};
use lex_test_postgres::Cluster;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tracing_subscriber::EnvFilter;

const EXAMPLES: &str = "\
Examples:
  target/simulate --seeds 100
  target/simulate --seed 17 --seeds 1 --json
  target/simulate --matrix --seeds 100
  RUST_LOG=info target/simulate --seed 17 --seeds 1    # with the services' logs";

/// Runs relayer and indexer in one process, against chains, nodes and databases that fail on purpose.
///
/// Each seed is a history of the source and everything that goes wrong meanwhile. In the end nothing may be
/// lost or doubled, and nothing false shown at any step.
#[derive(Parser)]
#[command(name = "simulate", after_help = EXAMPLES)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Kills the services at every durable step instead, one after the other: a table of all steps.
    #[arg(long)]
    matrix: bool,
    /// Seeds at the same time, each with an anvil and six services; 3 at most.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=3))]
    jobs: u16,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if std::env::var_os(EnvFilter::DEFAULT_ENV).is_some() {
        let logs = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env());
        logs.with_thread_names(true)
            .with_writer(std::io::stderr)
            .init();
    }
    let mut terminated = signal(SignalKind::terminate())?;
    // Whoever stops it takes along what it has started: what is not waited for is dropped.
    tokio::select! {
        ended = simulate(&arguments) => ended,
        _ = ctrl_c() => Ok(ExitCode::FAILURE),
        _ = terminated.recv() => Ok(ExitCode::FAILURE),
    }
}

async fn simulate(arguments: &Arguments) -> Result<ExitCode> {
    let (is_well, failures) = if arguments.matrix {
        let (cells, failures) = each_seed(arguments, matrix::run).await?;
        (print_matrix(&cells.concat(), arguments.json)?, failures)
    } else {
        let (outcomes, failures) = each_seed(arguments, storm::run).await?;
        (print_outcomes(&outcomes, arguments.json)?, failures)
    };
    for failure in &failures {
        eprintln!("{failure:#}");
    }
    Ok(if is_well && failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What each seed leads to, in their order, and why some could not be run.
async fn each_seed<T, F>(arguments: &Arguments, run: fn(u64) -> F) -> Result<(Vec<T>, Vec<Error>)>
where
    F: Future<Output = Result<T>>,
{
    // One for all: starting it takes longer than some seeds.
    let _cluster = spawn_blocking(Cluster::shared).await?;
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:40} {pos} of {len} seeds")?;
    let progress = ProgressBar::new(arguments.seeds).with_style(style);
    progress.tick();
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds);
    let mut runs = stream::iter(seeds)
        .map(async |seed| {
            let outcome = run(seed).await.with_context(|| format!("seed {seed}"));
            progress.inc(1);
            if progress.is_hidden() {
                eprintln!("{} of {} seeds", progress.position(), arguments.seeds);
            }
            outcome
        })
        .buffered(arguments.jobs.into());
    let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
    while let Some(outcome) = runs.next().await {
        match outcome {
            Ok(outcome) => outcomes.push(outcome),
            Err(failure) => failures.push(failure),
        }
    }
    progress.finish_and_clear();
    Ok((outcomes, failures))
}

/// Prints what seeds led to; whether all was well.
fn print_outcomes(outcomes: &[Outcome], json: bool) -> Result<bool> {
    let bad: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.findings.is_empty())
        .collect();
    if json {
        println!("{}", serde_json::to_string_pretty(outcomes)?);
        return Ok(bad.is_empty());
    }
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    let mut killed_at: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        for (name, times) in &outcome.faults {
            *faults.entry(name).or_default() += times;
        }
        for (point, times) in &outcome.killed_at {
            *killed_at.entry(point).or_default() += times;
        }
    }
    println!("{}", table(["fault", "times"], &faults));
    println!("{}", table(["killed", "times"], &killed_at));
    for outcome in &bad {
        println!(
            "seed {}:\n  {}",
            outcome.seed,
            outcome.findings.join("\n  ")
        );
    }
    let updates: usize = outcomes.iter().map(|outcome| outcome.updates).sum();
    let kills: usize = outcomes.iter().map(|outcome| outcome.kills).sum();
    let slowest = outcomes
        .iter()
        .map(|outcome| outcome.settled_after)
        .fold(0.0, f64::max);
    println!(
        "{} seeds, {updates} updates, {kills} kills, settled within {slowest:.1} s: {} with findings",
        outcomes.len(),
        bad.len()
    );
    Ok(bad.is_empty())
}

/// Prints how many kills at each point were survived; whether all were.
fn print_matrix(cells: &[Cell], json: bool) -> Result<bool> {
    let is_well = cells.iter().all(|cell| cell.findings.is_empty());
    if json {
        println!("{}", serde_json::to_string_pretty(cells)?);
        return Ok(is_well);
    }
    let mut table = markdown(["killed at", "just before", "just after"]);
    for name in matrix::names() {
        let survived = |side: Side| {
            let here: Vec<_> = cells
                .iter()
                .filter(|cell| cell.point == name && cell.side == side)
                .collect();
            let well = here.iter().filter(|cell| cell.findings.is_empty()).count();
            format!("{well} of {}", here.len())
        };
        table.add_row([
            name.to_owned(),
            survived(Side::Before),
            survived(Side::After),
        ]);
    }
    println!("{table}");
    for cell in cells.iter().filter(|cell| !cell.findings.is_empty()) {
        let Cell {
            point,
            side,
            seed,
            findings,
        } = cell;
        println!(
            "seed {seed}, {point}, {side:?}:\n  {}",
            findings.join("\n  ")
        );
    }
    Ok(is_well)
}

fn table<V: ToString>(header: [&str; 2], rows: &BTreeMap<&str, V>) -> Table {
    let mut table = markdown(header);
    for (name, value) in rows {
        table.add_row([(*name).to_owned(), value.to_string()]);
    }
    table
}

fn markdown<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(header);
    table
}
