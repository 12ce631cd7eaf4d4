//! `lex issuer ...`

use alloy::sol_types::SolCall;
use clap::{Args, Subcommand};
use lex_client::Address;
use lex_client::abi::policy::Policy;

use super::Context;
use super::submitted::TransactionView;
use super::values::account;
use crate::indexer::IndexedIssuer;
use crate::output::table;
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex issuer register //Bob --name \"State Board\" --signer //Alice
  lex issuer grant //Bob --type 1 --jurisdiction US --signer //Alice
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
        IssuerCommand::Register(args) => {
            let call = Policy::registerIssuerCall {
                issuer: args.issuer,
                name: args.name.clone(),
            };
            let sentence = format!("Issuer {} registered as \"{}\".", args.issuer, args.name);
            administer(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::Grant(args) => {
            let call = Policy::grantIssuerCall {
                issuer: args.issuer,
                licenseType: args.license_type,
                jurisdiction: args.jurisdiction.clone(),
            };
            let place = match args.jurisdiction.as_str() {
                "" => "everywhere",
                jurisdiction => jurisdiction,
            };
            let sentence = format!(
                "Issuer {} may issue type {} in {place}.",
                args.issuer, args.license_type
            );
            administer(context, &args.signer, &call, &sentence).await
        }
        IssuerCommand::List => list(context).await,
    }
}

async fn administer<C: SolCall>(
    context: &Context,
    signer: &SignerArgs,
    call: &C,
    sentence: &str,
) -> anyhow::Result<()> {
    let signer = signer.load()?;
    let network = Target::resolve(&context.target)?.connect().await?;
    let submitted = network
        .submitter(signer)?
        .call(network.policy(), call)
        .await?;
    context
        .format
        .print(&TransactionView::of(&submitted, None), |view| {
            view.text(sentence)
        })?;
    Ok(())
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
                .map(|grant| match grant.jurisdiction.as_str() {
                    "" => format!("type {}", grant.license_type_id),
                    place => format!("type {} in {place}", grant.license_type_id),
                })
                .collect();
            [
                issuer.address.to_string(),
                issuer.name.clone(),
                String::from(if issuer.registered { "yes" } else { "no" }),
                grants.join(", "),
            ]
        }),
    )
}
