//! The command line.

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    clearance::ClearanceCommand, committee::CommitteeCommand, deploy::DeployArgs, down::DownArgs,
    explain::ExplainArgs, issuer::IssuerCommand, journey::JourneyArgs, license::LicenseCommand,
    mirror::MirrorCommand, policy::PolicyCommand, proof::ProofCommand, seat::SeatCommand,
    status::StatusArgs, type_::TypeCommand, up::UpArgs,
};
use crate::failure::EXIT_CODES;
use crate::target::TargetArgs;

const EXAMPLES: &str = "\
Examples:
  lex up                                     start everything and show a license's life
  lex status                                 what runs, and how far each part is
  lex type create --name Software --term 365d --signer //Alice
  lex license issue --to 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --type 1 --jurisdiction US-NY --signer //Bob
  lex committee propose activate 1 --signer //Eve
  lex explain renew 1 --as //Bob
  lex license show 1
  lex license search --status active --text software --json
  lex down                                   end everything that `lex up` started";

/// License exchange: bring-up, deployment and every license operation
#[derive(Debug, Parser)]
#[command(name = "lex", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Print one JSON document on stdout, errors included
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub target: TargetArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the whole stack on this machine
    Up(Box<UpArgs>),
    /// End everything that `lex up` started, and nothing else
    Down(DownArgs),
    /// What runs, how far each part is, and whether all agree
    Status(StatusArgs),
    /// Put the contracts on both chains, unless they are there
    Deploy(DeployArgs),
    /// License types
    #[command(subcommand)]
    Type(TypeCommand),
    /// Issuers and what they may issue
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// Licenses
    #[command(subcommand)]
    License(LicenseCommand),
    /// Licenses of many seats
    #[command(subcommand)]
    Seat(SeatCommand),
    /// Jurisdictions, roles, pauses, freezes, modules
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Decisions and those who make them
    #[command(subcommand)]
    Committee(CommitteeCommand),
    /// What the compliance service signs
    #[command(subcommand)]
    Clearance(ClearanceCommand),
    /// Circuits, their keys, and zero-knowledge proofs
    #[command(subcommand)]
    Proof(ProofCommand),
    /// Which rules would refuse an action, and what would fix it; sends nothing
    Explain(ExplainArgs),
    /// The copy on Ethereum
    #[command(subcommand)]
    Mirror(MirrorCommand),
    /// Take one license through its whole life on a running stack
    Journey(JourneyArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command, path: &str) {
            let help = command.get_after_help().map(ToString::to_string);
            assert!(
                help.is_some_and(|help| help.contains("Examples:")),
                "{path} has no examples"
            );
            for inner in command.get_subcommands() {
                check(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        check(&Cli::command(), "lex");
    }

    #[test]
    fn every_example_is_a_command_line() {
        fn wrong(command: &clap::Command) -> Vec<String> {
            let help = command.get_after_help().map(ToString::to_string);
            let here = examples(&help.unwrap_or_default())
                .into_iter()
                .filter_map(|example| {
                    let words = shlex::split(&example).expect("quotes are closed");
                    let error = Cli::try_parse_from(words).err()?;
                    Some(format!("{example}\n{error}"))
                });
            here.chain(command.get_subcommands().flat_map(wrong))
                .collect()
        }
        let wrong = wrong(&Cli::command());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// The command lines in a help text, without what is said about them behind several spaces; `ID`
    /// stands for a decision's.
    fn examples(help: &str) -> Vec<String> {
        let id = format!(" 0x{} ", "0".repeat(64));
        let lines = help.replace("\\\n", "").replace(" ID ", &id);
        let said = lines.lines().map(str::trim_start);
        let commands = said.filter_map(|line| line.split("   ").next());
        commands
            .flat_map(|line| line.split(" && ").flat_map(|part| part.split(" | ")))
            .filter(|command| command.starts_with("lex "))
            .map(str::to_owned)
            .collect()
    }
}
