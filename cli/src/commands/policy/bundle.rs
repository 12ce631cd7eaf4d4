//! `lex policy bundle ...`: the rules of jurisdictions.

use clap::{Args, Subcommand};
use lex_client::B256;
use lex_client::abi::policy::Policy;
use serde::Serialize;

use crate::commands::Context;
use crate::commands::send::to_policy;
use crate::deploy::bundle_id;
use crate::output::fields;
use crate::rules::{RuleText, rule_of};
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex policy bundle set US --name \"Rules of 2027\" --rule \"minimum-score issue 500\" \\
      --rule \"longest-term issue,renew 5y\" --rule \"forbid transfer type=3\" --signer //Alice
  lex policy bundle set DE --name \"Keine Regeln\" --signer //Alice       no rule, but issuing is possible
  lex policy bundle show US-NY
  lex policy bundle remove DE --signer //Alice

A rule is DEMAND ACTIONS [VALUE] [type=ID]; the demands are forbid, require (gates), minimum-score
and longest-term; the actions issue, renew and transfer.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum BundleCommand {
    /// Publish the rules of a jurisdiction, all of them at once (administrator)
    #[command(after_help = EXAMPLES)]
    Set(SetArgs),
    /// Take the rules of a jurisdiction back: nothing is issued there any more (administrator)
    #[command(after_help = EXAMPLES)]
    Remove(RemoveArgs),
    /// The rules of a jurisdiction, or of its country
    #[command(after_help = EXAMPLES)]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// Country such as US, which covers US-NY, or a subdivision
    pub jurisdiction: String,
    /// Where the rules come from; its hash is the bundle's id
    #[arg(long)]
    pub name: String,
    /// One rule; may be given up to 16 times
    #[arg(long = "rule", value_name = "RULE")]
    pub rules: Vec<RuleText>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct RemoveArgs {
    pub jurisdiction: String,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    pub jurisdiction: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    jurisdiction: String,
    /// Zero when there are no rules.
    bundle_id: B256,
    version: u32,
    rules: Vec<String>,
}

pub(super) async fn run(context: &Context, command: BundleCommand) -> anyhow::Result<()> {
    match command {
        BundleCommand::Set(args) => {
            let call = Policy::setBundleCall {
                jurisdiction: args.jurisdiction.clone(),
                bundleId: bundle_id(&args.name),
                rules: args.rules.iter().copied().map(Into::into).collect(),
            };
            let sentence = format!(
                "{} rule(s) of {} published.",
                args.rules.len(),
                args.jurisdiction
            );
            to_policy(context, &args.signer, &call, &sentence).await
        }
        BundleCommand::Remove(args) => {
            let call = Policy::removeBundleCall {
                jurisdiction: args.jurisdiction.clone(),
            };
            let sentence = format!("Rules of {} removed.", args.jurisdiction);
            to_policy(context, &args.signer, &call, &sentence).await
        }
        BundleCommand::Show(args) => show(context, args).await,
    }
}

async fn show(context: &Context, args: ShowArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let call = Policy::bundleCall {
        jurisdiction: args.jurisdiction.clone(),
    };
    let bundle = network.look(network.policy(), &call).await?;
    let rules = bundle.rules.iter().map(|rule| {
        rule_of(rule).map_or_else(
            || format!("demand {} that this program does not know", rule.demand),
            |rule| rule.to_string(),
        )
    });
    let shown = Shown {
        jurisdiction: args.jurisdiction,
        bundle_id: bundle.bundleId,
        version: bundle.version,
        rules: rules.collect(),
    };
    context.format.print(&shown, human)?;
    Ok(())
}

fn human(shown: &Shown) -> String {
    let mut text = fields([
        ("jurisdiction", shown.jurisdiction.clone()),
        ("bundle", shown.bundle_id.to_string()),
        ("version", shown.version.to_string()),
    ]);
    for (place, rule) in shown.rules.iter().enumerate() {
        text += &format!("  {place}  {rule}\n");
    }
    if shown.rules.is_empty() {
        text += "  no rules beyond those of the types\n";
    }
    text
}
