//! `lex type ...`

use clap::{Args, Subcommand, ValueEnum};
use lex_client::abi::policy::Policy::{self, PolicyEvents};
use lex_client::{B256, Submitted};

use super::Context;
use super::send::to_policy;
use super::submitted::TransactionView;
use super::type_rules::{self, RulesCommand};
use super::values::{duration, hash};
use crate::chain::ChainLicenseType;
use crate::output::{span, table};
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex type create --name \"Software, one year\" --term 365d --renewal-window 30d --grace 14d --signer //Alice
  lex type create --name Trade --term 2y --transferable --supply-cap 100 --signer-file admin.key
  lex type list
  lex type rules set 1 --issue-gates committee,clearance --signer //Alice
  lex type close 1 --signer //Alice";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum TypeCommand {
    /// Create a license type (administrator)
    #[command(after_help = EXAMPLES)]
    Create(Box<CreateArgs>),
    /// All license types
    #[command(after_help = EXAMPLES)]
    List,
    /// Reopen a type (administrator)
    #[command(after_help = EXAMPLES)]
    Open(OpenArgs),
    /// Close a type: its licenses are not usable and none can be issued (administrator)
    #[command(after_help = EXAMPLES)]
    Close(OpenArgs),
    /// Gates, committee, proofs and royalties of a type
    #[command(subcommand)]
    Rules(RulesCommand),
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    #[arg(long)]
    pub name: String,
    /// Single tokens or interchangeable seats
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,
    /// How long a license is valid, such as 365d
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    pub term: u64,
    /// How long before its end it can be renewed
    #[arg(long, value_parser = duration, value_name = "DURATION", default_value = "30d")]
    pub renewal_window: u64,
    /// How long after its end it can still be renewed
    #[arg(long, value_parser = duration, value_name = "DURATION", default_value = "14d")]
    pub grace: u64,
    /// Most licenses that may ever be issued; 0 for no limit
    #[arg(long, default_value_t = 0)]
    pub supply_cap: u64,
    /// Holders may transfer
    #[arg(long)]
    pub transferable: bool,
    /// Hash of the terms
    #[arg(long, value_parser = hash, default_value_t = B256::ZERO)]
    pub terms_hash: B256,
    /// Version of the metadata schema
    #[arg(long, default_value_t = 1)]
    pub schema_version: u32,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Kind {
    #[default]
    Nft,
    Sft,
}

#[derive(Debug, Args)]
pub struct OpenArgs {
    /// Id of the type
    pub license_type: u64,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn run(context: &Context, command: TypeCommand) -> anyhow::Result<()> {
    match command {
        TypeCommand::Create(args) => create(context, &args).await,
        TypeCommand::List => list(context).await,
        TypeCommand::Open(args) => set_open(context, &args, true).await,
        TypeCommand::Close(args) => set_open(context, &args, false).await,
        TypeCommand::Rules(command) => type_rules::run(context, command).await,
    }
}

async fn create(context: &Context, args: &CreateArgs) -> anyhow::Result<()> {
    let signer = args.signer.load()?;
    let network = Target::resolve(&context.target)?.connect().await?;
    let call = Policy::createTypeCall {
        name: args.name.clone(),
        kind: match args.kind {
            Kind::Nft => 0,
            Kind::Sft => 1,
        },
        term: args.term,
        renewalWindow: args.renewal_window,
        grace: args.grace,
        supplyCap: args.supply_cap,
        transferable: args.transferable,
        termsHash: args.terms_hash,
        schemaVersion: args.schema_version,
    };
    let submitted = network
        .submitter(signer)?
        .call(network.policy(), &call)
        .await?;
    let view = TransactionView::of(&submitted, created(&submitted).map(|id| id.to_string()));
    let id = view.id.clone().unwrap_or_default();
    context.format.print(&view, |view| {
        view.text(&format!("Type {id} \"{}\" created.", args.name))
    })?;
    Ok(())
}

async fn set_open(context: &Context, args: &OpenArgs, open: bool) -> anyhow::Result<()> {
    let call = Policy::setTypeOpenCall {
        licenseType: args.license_type,
        open,
    };
    let word = if open { "opened" } else { "closed" };
    let sentence = format!("Type {} {word}.", args.license_type);
    to_policy(context, &args.signer, &call, &sentence).await
}

async fn list(context: &Context) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let types = network.license_types().await?;
    context.format.print(&types, |types| human(types))?;
    Ok(())
}

fn human(types: &[ChainLicenseType]) -> String {
    if types.is_empty() {
        return String::from("No types yet; `lex type create` makes one.");
    }
    table(
        [
            "id",
            "name",
            "kind",
            "term",
            "renewal",
            "grace",
            "issued",
            "transferable",
            "open",
        ],
        types.iter().map(|found| {
            let cap = match found.supply_cap {
                0 => String::new(),
                cap => format!(" of {cap}"),
            };
            let yes_no = |value| String::from(if value { "yes" } else { "no" });
            [
                found.id.to_string(),
                found.name.to_string(),
                found.kind.to_owned(),
                span(found.term),
                span(found.renewal_window),
                span(found.grace),
                format!("{}{cap}", found.supply),
                yes_no(found.transferable),
                yes_no(found.open),
            ]
        }),
    )
}

fn created(submitted: &Submitted) -> Option<u64> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<PolicyEvents>() {
            Ok(PolicyEvents::TypeCreated(created)) => Some(created.licenseType),
            _ => None,
        })
}
