//! One file for each command: its flags, what it does, what it prints.

pub mod clearance;
pub mod committee;
pub mod deploy;
pub mod down;
pub mod explain;
pub mod gates;
pub mod issuer;
pub mod journey;
pub mod license;
pub mod mirror;
pub mod policy;
pub mod proof;
pub mod seat;
pub mod send;
pub mod status;
pub mod submitted;
pub mod type_;
mod type_rules;
pub mod up;
pub mod values;

use crate::args::{Cli, Command};
use crate::output::Format;
use crate::progress::Progress;
use crate::target::TargetArgs;

/// What every command gets.
#[derive(Clone, Debug)]
pub struct Context {
    pub format: Format,
    pub target: TargetArgs,
    pub progress: Progress,
}

/// Runs a command.
///
/// # Errors
/// Whatever made it fail; [`crate::failure::Failure`] sorts it.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let context = Context {
        format: if cli.global.json {
            Format::Json
        } else {
            Format::Human
        },
        target: cli.global.target,
        progress: Progress::stderr(),
    };
    match cli.command {
        Command::Up(args) => up::run(&context, &args).await,
        Command::Down(args) => down::run(&context, &args).await,
        Command::Status(args) => status::run(&context, &args).await,
        Command::Deploy(args) => deploy::run(&context, &args).await,
        Command::Type(command) => type_::run(&context, command).await,
        Command::Issuer(command) => issuer::run(&context, command).await,
        Command::License(command) => license::run(&context, command).await,
        Command::Seat(command) => seat::run(&context, command).await,
        Command::Policy(command) => policy::run(&context, command).await,
        Command::Committee(command) => committee::run(&context, command).await,
        Command::Clearance(command) => clearance::run(&context, command).await,
        Command::Proof(command) => proof::run(&context, command).await,
        Command::Explain(args) => explain::run(&context, &args).await,
        Command::Mirror(command) => mirror::run(&context, command).await,
        Command::Journey(args) => journey::run(&context, &args).await,
    }
}
