//! `lex license issue`

use clap::Args;
use lex_client::abi::license::License::{self, LicenseEvents};
use lex_client::{Address, B256, Submitted, U256};

use crate::commands::Context;
use crate::commands::send::Session;
use crate::commands::values::{account, hash, time};
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license issue --to //Charlie --type 1 --jurisdiction US-NY --signer //Bob
  lex license issue --to 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --type 1 --jurisdiction EU-DE \\
      --valid-from 2027-01-01T00:00:00Z --uri https://licenses.example/7 --signer-file issuer.key")]
pub struct IssueArgs {
    /// Holder: address, or a development account such as //Charlie
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Address,
    #[arg(long = "type", value_name = "TYPE")]
    pub license_type: u64,
    /// ISO 3166-2 code such as US-NY
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

pub(super) async fn run(context: &Context, args: &IssueArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let call = License::issueCall {
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
                "License {} issued to {}. `lex license show` says whether it waits for its gates.",
                id.clone().unwrap_or_default(),
                args.to
            );
            (id, sentence)
        })
        .await
}

pub(super) fn issued(submitted: &Submitted) -> Option<U256> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<LicenseEvents>() {
            Ok(LicenseEvents::LicenseIssued(issued)) => Some(issued.tokenId),
            _ => None,
        })
}
