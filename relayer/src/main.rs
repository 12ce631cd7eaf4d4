use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match lex_relayer::cli::run(lex_relayer::cli::Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lex-relayer: {error:#}");
            ExitCode::FAILURE
        }
    }
}
