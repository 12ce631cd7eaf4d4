//! Another description of a license: at once, with what opens its gates, or as a request.

use clap::Args;
use lex_client::abi::license::License;
use lex_client::{B256, U256};

use super::change::change;
use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::values::license_id;
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license amend 1 --metadata-hash 0x6666666666666666666666666666666666666666666666666666666666666666 --uri ipfs://new --signer //Bob
  lex license amend 1 --metadata-hash 0x6666666666666666666666666666666666666666666666666666666666666666 --uri ipfs://new --clearance clearance.json --signer //Bob
  lex license amend 1 --metadata-hash 0x6666666666666666666666666666666666666666666666666666666666666666 --uri ipfs://new --request --signer //Bob")]
pub struct AmendArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// Hash of the new metadata
    #[arg(long, value_name = "HASH")]
    pub metadata_hash: B256,
    /// Where the new metadata is, at most 256 bytes
    #[arg(long)]
    pub uri: String,
    /// Ask the committee for it instead
    #[arg(long)]
    pub request: bool,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn amend(context: &Context, args: &AmendArgs) -> anyhow::Result<()> {
    let (token, hash, uri) = (args.license, args.metadata_hash, args.uri.clone());
    if args.request {
        let call = License::requestAmendmentCall {
            tokenId: token,
            metadataHash: hash,
            tokenURI: uri,
        };
        let sentence = format!("Another description of license {token} requested.");
        return change(context, &args.signer, &call, &sentence).await;
    }
    let sentence = format!("License {token} amended.");
    if args.evidence.any() {
        let call = License::setMetadataWithCall {
            tokenId: token,
            metadataHash: hash,
            tokenURI: uri,
            evidence: (&args.evidence.load()?).into(),
        };
        return change(context, &args.signer, &call, &sentence).await;
    }
    let call = License::setMetadataCall {
        tokenId: token,
        metadataHash: hash,
        tokenURI: uri,
    };
    change(context, &args.signer, &call, &sentence).await
}
