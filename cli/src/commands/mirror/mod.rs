//! `lex mirror ...`: how far a mirror is, and its brake.

mod brake;

use clap::Subcommand;
use lex_client::Address;
use serde::Serialize;

use self::brake::{GuardianArgs, RebaseArgs, StopArgs};
use super::Context;
use crate::mirror::MirrorProgress;
use crate::output::{fields, span, time};
use crate::target::Target;

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum MirrorCommand {
    /// How far the mirror is, and how fresh
    #[command(after_help = STATUS_EXAMPLES)]
    Status,
    /// Stop the mirror at once: every license reads as Unknown (its guardian)
    #[command(after_help = brake::STOP_EXAMPLES)]
    Stop(StopArgs),
    /// Re-base a stopped mirror to a head that its attesters prove (its owner, after the delay)
    #[command(after_help = brake::REBASE_EXAMPLES)]
    Rebase(RebaseArgs),
    /// Name who may stop the mirror (its owner)
    #[command(after_help = brake::GUARDIAN_EXAMPLES)]
    Guardian(GuardianArgs),
}

const EXAMPLES: &str = "\
Examples:
  lex mirror status
  lex mirror stop --signer-file .lex/keys/mirror-guardian.key
  lex mirror rebase --attester http://127.0.0.1:9101 --attester http://127.0.0.1:9102 \\
    --signer-file .lex/keys/mirror-owner.key";

const STATUS_EXAMPLES: &str = "\
Examples:
  lex mirror status
  lex mirror status --json | jq .behind";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    name: String,
    address: Address,
    #[serde(flatten)]
    progress: MirrorProgress,
    fresh: bool,
    outbox_nonce: u64,
    /// Updates that the chain has and the mirror has not.
    behind: u64,
}

pub(super) async fn run(context: &Context, command: MirrorCommand) -> anyhow::Result<()> {
    match command {
        MirrorCommand::Status => status(context).await,
        MirrorCommand::Stop(args) => brake::stop(context, &args).await,
        MirrorCommand::Rebase(args) => brake::rebase(context, &args).await,
        MirrorCommand::Guardian(args) => brake::guardian(context, &args).await,
    }
}

async fn status(context: &Context) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let progress = network.mirror.progress().await?;
    let outbox_nonce = network.outbox().await?.nonce;
    let status = Status {
        name: network.mirror.name().to_owned(),
        address: network.mirror.address(),
        fresh: progress.is_fresh(),
        behind: outbox_nonce.saturating_sub(progress.nonce),
        outbox_nonce,
        progress,
    };
    context.format.print(&status, human)?;
    Ok(())
}

fn human(status: &Status) -> String {
    let progress = &status.progress;
    let freshness = if status.fresh {
        format!(
            "yes, for another {}",
            span(progress.max_age.saturating_sub(progress.age()))
        )
    } else {
        String::from("NO: every license reads as Unknown until the next delivery")
    };
    fields([
        ("mirror", format!("{} on {}", status.address, status.name)),
        (
            "updates",
            format!("{} of {}", progress.nonce, status.outbox_nonce),
        ),
        ("head", progress.head.to_string()),
        (
            "complete up to",
            format!(
                "block {}, {}",
                progress.as_of_block,
                time(progress.as_of_time)
            ),
        ),
        ("lane", brake::describe(progress.lane)),
        ("fresh", freshness),
        ("attester epoch", progress.epoch.to_string()),
    ])
}
