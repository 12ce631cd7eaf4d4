//! The command line.

use crate::{
    chain_spec,
    sealing::{SealingOptions, SealingTrigger},
};
use clap::{Args, Parser, Subcommand};
use pallet_revive_eth_rpc::cli::CliCommand as EthRpcCommand;
use sc_cli::{Database, DatabasePruningMode, RunCmd, SubstrateCli};
use std::{path::PathBuf, time::Duration};

const EXAMPLES: &str = "\
Examples:
  lex-node node --base-path data/chain --rpc-port 9944
      A block for every transaction, finalized at once; the state is kept.
  lex-node node --tmp --block-time 6s --finality-delay 5
      A block every six seconds, final five blocks later; nothing is kept.
  lex-node eth-rpc --node-rpc-url ws://127.0.0.1:9944 --rpc-port 8545 --base-path data/eth-rpc
      The chain's Ethereum JSON-RPC, for MetaMask, cast, alloy and viem.";

/// The LEX development chain: a Substrate node with contracts, and its Ethereum JSON-RPC
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the Substrate node
    #[command(after_help = EXAMPLES)]
    Node(Box<NodeCommand>),
    /// Serve the Ethereum JSON-RPC of a running node
    #[command(after_help = EXAMPLES)]
    EthRpc(Box<EthRpcCommand>),
}

/// Options of `lex-node node`: those of every Substrate node, and how blocks are sealed.
#[derive(Debug, Args)]
// The SDK's own choice, a fork-aware pool, makes a view of itself for every block; what arrives
// meanwhile gets into the view of the block after only. Where transactions make the blocks, there may
// be none.
#[command(mut_arg("pool_type", |pool_type| pool_type.default_value("single-state")))]
pub struct NodeCommand {
    /// Seal a block this often, for example `6s` or `500ms`. Without it, every transaction gets
    /// its block at once.
    #[arg(long, value_name = "DURATION", value_parser = parse_block_time)]
    block_time: Option<Duration>,

    /// Finalize a block when this many blocks stand on top of it. With 0, a block is final as soon
    /// as it is sealed and the chain never reorganises.
    #[arg(long, value_name = "BLOCKS", default_value_t = 0)]
    finality_delay: u32,

    #[command(flatten)]
    substrate: RunCmd,
}

impl NodeCommand {
    /// The Substrate options, with the defaults of this chain where the user chose nothing, and
    /// the sealing options.
    pub fn into_parts(self) -> (RunCmd, SealingOptions) {
        let sealing = SealingOptions {
            trigger: match self.block_time {
                Some(period) => SealingTrigger::Interval(period),
                None => SealingTrigger::Transactions,
            },
            finality_delay: self.finality_delay,
        };
        (with_chain_defaults(self.substrate), sealing)
    }
}

fn with_chain_defaults(mut substrate: RunCmd) -> RunCmd {
    // The Ethereum JSON-RPC and the indexer read the state of old blocks.
    substrate
        .import_params
        .pruning_params
        .state_pruning
        .get_or_insert(DatabasePruningMode::Archive);
    // The SDK's own choice is RocksDB, which this build does not have.
    substrate
        .import_params
        .database_params
        .database
        .get_or_insert(Database::ParityDb);
    // A transaction that one fork refused may be sent again on the next.
    substrate.pool_config.tx_ban_seconds.get_or_insert(0);
    substrate
}

fn parse_block_time(text: &str) -> Result<Duration, String> {
    let period = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if period < MIN_BLOCK_TIME {
        return Err(format!(
            "must be at least {}",
            humantime::format_duration(MIN_BLOCK_TIME)
        ));
    }
    Ok(period)
}

/// Sealing a block takes a few milliseconds; below this the node would do nothing else.
const MIN_BLOCK_TIME: Duration = Duration::from_millis(100);

/// What the Substrate command-line library wants to know about the program.
pub struct Substrate;

impl SubstrateCli for Substrate {
    fn impl_name() -> String {
        "LEX development node".into()
    }

    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "the LEX developers".into()
    }

    fn support_url() -> String {
        "the README of LEX".into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
        match id {
            "" | "dev" | chain_spec::ID => chain_spec::development(),
            path => chain_spec::from_file(PathBuf::from(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use sc_cli::TransactionPoolType;

    fn parse_node(arguments: &[&str]) -> (RunCmd, SealingOptions) {
        let line = ["lex-node", "node"].iter().chain(arguments);
        match Cli::try_parse_from(line).expect("valid arguments").command {
            Command::Node(command) => command.into_parts(),
            Command::EthRpc(_) => unreachable!("the subcommand is node"),
        }
    }

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn default_pool_keeps_what_arrives_between_two_blocks() {
        let pool_type = |arguments| parse_node(arguments).0.pool_config.pool_type;
        assert!(matches!(pool_type(&[]), TransactionPoolType::SingleState));
        assert!(matches!(
            pool_type(&["--pool-type", "fork-aware"]),
            TransactionPoolType::ForkAware
        ));
    }

    #[test]
    fn default_is_instant_sealing_and_an_archive() {
        let (substrate, sealing) = parse_node(&[]);
        assert_eq!(sealing.trigger, SealingTrigger::Transactions);
        assert_eq!(sealing.finality_delay, 0);
        assert_eq!(
            substrate.import_params.pruning_params.state_pruning,
            Some(DatabasePruningMode::Archive)
        );
        assert_eq!(
            substrate.import_params.database_params.database,
            Some(Database::ParityDb)
        );
    }

    #[test]
    fn block_time_has_a_unit() {
        let (_, sealing) = parse_node(&["--block-time", "6s", "--finality-delay", "5"]);
        assert_eq!(
            sealing.trigger,
            SealingTrigger::Interval(Duration::from_secs(6))
        );
        assert_eq!(sealing.finality_delay, 5);
        assert!(parse_block_time("6").is_err());
    }

    #[test]
    fn block_time_fails_if_too_short() {
        assert!(parse_block_time("0s").is_err());
        assert!(parse_block_time("99ms").is_err());
        assert_eq!(parse_block_time("100ms"), Ok(MIN_BLOCK_TIME));
    }
}
