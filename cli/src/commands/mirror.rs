//! `lex mirror status`

use clap::Subcommand;
use lex_client::Address;
use serde::Serialize;

use super::Context;
use crate::mirror::MirrorProgress;
use crate::output::{fields, span, time};
use crate::target::Target;

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum MirrorCommand {
    /// How far the mirror is, and how fresh
    #[command(after_help = EXAMPLES)]
    Status,
}

const EXAMPLES: &str = "\
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
    let MirrorCommand::Status = command;
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
        ("fresh", freshness),
        ("attester epoch", progress.epoch.to_string()),
    ])
}
