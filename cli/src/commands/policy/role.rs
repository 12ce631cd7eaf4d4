//! `lex policy role ...`

use clap::{Args, Subcommand};
use lex_client::Address;
use lex_client::abi::policy::Policy;
use serde::Serialize;

use crate::commands::Context;
use crate::commands::send::to_policy;
use crate::commands::values::account;
use crate::rules::Role;
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex policy role give //Ferdie guardian --signer //Alice
  lex policy role give 0xC0F0f4ab324C46e55D02D0033343B4Be8A55532d signer --signer //Alice
  lex policy role take //Ferdie guardian --signer //Alice
  lex policy role show //Ferdie";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum RoleCommand {
    /// Give an account a role (administrator)
    #[command(after_help = EXAMPLES)]
    Give(ChangeArgs),
    /// Take a role from an account (administrator)
    #[command(after_help = EXAMPLES)]
    Take(ChangeArgs),
    /// The roles of an account
    #[command(after_help = EXAMPLES)]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// Address, or a development account such as //Ferdie
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub account: Address,
    #[arg(value_enum)]
    pub role: Role,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Address, or a development account such as //Ferdie
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub account: Address,
}

#[derive(Debug, Serialize)]
struct Shown {
    account: Address,
    roles: Vec<Role>,
}

pub(super) async fn run(context: &Context, command: RoleCommand) -> anyhow::Result<()> {
    match command {
        RoleCommand::Give(args) => change(context, &args, true).await,
        RoleCommand::Take(args) => change(context, &args, false).await,
        RoleCommand::Show(args) => show(context, args.account).await,
    }
}

async fn change(context: &Context, args: &ChangeArgs, held: bool) -> anyhow::Result<()> {
    let call = Policy::setRoleCall {
        account: args.account,
        role: args.role.bit(),
        held,
    };
    let word = if held { "is" } else { "is no longer" };
    let sentence = format!("{} {word} {}.", args.account, args.role.name());
    to_policy(context, &args.signer, &call, &sentence).await
}

async fn show(context: &Context, account: Address) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let mut roles = Vec::new();
    for role in Role::ALL {
        let call = Policy::hasRoleCall {
            account,
            role: role.bit(),
        };
        if network.look(network.policy(), &call).await? {
            roles.push(role);
        }
    }
    context.format.print(&Shown { account, roles }, |shown| {
        let names: Vec<&str> = shown.roles.iter().map(|role| role.name()).collect();
        match names.as_slice() {
            [] => format!("{} has no role.", shown.account),
            names => format!("{} is {}.", shown.account, names.join(", ")),
        }
    })?;
    Ok(())
}
