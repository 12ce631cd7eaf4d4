//! `lex`: the command line of the license exchange.

use std::env;
use std::process::ExitCode;

use clap::Parser;
use lex_cli::args::Cli;
use lex_cli::commands;
use lex_cli::failure::Failure;
use lex_client::{visible, visible_lines};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let json = cli.global.json;
    let Err(error) = commands::run(cli).await else {
        return ExitCode::SUCCESS;
    };
    let failure = Failure::of(&error);
    // stdout may have its one document already.
    if !(json && failure.is_told) {
        tell(&failure, json);
    }
    ExitCode::from(failure.exit)
}

/// A wrong command line, or one that asks for help. What it says of `--json` is not known, so the word
/// itself is looked for.
fn not_understood(error: &clap::Error) -> ExitCode {
    if !(error.use_stderr() && env::args_os().any(|word| word == "--json")) {
        error.exit();
    }
    let failure = Failure::usage(error);
    tell(&failure, true);
    ExitCode::from(failure.exit)
}

fn tell(failure: &Failure, json: bool) {
    if json {
        let document = serde_json::json!({ "error": failure }).to_string();
        println!("{}", visible(&document));
    } else {
        eprintln!("{}", visible_lines(&failure.text()));
    }
}
