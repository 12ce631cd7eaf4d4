//! `lex license explain`: what the contracts would say to an action.

use anyhow::bail;
use clap::{Args, ValueEnum};
use lex_client::abi::license::License;
use lex_client::{Address, Refusal, U256};
use lex_model::ActionKind;
use serde::Serialize;

use crate::commands::Context;
use crate::commands::values::{account, license_id};
use crate::failure::RefusalReport;
use crate::signer::SignerArgs;
use crate::target::Target;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license explain renew 1 --as //Bob
  lex license explain transfer 1 --as //Charlie --to //Dave
  lex license explain issue --as //Bob --type 1 --jurisdiction US-NY --to //Charlie")]
pub struct ExplainArgs {
    #[arg(value_enum)]
    pub action: ActionName,
    /// Id of the license (not for issue)
    #[arg(value_parser = license_id)]
    pub license: Option<U256>,
    /// Who would act [default: the signer]
    #[arg(long = "as", value_parser = account, value_name = "ACCOUNT")]
    pub caller: Option<Address>,
    /// Type of the license to issue
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: Option<u64>,
    /// Jurisdiction of the license to issue
    #[arg(long)]
    pub jurisdiction: Option<String>,
    /// New holder, of issue and transfer
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Option<Address>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionName {
    Issue,
    Renew,
    Suspend,
    Resume,
    Revoke,
    Surrender,
    Transfer,
}

impl ActionName {
    fn kind(self) -> ActionKind {
        match self {
            ActionName::Issue => ActionKind::Issue,
            ActionName::Renew => ActionKind::Renew,
            ActionName::Suspend => ActionKind::Suspend,
            ActionName::Resume => ActionKind::Resume,
            ActionName::Revoke => ActionKind::Revoke,
            ActionName::Surrender => ActionKind::Surrender,
            ActionName::Transfer => ActionKind::Transfer,
        }
    }
}

#[derive(Debug, Serialize)]
struct Explained {
    action: ActionName,
    allowed: bool,
    refusals: Vec<RefusalReport>,
}

pub(super) async fn run(context: &Context, args: &ExplainArgs) -> anyhow::Result<()> {
    let issue = matches!(args.action, ActionName::Issue);
    if !issue && args.license.is_none() {
        bail!("name the license, such as `lex license explain renew 1`");
    }
    if issue && (args.license_type.is_none() || args.jurisdiction.is_none() || args.to.is_none()) {
        bail!("an issue needs --type, --jurisdiction and --to");
    }
    let caller = match args.caller {
        Some(caller) => caller,
        None => args.signer.load()?.address(),
    };
    let network = Target::resolve(&context.target)?.connect().await?;
    let call = License::explainCall {
        action: args.action.kind() as u8,
        caller,
        tokenId: args.license.unwrap_or_default(),
        licenseType: args.license_type.unwrap_or_default(),
        jurisdiction: args.jurisdiction.clone().unwrap_or_default(),
        to: args.to.unwrap_or_default(),
    };
    let refusals = network
        .source
        .read(None, network.license(), caller, &call)
        .await?;
    let refusals: Vec<RefusalReport> = refusals
        .into_iter()
        .map(|refusal| {
            RefusalReport::from(&Refusal {
                code: refusal.code,
                rule_version: refusal.ruleVersion,
                detail: refusal.detail,
            })
        })
        .collect();
    let explained = Explained {
        action: args.action,
        allowed: refusals.is_empty(),
        refusals,
    };
    context.format.print(&explained, human)?;
    Ok(())
}

fn human(explained: &Explained) -> String {
    if explained.allowed {
        return String::from("Allowed: no rule refuses it.");
    }
    let mut text = format!("Refused by {} rule(s):\n", explained.refusals.len());
    for refusal in &explained.refusals {
        text += &format!("{}\n", refusal.text());
    }
    text
}
