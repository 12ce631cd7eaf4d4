//! Lending a license, and taking it back.

use clap::Args;
use lex_client::abi::license::License;
use lex_client::{Address, U256};

use super::change::{SimpleArgs, change};
use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::values::{account, license_id, time};
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license lend 1 //Eve --until 2027-06-01T00:00:00Z --signer //Charlie
  lex license lend 1 //Eve --until 2027-06-01T00:00:00Z --clearance clearance.json --signer //Charlie

The license stays the holder's; the loan never outlasts it.")]
pub struct LendArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[arg(value_parser = account, value_name = "USER")]
    pub user: Address,
    /// End of the loan
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub until: u64,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn lend(context: &Context, args: &LendArgs) -> anyhow::Result<()> {
    let sentence = format!("License {} is {}'s to use.", args.license, args.user);
    if args.evidence.any() {
        let call = License::setUserWithCall {
            tokenId: args.license,
            user: args.user,
            expires: args.until,
            evidence: (&args.evidence.load()?).into(),
        };
        return change(context, &args.signer, &call, &sentence).await;
    }
    let call = License::setUserCall {
        tokenId: args.license,
        user: args.user,
        expires: args.until,
    };
    change(context, &args.signer, &call, &sentence).await
}

pub(super) async fn take_back(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let call = License::setUserCall {
        tokenId: args.license,
        user: Address::ZERO,
        expires: 0,
    };
    let sentence = format!("License {} is lent to nobody.", args.license);
    change(context, &args.signer, &call, &sentence).await
}
