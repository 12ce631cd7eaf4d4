//! `lex seat issue`

use clap::Args;
use lex_client::abi::seats::Seats::{self, SeatsEvents};
use lex_client::{Address, B256, Submitted, U256};

use crate::commands::Context;
use crate::commands::send::Session;
use crate::commands::values::{account, hash, time};
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex type create --name Seats --kind sft --term 365d --transferable --signer //Alice
  lex seat issue --to //Charlie --type 2 --jurisdiction US-NY --amount 50 --signer //Bob
  lex seat issue --to //Charlie --type 2 --jurisdiction US-NY --amount 50 --max-per-holder 10 --signer //Bob")]
pub struct IssueArgs {
    /// Holder of all seats at first
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Address,
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: u64,
    /// ISO 3166-2 code such as US-NY
    #[arg(long)]
    pub jurisdiction: String,
    /// How many seats
    #[arg(long)]
    pub amount: u64,
    /// The most seats of one account; 0 for no limit
    #[arg(long, default_value_t = 0)]
    pub max_per_holder: u64,
    /// First second in force
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub valid_from: Option<u64>,
    /// Hash of the metadata
    #[arg(long, value_parser = hash, default_value_t = B256::ZERO)]
    pub metadata_hash: B256,
    /// Where the metadata is
    #[arg(long, default_value = "")]
    pub uri: String,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn run(context: &Context, args: &IssueArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let call = Seats::issueCall {
        to: args.to,
        licenseType: args.license_type,
        jurisdiction: args.jurisdiction.clone(),
        // The contract takes 0 for its own now.
        validFrom: args.valid_from.unwrap_or(0),
        amount: args.amount,
        maxPerHolder: args.max_per_holder,
        metadataHash: args.metadata_hash,
        uri: args.uri.clone(),
    };
    let seats = session.network.seats();
    session
        .send_with(context, seats, &call, |submitted| {
            let id = issued(submitted).map(|id| id.to_string());
            let sentence = format!(
                "{} seats of license {} issued to {}.",
                args.amount,
                id.clone().unwrap_or_default(),
                args.to
            );
            (id, sentence)
        })
        .await
}

fn issued(submitted: &Submitted) -> Option<U256> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<SeatsEvents>() {
            Ok(SeatsEvents::LicenseIssued(issued)) => Some(issued.tokenId),
            _ => None,
        })
}
