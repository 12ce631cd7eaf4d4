//! `lex policy module ...`: contracts that refuse or watch actions.

use clap::{Args, Subcommand, ValueEnum};
use lex_client::Address;
use lex_client::abi::policy::Policy;
use serde::Serialize;

use crate::commands::Context;
use crate::commands::send::to_policy;
use crate::commands::values::account;
use crate::output::table;
use crate::rules::names;
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex policy module add 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --kinds rule,tracker --signer //Alice
  lex policy module remove 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --signer //Alice
  lex policy module list";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ModuleCommand {
    /// Have a contract asked or told about actions; at most 25 (administrator)
    #[command(after_help = EXAMPLES)]
    Add(AddArgs),
    /// Ask and tell it no more, whatever state it is in (administrator)
    #[command(after_help = EXAMPLES)]
    Remove(RemoveArgs),
    /// All modules; refusals name their place in this list
    #[command(after_help = EXAMPLES)]
    List,
}

#[derive(Debug, Args)]
pub struct AddArgs {
    #[arg(value_parser = account, value_name = "CONTRACT")]
    pub module: Address,
    /// What it does
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub kinds: Vec<ModuleKind>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct RemoveArgs {
    #[arg(value_parser = account, value_name = "CONTRACT")]
    pub module: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

/// What a module does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModuleKind {
    /// Refuses actions
    Rule,
    /// Refuses callers
    Spender,
    /// Is told of what was done
    Tracker,
}

impl ModuleKind {
    const fn bit(self) -> u8 {
        match self {
            ModuleKind::Rule => 1,
            ModuleKind::Spender => 2,
            ModuleKind::Tracker => 4,
        }
    }

    fn names(bits: u8) -> String {
        let named = [
            (ModuleKind::Rule, "rule"),
            (ModuleKind::Spender, "spender"),
            (ModuleKind::Tracker, "tracker"),
        ];
        names(
            &named.map(|(kind, name)| (kind.bit().into(), name)),
            bits.into(),
        )
    }
}

/// A module and its place, which refusals name.
#[derive(Debug, Serialize)]
struct Listed {
    place: u64,
    module: Address,
    kinds: String,
}

pub(super) async fn run(context: &Context, command: ModuleCommand) -> anyhow::Result<()> {
    match command {
        ModuleCommand::Add(args) => {
            let call = Policy::addModuleCall {
                module: args.module,
                kinds: args.kinds.iter().fold(0, |bits, kind| bits | kind.bit()),
            };
            let sentence = format!("Module {} added.", args.module);
            to_policy(context, &args.signer, &call, &sentence).await
        }
        ModuleCommand::Remove(args) => {
            let call = Policy::removeModuleCall {
                module: args.module,
            };
            let sentence = format!("Module {} removed.", args.module);
            to_policy(context, &args.signer, &call, &sentence).await
        }
        ModuleCommand::List => list(context).await,
    }
}

async fn list(context: &Context) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let modules = network
        .look(network.policy(), &Policy::modulesCall {})
        .await?;
    let modules: Vec<Listed> = (0..)
        .zip(modules)
        .map(|(place, found)| Listed {
            place,
            module: found.module,
            kinds: ModuleKind::names(found.kinds),
        })
        .collect();
    context.format.print(&modules, |modules| {
        if modules.is_empty() {
            return String::from("No modules; `lex policy module add` adds one.");
        }
        table(
            ["place", "module", "kinds"],
            modules.iter().map(|found| {
                [
                    found.place.to_string(),
                    found.module.to_string(),
                    found.kinds.clone(),
                ]
            }),
        )
    })?;
    Ok(())
}
