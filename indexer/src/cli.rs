//! The command line.

use std::{io::Write, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use lex_service::{LogFormat, start_logs};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    config::Config,
    metrics, service,
    store::{Comparison, Store, TableDigest, total_digest},
};

const EXAMPLES: &str = "\
Examples:
  lex-indexer --config indexer.toml                 index and serve GraphQL until SIGTERM
  lex-indexer --config indexer.toml --check-config  read the configuration and end
  lex-indexer --config indexer.toml check           prove that the tables follow from the raw events
  lex-indexer --config indexer.toml rebuild         write the derived tables anew (stop the indexer first)

Every key of the configuration can be overridden by LEX__SECTION__KEY, for example
  LEX__DATABASE__URL=postgres://db/lex LEX__HTTP__LISTEN=0.0.0.0:9200 lex-indexer --config indexer.toml";

/// Indexes the finalized license events of one chain into Postgres and serves them as GraphQL.
#[derive(Debug, Parser)]
#[command(name = "lex-indexer", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration file (TOML).
    #[arg(long, env = "LEX_INDEXER_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Read the configuration, say whether it is valid, and end.
    #[arg(long)]
    check_config: bool,
    /// How log lines (on stderr) look.
    #[arg(long, value_enum, default_value = "text", global = true)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Index and serve (the default).
    Run,
    /// Empty the derived tables and fold all raw events again.
    Rebuild,
    /// Compare the derived tables with a fresh fold of the raw events and print the digests of all
    /// tables. Ends with failure when a table differs.
    Check,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// The configuration is wrong, or the command failed.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)
            .with_context(|| format!("the configuration {} is wrong", self.config.display()))?;
        if self.check_config {
            writeln!(std::io::stdout(), "{}: valid", self.config.display())?;
            return Ok(());
        }
        start_logs(self.log_format);
        match self.command.unwrap_or(Command::Run) {
            Command::Run => run(config).await,
            Command::Rebuild => rebuild(&config).await,
            Command::Check => check(&config).await,
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let recorder = metrics::install().context("failed to start metrics")?;
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for SIGINT")?;
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => info!("SIGTERM: stopping"),
            _ = interrupt.recv() => info!("SIGINT: stopping"),
        }
        stopped.cancel();
    });
    service::run(config, recorder, stop).await?;
    info!("lex-indexer ended");
    Ok(())
}

async fn rebuild(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&config.database).await?;
    let mut lock = store.lock(config.database.lock_wait).await?;
    lock.migrate().await?;
    let tables = store
        .rebuild()
        .await
        .context("failed to rebuild; nothing was changed")?;
    let mut out = std::io::stdout().lock();
    for table in &tables {
        print_digest(&mut out, table, "")?;
    }
    Ok(())
}

async fn check(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&config.database).await?;
    store.must_be_readable().await?;
    let comparison = store.check().await.context("failed to check")?;
    print_comparison(&comparison)?;
    if !comparison.is_equal() {
        bail!("derived tables differ from the raw events; stop the indexer and run `rebuild`");
    }
    Ok(())
}

fn print_comparison(comparison: &Comparison) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match comparison.block_number {
        Some(block) => writeln!(out, "as of block {block}")?,
        None => writeln!(out, "nothing is indexed yet")?,
    }
    for table in &comparison.raw {
        print_digest(&mut out, table, "raw")?;
    }
    for table in &comparison.derived {
        print_digest(
            &mut out,
            &table.stored,
            if table.is_equal() { "equal" } else { "DIFFERS" },
        )?;
    }
    writeln!(
        out,
        "{:<16} {:>9}       {}",
        "all",
        "",
        total_digest(&comparison.stored())
    )
}

fn print_digest(out: &mut impl Write, table: &TableDigest, note: &str) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<16} {:>9} rows  {}  {note}",
        table.table, table.rows, table.digest
    )
}
