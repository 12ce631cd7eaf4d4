//! `lex`: the command line of the license exchange.

use std::process::ExitCode;

use clap::Parser;
use lex_cli::args::Cli;
use lex_cli::commands;
use lex_cli::failure::Failure;
use lex_client::{visible, visible_lines};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.global.json;
    let Err(error) = commands::run(cli).await else {
        return ExitCode::SUCCESS;
    };
    let failure = Failure::of(&error);
    if json && failure.is_told {
        // stdout has its one document.
    } else if json {
        println!(
            "{}",
            visible(&serde_json::json!({ "error": failure }).to_string())
        );
    } else {
        eprintln!("{}", visible_lines(&failure.text()));
    }
    ExitCode::from(failure.exit)
}
