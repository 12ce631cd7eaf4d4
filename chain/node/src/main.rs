//! `lex-node`: the LEX development chain and its Ethereum JSON-RPC, in one binary.

mod chain_spec;
mod cli;
mod client;
mod clock;
mod rpc;
mod sealing;
mod service;
mod sockets;

use clap::Parser;
use cli::{Cli, Command, NodeCommand, Substrate};
use sc_cli::SubstrateCli;

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Node(command) => run_node(*command),
        Command::EthRpc(command) => pallet_revive_eth_rpc::cli::run(*command),
    }
}

fn run_node(command: NodeCommand) -> anyhow::Result<()> {
    let (substrate, sealing) = command.into_parts();
    let runner = Substrate.create_runner(&substrate)?;
    runner.run_node_until_exit(|config| async move { service::start(config, sealing) })?;
    Ok(())
}
