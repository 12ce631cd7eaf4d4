//! The journey of `lex up`, with both kinds of signer, on one stack; and what it says can be done next.

use anyhow::{Context, Result};
use clap::Parser;
use lex_cli::args::Cli;
use lex_cli::commands;
use lex_cli::journey::{self, JourneyReport, People, SignerKind};
use lex_cli::progress::Progress;
use lex_tests::System;

#[tokio::test(flavor = "multi_thread")]
async fn a_license_lives_its_life_with_both_kinds_of_signer() -> Result<()> {
    let system = System::start().await?;
    for kind in [SignerKind::Substrate, SignerKind::Ethereum] {
        let people = People::development(kind);
        let report = journey::run(&system.network, &people, &Progress::silent()).await?;
        assert!(report.agreement.holds());
        assert!(report.steps.len() >= 8, "{:?}", report.steps);
        the_next_commands_work(&system, &report).await?;
    }
    system.stack.stop().await;
    Ok(())
}

async fn the_next_commands_work(system: &System, report: &JourneyReport) -> Result<()> {
    let state = system.stack.config().state.display().to_string();
    let options = ["--state".to_owned(), state];
    for command in report.next_commands() {
        let line = command.line("lex", &options);
        let words = shlex::split(&line).context("quotes are closed")?;
        let run = commands::run(Cli::try_parse_from(words)?).await;
        run.with_context(|| line)?;
    }
    Ok(())
}
