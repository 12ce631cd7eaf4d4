//! `lex mirror stop`, `rebase` and `guardian`: the brake of a mirror's lane, and its repair.

use clap::Args;
use lex_client::Address;
use serde::Serialize;

use super::Context;
use crate::mirror::{Attester, LaneState, Proof, unix_now};
use crate::output::{fields, time};
use crate::signer::SignerArgs;
use crate::target::Target;

pub(super) const STOP_EXAMPLES: &str = "\
Examples:
  lex mirror stop --signer-file .lex/keys/mirror-guardian.key";

pub(super) const GUARDIAN_EXAMPLES: &str = "\
Examples:
  lex mirror guardian 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --signer-file .lex/keys/mirror-owner.key";

pub(super) const REBASE_EXAMPLES: &str = "\
Examples:
  lex mirror rebase --attester http://127.0.0.1:9101 --attester http://127.0.0.1:9102 \\
    --signer-file .lex/keys/mirror-owner.key
  lex mirror rebase --as-it-stands --attester http://127.0.0.1:9101 \\
    --attester http://127.0.0.1:9102 --signer-file .lex/keys/mirror-owner.key

Replace attesters whose keys were stolen first: what the present set signs is believed. Afterwards
`lex-relayer resume` lets a deliverer go on that halted at what was forged.";

#[derive(Debug, Args)]
pub struct StopArgs {
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct GuardianArgs {
    /// Who may stop the mirror from now on
    pub account: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct RebaseArgs {
    /// Base URL of an attester; as many as the mirror asks signatures for
    #[arg(long = "attester", value_name = "URL", required = true)]
    pub attesters: Vec<String>,
    /// The alarm was false: prove the head that the mirror has, and open it without delivering anew
    #[arg(long)]
    pub as_it_stands: bool,
    /// Block of the source chain to prove it for [default: the attesters' newest; with
    /// --as-it-stands, that up to which the mirror is complete]
    #[arg(long, value_name = "NUMBER")]
    pub source_block: Option<u64>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

/// What a change of the lane led to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    transaction: lex_client::B256,
    state: LaneState,
}

pub(super) async fn stop(context: &Context, args: &StopArgs) -> anyhow::Result<()> {
    let target = Target::resolve(&context.target)?;
    let mirror = target
        .mirror()?
        .signed(&target.mirror, args.signer.load()?)?;
    let transaction = mirror.stop().await?;
    print(context, transaction, mirror.state().await?)
}

pub(super) async fn guardian(context: &Context, args: &GuardianArgs) -> anyhow::Result<()> {
    let target = Target::resolve(&context.target)?;
    let mirror = target
        .mirror()?
        .signed(&target.mirror, args.signer.load()?)?;
    let transaction = mirror.set_guardian(args.account).await?;
    print(context, transaction, mirror.state().await?)
}

/// Collects what the attesters say about one head, compares it with the source chain's, and re-bases.
pub(super) async fn rebase(context: &Context, args: &RebaseArgs) -> anyhow::Result<()> {
    let target = Target::resolve(&context.target)?;
    let network = target.connect().await?;
    let mirror = network.mirror.signed(&target.mirror, args.signer.load()?)?;
    let attesters: Vec<Attester> = args.attesters.iter().map(Attester::new).collect();
    let progress = mirror.progress().await?;
    let (nonce, head, newest) = if args.as_it_stands {
        (progress.nonce, progress.head, progress.as_of_block)
    } else {
        let [first, ..] = attesters.as_slice() else {
            anyhow::bail!("no attester is named");
        };
        let newest = first.head().await?;
        let outbox = network.outbox().await?;
        // The owner's own word: whoever re-bases has looked at the source.
        if (outbox.nonce, outbox.head) != (newest.nonce, newest.head) {
            anyhow::bail!(
                "the source chain has head {} at update {}, the attester {} at update {}; ask again \
                 when it has caught up, and replace it if it does not",
                outbox.head,
                outbox.nonce,
                newest.head,
                newest.nonce
            );
        }
        (outbox.nonce, outbox.head, newest.source_block)
    };
    let block = args.source_block.unwrap_or(newest);
    let proof = Proof::collect(mirror.name(), &attesters, nonce, head, block).await?;
    let transaction = mirror.rebase(head, proof).await?;
    print(context, transaction, mirror.state().await?)
}

fn print(context: &Context, transaction: lex_client::B256, state: LaneState) -> anyhow::Result<()> {
    context
        .format
        .print(&Changed { transaction, state }, |changed| {
            fields([
                ("transaction", changed.transaction.to_string()),
                ("lane", describe(changed.state)),
            ])
        })?;
    Ok(())
}

/// The state of a lane in words.
pub(super) fn describe(state: LaneState) -> String {
    match state {
        LaneState::Open => String::from("open"),
        LaneState::Stopped { rebase_from } if rebase_from > unix_now() => format!(
            "STOPPED by its guardian: every license reads as Unknown; it can be re-based from {} on",
            time(rebase_from)
        ),
        LaneState::Stopped { .. } => String::from(
            "STOPPED by its guardian: every license reads as Unknown; its owner can re-base it now",
        ),
        LaneState::Rebasing { nonce } => format!(
            "re-based: every license reads as Unknown until update {nonce} is delivered again"
        ),
    }
}
