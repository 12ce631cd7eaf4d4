//! `lex-indexer`: see `lex-indexer --help`.

use std::process::ExitCode;

use clap::Parser;
use lex_indexer::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
