//! `lex explain`: what the contracts would say to an action.

use anyhow::bail;
use clap::{Args, ValueEnum};
use lex_client::abi::license::License;
use lex_client::abi::seats::Seats;
use lex_client::{Address, B256, CallError, Refusal, U256};
use lex_model::ActionKind;
use serde::Serialize;

use super::Context;
use super::gates::EvidenceArgs;
use super::values::{account, license_id};
use crate::evidence::Evidence;
use crate::failure::RefusalReport;
use crate::signer::SignerArgs;
use crate::target::{Network, Target};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex explain renew 1 --as //Bob
  lex explain transfer 1 --as //Charlie --to //Dave --clearance clearance.json
  lex explain activate 1 --as //Bob
  lex explain lend 1 --as //Charlie --to //Eve
  lex explain amend 1 --as //Bob --metadata-hash 0x6666666666666666666666666666666666666666666666666666666666666666 --uri ipfs://new
  lex explain issue --as //Bob --type 1 --jurisdiction US-NY --to //Charlie
  lex explain sublicense 1 --as //Charlie --type 2 --jurisdiction US-NY --to //Dave
  lex explain transfer 3 --seats --as //Charlie --to //Dave --amount 5")]
pub struct ExplainArgs {
    #[arg(value_enum)]
    pub action: ActionName,
    /// Id of the license; of a sublicense, of its parent (not for issue)
    #[arg(value_parser = license_id)]
    pub license: Option<U256>,
    /// The license is one of the seats contract
    #[arg(long)]
    pub seats: bool,
    /// Who would act [default: the signer]
    #[arg(long = "as", value_parser = account, value_name = "ACCOUNT")]
    pub caller: Option<Address>,
    /// Type of the license to issue
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: Option<u64>,
    /// Jurisdiction of the license to issue
    #[arg(long)]
    pub jurisdiction: Option<String>,
    /// New holder; of a loan, who is to use it (nobody: it is taken back)
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Option<Address>,
    /// Present holder, of seats [default: who would act]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub from: Option<Address>,
    /// Hash of the new metadata, of an amendment
    #[arg(long, value_name = "HASH", requires = "uri")]
    pub metadata_hash: Option<B256>,
    /// Where the new metadata is, of an amendment
    #[arg(long, requires = "metadata_hash")]
    pub uri: Option<String>,
    /// How many seats
    #[arg(long, default_value_t = 1)]
    pub amount: u64,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionName {
    Issue,
    Renew,
    Suspend,
    Resume,
    Revoke,
    Surrender,
    Transfer,
    Activate,
    RequestRenewal,
    ForceTransfer,
    Recover,
    FreezeToken,
    Sublicense,
    Withdraw,
    Amend,
    Lend,
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
            ActionName::Activate => ActionKind::Activate,
            ActionName::RequestRenewal => ActionKind::RequestRenewal,
            ActionName::ForceTransfer => ActionKind::ForceTransfer,
            ActionName::Recover => ActionKind::Recover,
            ActionName::FreezeToken => ActionKind::FreezeToken,
            ActionName::Sublicense => ActionKind::Sublicense,
            ActionName::Withdraw => ActionKind::Withdraw,
            ActionName::Amend => ActionKind::Amend,
            ActionName::Lend => ActionKind::Lend,
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
    let creates = args.action.kind().creates();
    if args.action != ActionName::Issue && args.license.is_none() {
        bail!("name the license, such as `lex explain renew 1`");
    }
    let complete = args.license_type.is_some() && args.jurisdiction.is_some() && args.to.is_some();
    if args.metadata_hash.is_some() && args.action != ActionName::Amend {
        bail!("--metadata-hash and --uri are an amendment's");
    }
    if creates && !complete {
        bail!("this needs --type, --jurisdiction and --to");
    }
    let caller = match args.caller {
        Some(caller) => caller,
        None => args.signer.load()?.address(),
    };
    let evidence = args.evidence.load()?;
    let network = Target::resolve(&context.target)?.connect().await?;
    let refusals = args.ask(&network, caller, &evidence).await?;
    let explained = Explained {
        action: args.action,
        allowed: refusals.is_empty(),
        refusals,
    };
    context.format.print(&explained, human)?;
    Ok(())
}

impl ExplainArgs {
    async fn ask(
        &self,
        network: &Network,
        caller: Address,
        evidence: &Evidence,
    ) -> Result<Vec<RefusalReport>, CallError> {
        let action = self.action.kind().code();
        let token = self.license.unwrap_or_default();
        let license_type = self.license_type.unwrap_or_default();
        let jurisdiction = self.jurisdiction.clone().unwrap_or_default();
        let to = self.to.unwrap_or_default();
        if let (Some(hash), Some(uri)) = (self.metadata_hash, &self.uri) {
            return self
                .ask_about_text(network, caller, hash, uri, evidence)
                .await;
        }
        if self.seats {
            let call = Seats::explainWithCall {
                action,
                caller,
                tokenId: token,
                licenseType: license_type,
                jurisdiction,
                from: self.from.unwrap_or(caller),
                to,
                amount: self.amount,
                evidence: evidence.into(),
            };
            let refusals = network.look(network.seats(), &call).await?;
            let reports = refusals
                .iter()
                .map(|found| report(found.code, found.ruleVersion, found.detail));
            return Ok(reports.collect());
        }
        let call = License::explainWithCall {
            action,
            caller,
            tokenId: token,
            licenseType: license_type,
            jurisdiction,
            to,
            evidence: evidence.into(),
        };
        let refusals = network.look(network.license(), &call).await?;
        let reports = refusals
            .iter()
            .map(|found| report(found.code, found.ruleVersion, found.detail));
        Ok(reports.collect())
    }
}

impl ExplainArgs {
    /// Another description has a question of its own: what opens its gates is bound to its text.
    async fn ask_about_text(
        &self,
        network: &Network,
        caller: Address,
        hash: B256,
        uri: &str,
        evidence: &Evidence,
    ) -> Result<Vec<RefusalReport>, CallError> {
        let token = self.license.unwrap_or_default();
        if self.seats {
            let call = Seats::explainAmendmentCall {
                caller,
                tokenId: token,
                metadataHash: hash,
                uri: uri.to_owned(),
                evidence: evidence.into(),
            };
            let refusals = network.look(network.seats(), &call).await?;
            let reports = refusals
                .iter()
                .map(|found| report(found.code, found.ruleVersion, found.detail));
            return Ok(reports.collect());
        }
        let call = License::explainAmendmentCall {
            caller,
            tokenId: token,
            metadataHash: hash,
            tokenURI: uri.to_owned(),
            evidence: evidence.into(),
        };
        let refusals = network.look(network.license(), &call).await?;
        let reports = refusals
            .iter()
            .map(|found| report(found.code, found.ruleVersion, found.detail));
        Ok(reports.collect())
    }
}

fn report(code: u16, rule_version: u32, detail: U256) -> RefusalReport {
    RefusalReport::from(&Refusal {
        code,
        rule_version,
        detail,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_can_be_explained() {
        let named: Vec<ActionKind> = ActionName::value_variants()
            .iter()
            .map(|name| name.kind())
            .collect();
        assert_eq!(named, ActionKind::ALL);
    }
}
