//! Settings of `lex up`: flags and environment first, then the configuration file, then defaults.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

use super::UpArgs;
use crate::commands::Context;
use crate::stack::{Binaries, OnCrash, PortOverrides, PortPlan, StackConfig};
use crate::target::repository;

/// Longest wait for index and mirror to catch up with the chain.
pub(super) const WITHIN: Duration = Duration::from_secs(120);

/// The configuration file of `lex up`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UpFile {
    ports: PortOverrides,
    chain: ChainSection,
    supervision: SupervisionSection,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChainSection {
    block_time_ms: Option<u64>,
    finality_delay: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SupervisionSection {
    max_silence_ms: Option<u64>,
}

impl SupervisionSection {
    /// `usual` unless it is said otherwise; zero is never.
    fn on_crash(&self, usual: OnCrash) -> OnCrash {
        match self.max_silence_ms.map(Duration::from_millis) {
            None => usual,
            Some(Duration::ZERO) => OnCrash::Restart { max_silence: None },
            max_silence => OnCrash::Restart { max_silence },
        }
    }
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
        on_crash: file.supervision.on_crash(config.on_crash),
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
        let text = "[ports]\nnode_port = 9944\nindexer_port = 9200\n[chain]\nblock_time_ms = 6000\nfinality_delay = 0\n\
            [supervision]\nmax_silence_ms = 30000\n";
        let file: UpFile = toml::from_str(text).unwrap();
        assert_eq!(file.ports.node_port, Some(9944));
        assert_eq!(file.chain.block_time_ms, Some(6000));
        assert_eq!(file.supervision.max_silence_ms, Some(30_000));
    }

    #[test]
    fn a_longest_silence_of_zero_is_never() {
        let of = |max_silence_ms| SupervisionSection { max_silence_ms };
        let never = OnCrash::Restart { max_silence: None };
        assert_eq!(of(None).on_crash(OnCrash::StayDown), OnCrash::StayDown);
        assert_eq!(of(Some(0)).on_crash(OnCrash::StayDown), never);
        assert_ne!(of(Some(1)).on_crash(OnCrash::StayDown), never);
    }

    #[test]
    fn an_unknown_port_is_an_error() {
        assert!(toml::from_str::<UpFile>("[ports]\nnod_port = 1\n").is_err());
        assert!(toml::from_str::<UpFile>("[port]\n").is_err());
    }
}
