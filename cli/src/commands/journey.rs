//! `lex journey`

use anyhow::Context as _;
use clap::Args;

use super::Context;
use crate::journey::{self, JourneyReport, People, SignerKind, agreement_table};
use crate::target::Target;

/// Uses the development accounts of the chain, so it works on development networks only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex journey
  lex journey --signer-kind ethereum
  lex journey --json | jq '.steps[].transaction.mirroredMs'")]
pub struct JourneyArgs {
    /// The issuer's kind of key
    #[arg(long, value_enum, default_value_t)]
    pub signer_kind: SignerKind,
}

pub(super) async fn run(context: &Context, args: &JourneyArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let people = People::development(args.signer_kind);
    let report = journey::run(&network, &people, &context.progress)
        .await
        .context("the journey ended early")?;
    context.format.print(&report, human)?;
    Ok(())
}

/// The steps were shown as they happened.
fn human(report: &JourneyReport) -> String {
    agreement_table(&report.agreement)
}
