//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use lex_service::{LogFormat, start_logs};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::config::{self, AttesterConfig, DelivererConfig, SignerSection, StateConfig, Validate};
use crate::telemetry;
use crate::{service, status};

const EXAMPLES: &str = "Examples:
  lex-relayer attest --config attester.toml
  lex-relayer deliver --config deliverer.toml --log-format json
  lex-relayer deliver --config deliverer.toml --check-config
  lex-relayer status --config deliverer.toml --json
  lex-relayer resume --config attester.toml";

/// Brings the license outbox to its mirrors.
#[derive(Debug, Parser)]
#[command(name = "lex-relayer", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify the outbox and sign its head on request.
    Attest(ServiceArgs),
    /// Collect signatures and deliver updates to one mirror.
    Deliver(ServiceArgs),
    /// Show how the running instance is, and what happened to each update: final, signed, submitted,
    /// included, mirrored.
    Status(StatusArgs),
    /// End a halt, once its cause is removed.
    Resume(ConfigArgs),
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// TOML file; LEX__SECTION__KEY in the environment wins over it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct ServiceArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Check the configuration and the key file, then exit.
    #[arg(long)]
    check_config: bool,
    /// How log lines look.
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Only this update.
    #[arg(long)]
    nonce: Option<u64>,
    /// The newest updates, this many at most.
    #[arg(long, default_value_t = 20)]
    limit: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs one command.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Attest(args) => {
            let Some(config) = prepared(&args, |config: &AttesterConfig| &config.signer)? else {
                return Ok(());
            };
            let metrics = telemetry::init_metrics()?;
            service::attest(config, cancelled_by_signals()?, Some(metrics)).await
        }
        Command::Deliver(args) => {
            let Some(config) = prepared(&args, |config: &DelivererConfig| &config.signer)? else {
                return Ok(());
            };
            let metrics = telemetry::init_metrics()?;
            service::deliver(config, cancelled_by_signals()?, Some(metrics)).await
        }
        Command::Status(args) => {
            let config: StateConfig = config::load(&args.config.config)?;
            let report = status::of(&config, args.nonce, args.limit).await?;
            if args.json {
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                print!("{report}");
            }
            Ok(())
        }
        Command::Resume(args) => {
            let config: StateConfig = config::load(&args.config)?;
            println!("{}", status::resume(&config.database).await?);
            Ok(())
        }
    }
}

/// Reads the configuration; `None` when it was only to be checked.
fn prepared<C: DeserializeOwned + Validate + std::fmt::Debug>(
    args: &ServiceArgs,
    signer: impl Fn(&C) -> &SignerSection,
) -> anyhow::Result<Option<C>> {
    let config: C = config::load(&args.config.config)?;
    let address = signer(&config).signer()?.address();
    if args.check_config {
        println!(
            "{} is usable; the key is that of {address}",
            args.config.config.display()
        );
        return Ok(None);
    }
    start_logs(args.log_format);
    tracing::info!(?config, "configuration read");
    Ok(Some(config))
}

/// Cancelled by SIGTERM and SIGINT.
fn cancelled_by_signals() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let cancel = CancellationToken::new();
    let cancelled = cancel.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down");
        cancelled.cancel();
    });
    Ok(cancel)
}
