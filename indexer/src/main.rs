//! `lex-indexer`: see `lex-indexer --help`.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use lex_indexer::cli::Cli;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = Runtime::new().map_err(Into::into).and_then(|runtime| {
        let ended = runtime.block_on(cli.run());
        // A query that still computes does not keep the process from ending.
        runtime.shutdown_timeout(Duration::from_millis(500));
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
