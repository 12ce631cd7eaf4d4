//! `lex clearance ...`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use lex_client::{Address, B256, Signer, U256};
use lex_model::{ActionKind, Signal};
use serde::Serialize;

use super::Context;
use super::values::{account, duration, license_id};
use crate::evidence::{Cleared, SignedClearance, Verdict, fresh_nonce};
use crate::holding::{Keeper, Kept};
use crate::output::{fields, time};
use crate::signer::{SignerArgs, SignerError};
use crate::stack::COMPLIANCE_SIGNER_FILE;
use crate::target::{Network, Target};

const EXAMPLES: &str = "\
Examples:
  lex clearance sign activate 7 --score 870 --out clearance.json
  lex clearance sign transfer 7 --to //Dave --score 700 --for 10min --signer-file compliance.key
  lex clearance sign lend 7 --to //Eve --score 700 --out clearance.json
  lex clearance sign amend 7 --metadata-hash 0x6666666666666666666666666666666666666666666666666666666666666666 --score 870
  lex license activate 7 --clearance clearance.json --signer //Bob
  lex clearance score 20:3000 0:10000 75:500

Signing is for development, where `lex up` makes a key for it. In production the compliance service
looks at the people and the rules, and signs; nobody signs clearances by hand.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ClearanceCommand {
    /// Sign a clearance of one action (development; in production the compliance service signs)
    #[command(after_help = EXAMPLES)]
    Sign(Box<SignArgs>),
    /// Ask policy for the score of risk signals, by the published formula
    #[command(after_help = EXAMPLES)]
    Score(ScoreArgs),
}

#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// What a provider says, 0 to 100 (higher is riskier), and its weight, 0 to 10000; up to 8 of them
    #[arg(required = true, value_parser = signal, value_name = "RISK:WEIGHT")]
    pub signals: Vec<Signal>,
}

/// The score of some signals.
#[derive(Debug, Serialize)]
struct Scored {
    /// 0 to 1000; higher is safer.
    score: u16,
}

fn signal(text: &str) -> Result<Signal, String> {
    let parsed = text.split_once(':').and_then(|(risk, weight)| {
        Some(Signal {
            risk: risk.parse().ok()?,
            weight: weight.parse().ok()?,
        })
    });
    parsed.ok_or_else(|| "write RISK:WEIGHT, for example 20:3000".to_owned())
}

#[derive(Debug, Args)]
pub struct SignArgs {
    #[arg(value_enum)]
    pub action: ClearedAction,
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// The license is one of the seats contract
    #[arg(long)]
    pub seats: bool,
    /// Who will act [default: the type's committee where the action needs it, else the license's
    /// issuer, else (transfer, lend) its holder]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub caller: Option<Address>,
    /// Present holder, of seats
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub from: Option<Address>,
    /// New holder, of a transfer; user, of a loan
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Option<Address>,
    /// Hash of the new metadata, of an amendment
    #[arg(long, value_name = "HASH")]
    pub metadata_hash: Option<B256>,
    /// How many seats [default: 1, of an activation all]
    #[arg(long)]
    pub amount: Option<u64>,
    /// 0 to 1000; higher is safer
    #[arg(long, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub score: u16,
    /// How long it counts
    #[arg(long = "for", value_parser = duration, value_name = "DURATION", default_value = "1h")]
    pub duration: u64,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

/// What a clearance can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClearedAction {
    Activate,
    Renew,
    Transfer,
    Amend,
    Lend,
}

impl ClearedAction {
    fn kind(self) -> ActionKind {
        match self {
            ClearedAction::Activate => ActionKind::Activate,
            ClearedAction::Renew => ActionKind::Renew,
            ClearedAction::Transfer => ActionKind::Transfer,
            ClearedAction::Amend => ActionKind::Amend,
            ClearedAction::Lend => ActionKind::Lend,
        }
    }
}

pub(super) async fn run(context: &Context, command: ClearanceCommand) -> anyhow::Result<()> {
    match command {
        ClearanceCommand::Sign(args) => sign(context, *args).await,
        ClearanceCommand::Score(args) => score(context, args).await,
    }
}

async fn score(context: &Context, args: ScoreArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let score = network.score(&args.signals).await?;
    context.format.print(&Scored { score }, |scored| {
        fields(vec![("score", scored.score.to_string())])
    })?;
    Ok(())
}

async fn sign(context: &Context, args: SignArgs) -> anyhow::Result<()> {
    let Signer::Ethereum(key) = load(context, &args.signer)? else {
        bail!("clearances are signed by Ethereum keys");
    };
    let network = Target::resolve(&context.target)?.connect().await?;
    let kept = Keeper::of(args.seats).find(&network, args.license).await?;
    let cleared = args.cleared(&network, &kept).await?;
    let verdict = Verdict {
        score: args.score,
        rules_version: network
            .rules_version(cleared.license_type, cleared.jurisdiction)
            .await?,
        expires_at: network.now().await?.saturating_add(args.duration),
    };
    let clearance = cleared.sign(&network, verdict, fresh_nonce(), &key)?;
    if let Some(file) = &args.out {
        std::fs::write(file, serde_json::to_string_pretty(&clearance)? + "\n")
            .with_context(|| format!("failed to write {}", file.display()))?;
    }
    context.format.print(&clearance, |clearance| {
        human(&args, &cleared, verdict, clearance, key.address())
    })?;
    Ok(())
}

/// The key that is named, else the development key of the stack.
fn load(context: &Context, signer: &SignerArgs) -> anyhow::Result<Signer> {
    match signer.load() {
        Err(SignerError::Missing) => {
            let folder = context.target.state_folder().join("keys");
            let file = folder.join(COMPLIANCE_SIGNER_FILE);
            if !file.is_file() {
                return Err(SignerError::Missing.into());
            }
            Ok(Signer::from_file(&file)?)
        }
        other => Ok(other?),
    }
}

impl SignArgs {
    /// The action as the license contract will describe it.
    async fn cleared(&self, network: &Network, kept: &Kept) -> anyhow::Result<Cleared> {
        let holder = self.from.unwrap_or(kept.holder);
        let (to, content) = match self.action {
            ClearedAction::Activate => (holder, kept.metadata_hash),
            ClearedAction::Renew => (Address::ZERO, B256::ZERO),
            ClearedAction::Transfer | ClearedAction::Lend => {
                let to = self.to.context("name the new holder or user: --to")?;
                (to, B256::ZERO)
            }
            ClearedAction::Amend => {
                let hash = self.metadata_hash.context("name the new --metadata-hash")?;
                (Address::ZERO, hash)
            }
        };
        Ok(Cleared {
            contract: Keeper::of(self.seats).address(network),
            kind: self.action.kind(),
            caller: self.caller(network, kept, holder).await?,
            token_id: self.license,
            version: kept.version,
            license_type: kept.license_type,
            jurisdiction: kept.jurisdiction,
            holder,
            to,
            amount: self.amount(network).await?,
            valid_from: kept.term.valid_from,
            valid_until: kept.term.valid_until,
            content,
        })
    }

    async fn amount(&self, network: &Network) -> anyhow::Result<u64> {
        match self.amount {
            Some(amount) => Ok(amount),
            None if self.seats && self.action == ClearedAction::Activate => {
                Ok(network.seat_count(self.license).await?)
            }
            None => Ok(1),
        }
    }

    async fn caller(
        &self,
        network: &Network,
        kept: &Kept,
        holder: Address,
    ) -> anyhow::Result<Address> {
        if let Some(caller) = self.caller {
            return Ok(caller);
        }
        let rules = network.type_rules(kept.license_type).await?;
        let gates = match self.action {
            ClearedAction::Activate | ClearedAction::Amend => rules.gates.issue,
            ClearedAction::Renew => rules.gates.renew,
            ClearedAction::Transfer => rules.gates.transfer,
            ClearedAction::Lend => rules.gates.lend,
        };
        if gates & lex_model::Gates::COMMITTEE != 0 {
            return Ok(rules.committee);
        }
        Ok(match self.action {
            ClearedAction::Transfer | ClearedAction::Lend => holder,
            ClearedAction::Activate | ClearedAction::Renew | ClearedAction::Amend => kept.issuer,
        })
    }
}

fn human(
    args: &SignArgs,
    cleared: &Cleared,
    verdict: Verdict,
    clearance: &SignedClearance,
    signer: Address,
) -> String {
    let mut lines = vec![
        (
            "clears",
            format!("{:?} of license {}", cleared.kind, cleared.token_id),
        ),
        ("caller", cleared.caller.to_string()),
        ("score", verdict.score.to_string()),
        ("under rules", format!("version {}", verdict.rules_version)),
        ("until", time(verdict.expires_at)),
        ("signed by", format!("{signer} (development)")),
    ];
    match &args.out {
        Some(file) => lines.push(("written to", file.display().to_string())),
        None => lines.push(("signature", clearance.signature.to_string())),
    }
    fields(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_a_risk_and_a_weight() {
        let expected = Signal {
            risk: 20,
            weight: 3_000,
        };
        assert_eq!(signal("20:3000"), Ok(expected));
        for wrong in [
            "",
            "20",
            "20:",
            ":3000",
            "20:3000:1",
            "-1:1",
            "256:1",
            "1:65536",
        ] {
            assert!(signal(wrong).is_err(), "{wrong}");
        }
    }
}
