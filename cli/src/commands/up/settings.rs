//! Settings of `lex up`: flags and environment first, then the configuration file, then defaults.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

use super::UpArgs;
use crate::commands::Context;
use crate::stack::{Binaries, PortOverrides, PortPlan, StackConfig};
use crate::target::repository;

/// Longest wait for index and mirror to catch up with the chain.
pub(super) const WITHIN: Duration = Duration::from_secs(120);

/// The configuration file of `lex up`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UpFile {
    ports: PortOverrides,
    chain: ChainSection,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChainSection {
    block_time_ms: Option<u64>,
    finality_delay: u32,
}

pub(super) fn stack_config(context: &Context, args: &UpArgs) -> anyhow::Result<StackConfig> {
    let file = match &args.config {
        Some(path) => read(path)?,
        None => UpFile::default(),
    };
    let named = args.ports.clone().or(file.ports);
    let binaries = Binaries::find(&repository())?;
    let target = &context.target;
    let config = StackConfig::new(target.state_folder(), target.deployment_file(), binaries);
    Ok(StackConfig {
        ports: PortPlan::usual(named),
        fresh: args.fresh,
        block_time: file.chain.block_time_ms.map(Duration::from_millis),
        finality_delay: file.chain.finality_delay,
        ..config
    })
}

fn read(path: &Path) -> anyhow::Result<UpFile> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not usable", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_configuration_parses() {
        let text = "[ports]\nnode_port = 9944\nindexer_port = 9200\n[chain]\nblock_time_ms = 6000\nfinality_delay = 0\n";
        let file: UpFile = toml::from_str(text).unwrap();
        assert_eq!(file.ports.node_port, Some(9944));
        assert_eq!(file.chain.block_time_ms, Some(6000));
    }

    #[test]
    fn an_unknown_port_is_an_error() {
        assert!(toml::from_str::<UpFile>("[ports]\nnod_port = 1\n").is_err());
        assert!(toml::from_str::<UpFile>("[port]\n").is_err());
    }
}
