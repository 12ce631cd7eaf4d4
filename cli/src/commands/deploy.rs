//! `lex deploy`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use lex_client::{Address, Signer};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::deploy::{
    Deployed, Governance, MirrorTarget, OnMismatch, OtherCode, Outcome, deploy_network,
};
use crate::deployment::Deployment;
use crate::output::fields;
use crate::signer::SignerArgs;
use crate::target::{TargetArgs, repository};

/// Contracts that are where the record says, with the recorded code, are kept; those that run other
/// code than the compiled contracts are named. Whatever does not match the record is reported and
/// nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex deploy --config deploy.toml --signer-file deployer.key

The configuration names the network, its committee and roles, the first rules, and the mirrors:
deployments/examples/deploy.toml explains every key.")]
pub struct DeployArgs {
    /// What to deploy, and where
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Folder with the compiled contracts and their manifest [default: contracts/blobs]
    #[arg(long, env = "LEX_CONTRACTS_DIR", value_name = "DIR")]
    pub contracts: Option<PathBuf>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

/// What to deploy, and where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeployConfig {
    network: String,
    source: SourceConfig,
    governance: Governance,
    mirrors: Vec<MirrorConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceConfig {
    url: String,
    ethereum_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MirrorConfig {
    name: String,
    url: String,
    deployer_key_file: PathBuf,
    owner: Address,
    guardian: Address,
    attesters: Vec<Address>,
    threshold: u8,
    max_age: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    record: PathBuf,
    deployment: Deployment,
    source_deployed: bool,
    /// Contracts that run other code than the compiled one.
    other_code: Vec<OtherCode>,
    mirrors_deployed: Vec<bool>,
}

pub(super) async fn run(context: &Context, args: &DeployArgs) -> anyhow::Result<()> {
    let config = read_config(&args.config)?;
    let signer = args.signer.load()?;
    let record = record_file(&context.target, &config.network);
    let recorded = Deployment::read_if_any(&record)?;
    let source = lex_client::Source::connect(&config.source.url).await?;
    let submitter =
        lex_client::Submitter::new(source, config.source.ethereum_url.as_deref(), signer)?;
    let targets = config
        .mirrors
        .into_iter()
        .map(mirror_target)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let contracts = args
        .contracts
        .clone()
        .unwrap_or_else(|| repository().join("contracts/blobs"));
    let step = context.progress.step("contracts");
    let deployed = deploy_network(
        &config.network,
        &submitter,
        &contracts,
        &config.governance,
        &targets,
        recorded.as_ref(),
        OnMismatch::Refuse,
    )
    .await?;
    deployed.deployment.write(&record)?;
    step.done("in place");
    context.format.print(&Report::of(deployed, record), human)?;
    Ok(())
}

impl Report {
    fn of(deployed: Deployed, record: PathBuf) -> Report {
        let is_new = |outcome: &Outcome| *outcome == Outcome::Deployed;
        Report {
            record,
            source_deployed: is_new(&deployed.source),
            other_code: deployed.other_code,
            mirrors_deployed: deployed.mirrors.iter().map(is_new).collect(),
            deployment: deployed.deployment,
        }
    }
}

fn read_config(path: &Path) -> anyhow::Result<DeployConfig> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not usable", path.display()))
}

fn mirror_target(config: MirrorConfig) -> anyhow::Result<MirrorTarget> {
    let key = Signer::from_file(&config.deployer_key_file)?;
    let Signer::Ethereum(deployer) = key else {
        anyhow::bail!(
            "{} must hold an Ethereum key (0x and 64 hexadecimal digits)",
            config.deployer_key_file.display()
        );
    };
    let mut attesters = config.attesters;
    // The mirror wants them ascending; people need not care.
    attesters.sort();
    Ok(MirrorTarget {
        name: config.name,
        rpc_url: config.url,
        deployer,
        owner: config.owner,
        guardian: config.guardian,
        attesters,
        threshold: config.threshold,
        max_age: config.max_age,
    })
}

fn record_file(target: &TargetArgs, network: &str) -> PathBuf {
    target.deployment.clone().unwrap_or_else(|| {
        repository()
            .join("deployments")
            .join(format!("{network}.json"))
    })
}

fn human(report: &Report) -> String {
    let word = |new: bool| if new { "deployed" } else { "kept" };
    let source = &report.deployment.source;
    let contracts = [
        ("policy", source.policy),
        ("verifier", source.verifier),
        ("committee", source.committee),
        ("license", source.license),
        ("seats", source.seats),
    ];
    let mut lines: Vec<_> = contracts
        .into_iter()
        .map(|(name, address)| (name, format!("{address}  {}", word(report.source_deployed))))
        .collect();
    for (mirror, new) in report
        .deployment
        .mirrors
        .iter()
        .zip(&report.mirrors_deployed)
    {
        lines.push((
            "mirror",
            format!("{}  {} ({})", mirror.mirror, word(*new), mirror.name),
        ));
    }
    for other in &report.other_code {
        lines.push(("other code", other.to_string()));
    }
    lines.push(("record", report.record.display().to_string()));
    fields(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../deployments/examples/deploy.toml");

    #[test]
    fn the_example_parses() {
        let config: DeployConfig = toml::from_str(EXAMPLE).unwrap();
        assert_eq!(config.mirrors[0].threshold, 2);
        assert_eq!(config.governance.members.len(), 3);
        assert!(config.governance.bundles[0].call().is_ok());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = EXAMPLE.replace("max_age", "max_aeg");
        assert!(toml::from_str::<DeployConfig>(&text).is_err());
    }

    #[test]
    fn attesters_are_sorted_for_the_mirror() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, format!("0x{}", "11".repeat(32))).unwrap();
        let mut config: DeployConfig = toml::from_str(EXAMPLE).unwrap();
        let mut mirror = config.mirrors.remove(0);
        mirror.deployer_key_file = key;
        assert!(mirror_target(mirror).unwrap().attesters.is_sorted());
    }
}
