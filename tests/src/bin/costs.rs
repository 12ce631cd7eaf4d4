//! What each message of the contracts costs, on a node of its own.

use std::io;

use anyhow::{Result, bail};
use clap::Parser;
use lex_cli::output::Format;
use lex_cli::progress::Progress;
use lex_tests::costs::{Peers, Report, measure};
use tokio::signal::unix::{SignalKind, signal};

const EXAMPLES: &str = "\
Example:
  scripts/setup --peers && target/costs

ref_time is computing time, in G (10^9) picoseconds; proof is the size of the proof that a parachain's
block needs for it, in kB (1,000 bytes). Deposit and fee are in whole tokens; a negative deposit was given
back. All are as the chain reported them for one transaction.";

/// Measures what each message of the contracts costs, beside OpenZeppelin's ERC-721, on a fresh node of
/// this machine.
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// Print one JSON document: picoseconds, bytes, and amounts in the chain's smallest unit (12 decimals).
    #[arg(long)]
    json: bool,
    /// Leave OpenZeppelin's ERC-721 out; then nothing of npm is needed.
    #[arg(long)]
    no_peers: bool,
}

impl Arguments {
    fn peers(&self) -> Peers {
        if self.no_peers {
            Peers::LeftOut
        } else {
            Peers::Compared
        }
    }

    fn format(&self) -> Format {
        if self.json {
            Format::Json
        } else {
            Format::Human
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let progress = Progress::stderr();
    // Whatever ends the measurement, its node ends with it.
    let report = tokio::select! {
        report = measure(arguments.peers(), &progress) => report?,
        signal = interruption() => bail!("ended by {}", signal?),
    };
    arguments.format().print(&report, Report::tables)?;
    Ok(())
}

/// Waits for a signal to end, and names it.
async fn interruption() -> io::Result<&'static str> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok("SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(["costs"].iter().chain(arguments))
    }

    #[test]
    fn definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn people_and_the_comparison_are_the_default() {
        let arguments = parse(&[]).unwrap();
        assert_eq!(arguments.format(), Format::Human);
        assert_eq!(arguments.peers(), Peers::Compared);
        let arguments = parse(&["--json", "--no-peers"]).unwrap();
        assert_eq!(arguments.format(), Format::Json);
        assert_eq!(arguments.peers(), Peers::LeftOut);
        assert!(parse(&["--changes", "1"]).is_err());
    }

    #[test]
    fn help_has_an_example() {
        let help = Arguments::command().render_long_help().to_string();
        assert!(help.contains("target/costs"), "{help}");
    }
}
