//! `lex issuer ...`

use clap::{Args, Subcommand};
use lex_client::Address;
use lex_client::abi::policy::Policy;

use super::Context;
use super::send::to_policy;
use super::values::account;
use crate::indexer::IndexedIssuer;
use crate::output::table;
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex issuer register //Bob --name \"State Board\" --signer //Alice
  lex issuer grant //Bob --type 1 --jurisdiction US --signer //Alice
  lex issuer withdraw //Bob --type 1 --jurisdiction US --signer //Alice
  lex issuer succeed //Bob --by //Dave --signer //Alice
  lex issuer share //Bob --type 1 --share 500 --signer //Alice
  lex issuer list";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum IssuerCommand {
    /// Register an issuer (administrator)
    #[command(after_help = EXAMPLES)]
    Register(RegisterArgs),
    /// Let an issuer issue a type in a jurisdiction (administrator)
    #[command(after_help = EXAMPLES)]
    Grant(GrantArgs),
    /// Take a grant back (administrator)
    #[command(after_help = EXAMPLES)]
    Withdraw(GrantArgs),
    /// Remove an issuer; its licenses stay, its grants end (administrator)
    #[command(after_help = EXAMPLES)]
    Remove(RemoveArgs),
    /// Have another issuer decide about the licenses of one whose key is lost or retired (administrator)
    #[command(after_help = EXAMPLES)]
    Succeed(SucceedArgs),
    /// Give an issuer a share of a type's cap, 0 for none of its own (administrator)
    #[command(after_help = EXAMPLES)]
    Share(ShareArgs),
    /// All issuers, from the index
    #[command(after_help = EXAMPLES)]
    List,
}

#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// Address, or a development account such as //Bob
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub issuer: Address,
    #[arg(long)]
    pub name: String,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Address, or a development account such as //Bob
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub issuer: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct SucceedArgs {
    /// The issuer that is none any more
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub retired: Address,
    /// The issuer that takes its licenses over, where it is granted their type and place
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub by: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct ShareArgs {
    /// Address, or a development account such as //Bob
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub issuer: Address,
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: u64,
    /// The most licenses or seats of the type that it may have issued
    #[arg(long)]
    pub share: u64,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct GrantArgs {
    /// Address, or a development account such as //Bob
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub issuer: Address,
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: u64,
    /// US covers US-NY; without it the grant covers everything
    #[arg(long, default_value = "")]
    pub jurisdiction: String,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn run(context: &Context, command: IssuerCommand) -> anyhow::Result<()> {
    match command {
        IssuerCommand::Remove(args) => {
            let call = Policy::removeIssuerCall {
                issuer: args.issuer,
            };
            let sentence = format!("Issuer {} removed; its licenses stay.", args.issuer);
            to_policy(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::Withdraw(args) => {
            let call = Policy::withdrawIssuerCall {
                issuer: args.issuer,
                licenseType: args.license_type,
                jurisdiction: args.jurisdiction.clone(),
            };
            let sentence = format!(
                "Issuer {} may no longer issue type {} in {}.",
                args.issuer,
                args.license_type,
                place(&args.jurisdiction)
            );
            to_policy(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::Register(args) => {
            let call = Policy::registerIssuerCall {
                issuer: args.issuer,
                name: args.name.clone(),
            };
            let sentence = format!("Issuer {} registered as \"{}\".", args.issuer, args.name);
            to_policy(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::Grant(args) => {
            let call = Policy::grantIssuerCall {
                issuer: args.issuer,
                licenseType: args.license_type,
                jurisdiction: args.jurisdiction.clone(),
            };
            let sentence = format!(
                "Issuer {} may issue type {} in {}.",
                args.issuer,
                args.license_type,
                place(&args.jurisdiction)
            );
            to_policy(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::Succeed(args) => {
            let call = Policy::succeedIssuerCall {
                retired: args.retired,
                successor: args.by,
            };
            let sentence = format!(
                "{} decides about the licenses of {}.",
                args.by, args.retired
            );
            to_policy(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::Share(args) => {
            let call = Policy::setIssuerShareCall {
                issuer: args.issuer,
                licenseType: args.license_type,
                share: args.share,
            };
            let sentence = match args.share {
                0 => format!("Issuer {} has no share of its own.", args.issuer),
                share => format!(
                    "Issuer {} may have issued {share} of type {}.",
                    args.issuer, args.license_type
                ),
            };
            to_policy(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::List => list(context).await,
    }
}

fn place(jurisdiction: &str) -> &str {
    match jurisdiction {
        "" => "everywhere",
        jurisdiction => jurisdiction,
    }
}

async fn list(context: &Context) -> anyhow::Result<()> {
    let issuers = Target::resolve(&context.target)?
        .indexer()?
        .issuers()
        .await?;
    context.format.print(&issuers, |issuers| human(issuers))?;
    Ok(())
}

fn human(issuers: &[IndexedIssuer]) -> String {
    if issuers.is_empty() {
        return String::from("No issuers yet; `lex issuer register` makes one.");
    }
    table(
        ["issuer", "name", "registered", "may issue"],
        issuers.iter().map(|issuer| {
            let grants: Vec<String> = issuer
                .grants
                .iter()
                .map(|grant| match grant.jurisdiction.raw() {
                    "" => format!("type {}", grant.license_type_id),
                    _ => format!("type {} in {}", grant.license_type_id, grant.jurisdiction),
                })
                .collect();
            [
                issuer.address.to_string(),
                issuer.name.to_string(),
                String::from(if issuer.registered { "yes" } else { "no" }),
                grants.join(", "),
            ]
        }),
    )
}
