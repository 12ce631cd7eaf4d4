//! `lex license search`

use clap::{Args, ValueEnum};
use lex_client::Address;
use lex_model::Status;

use crate::commands::Context;
use crate::commands::values::{account, time};
use crate::indexer::{Found, Search};
use crate::output::{self, short, table};
use crate::target::Target;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license search
  lex license search --text \"software US-NY\" --status active
  lex license search --jurisdiction US --valid-until-before 2027-01-01T00:00:00Z --json
  lex license search --first 100 --after CURSOR          the next page")]
pub struct SearchArgs {
    /// Words in type name, jurisdiction, metadata address, issuer name, id or addresses
    #[arg(long)]
    pub text: Option<String>,
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub holder: Option<Address>,
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub issuer: Option<Address>,
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: Option<u64>,
    /// US finds US-NY too
    #[arg(long)]
    pub jurisdiction: Option<String>,
    /// Status now; several may be given
    #[arg(long, value_enum, value_delimiter = ',')]
    pub status: Vec<StatusName>,
    /// Ends before this time
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub valid_until_before: Option<u64>,
    /// Most licenses to show, up to 1000
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub first: u32,
    /// Cursor that an earlier page ended with
    #[arg(long)]
    pub after: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StatusName {
    Pending,
    Active,
    Suspended,
    Revoked,
    Archived,
    NotYetValid,
    InGrace,
    Expired,
}

impl From<StatusName> for Status {
    fn from(name: StatusName) -> Status {
        match name {
            StatusName::Pending => Status::Pending,
            StatusName::Active => Status::Active,
            StatusName::Suspended => Status::Suspended,
            StatusName::Revoked => Status::Revoked,
            StatusName::Archived => Status::Archived,
            StatusName::NotYetValid => Status::NotYetValid,
            StatusName::InGrace => Status::InGrace,
            StatusName::Expired => Status::Expired,
        }
    }
}

pub(super) async fn run(context: &Context, args: &SearchArgs) -> anyhow::Result<()> {
    let search = Search {
        holder: args.holder,
        issuer: args.issuer,
        license_type: args.license_type,
        jurisdiction: args.jurisdiction.clone(),
        status_in: args.status.iter().copied().map(Status::from).collect(),
        text: args.text.clone(),
        valid_until_before: args.valid_until_before,
    };
    let indexer = Target::resolve(&context.target)?.indexer()?;
    let found = indexer
        .search(&search, args.first, args.after.as_deref())
        .await?;
    context.format.print(&found, human)?;
    Ok(())
}

fn human(found: &Found) -> String {
    if found.licenses.is_empty() {
        return String::from("No license found.");
    }
    let mut text = table(
        [
            "id",
            "status",
            "type",
            "jurisdiction",
            "holder",
            "issuer",
            "valid until",
        ],
        found.licenses.iter().map(|license| {
            [
                license.id.clone(),
                license.status.name().to_owned(),
                license.license_type.name.to_string(),
                license.jurisdiction.to_string(),
                short(&license.holder),
                license.issuer.name.to_string(),
                output::time(license.valid_until),
            ]
        }),
    );
    text += &format!("\n  {} of {} found", found.licenses.len(), found.total);
    if let Some(next) = &found.next {
        text += &format!("; the next page: --after {next}");
    }
    text
}
