//! `lex-indexer`: see `lex-indexer --help`.

use clap::Parser;
use lex_indexer::cli::Cli;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    Cli::parse().run().await
}
