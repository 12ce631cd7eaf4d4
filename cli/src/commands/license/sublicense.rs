//! `lex license sublicense`

use clap::Args;
use lex_client::abi::license::License;
use lex_client::{Address, B256, U256};

use super::issue::issued;
use crate::commands::Context;
use crate::commands::send::Session;
use crate::commands::values::{account, hash, license_id, time};
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex type rules set 2 --parent-type 1 --signer //Alice
  lex license sublicense 1 --to //Dave --type 2 --jurisdiction US-NY --signer //Charlie

It never reaches further than the license it stands under, and ends with it.")]
pub struct SublicenseArgs {
    /// Id of the license under which it stands
    #[arg(value_parser = license_id)]
    pub parent: U256,
    /// Holder: address, or a development account such as //Dave
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Address,
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: u64,
    /// The parent's jurisdiction
    #[arg(long)]
    pub jurisdiction: String,
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

pub(super) async fn run(context: &Context, args: &SublicenseArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let call = License::sublicenseCall {
        parentId: args.parent,
        to: args.to,
        licenseType: args.license_type,
        jurisdiction: args.jurisdiction.clone(),
        // The contract takes 0 for its own now.
        validFrom: args.valid_from.unwrap_or(0),
        metadataHash: args.metadata_hash,
        tokenURI: args.uri.clone(),
    };
    let license = session.network.license();
    session
        .send_with(context, license, &call, |submitted| {
            let id = issued(submitted).map(|id| id.to_string());
            let sentence = format!(
                "License {} issued to {} under license {}.",
                id.clone().unwrap_or_default(),
                args.to,
                args.parent
            );
            (id, sentence)
        })
        .await
}
