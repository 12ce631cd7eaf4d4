//! What gates and committees decide: activation, forced transfer, freeze, recovery.

use clap::Args;
use lex_client::abi::license::License;
use lex_client::{Address, B256, U256};

use super::change::change;
use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::send::Session;
use crate::commands::values::{account, hash, license_id};
use crate::holding::Keeper;
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license activate 1 --clearance clearance.json --signer //Bob
  lex license activate 1 --proof proof.json --public public.json --signer //Bob

Where the type's gates name the committee, this is its decision; anyone has it executed:
  lex committee propose activate 1 --signer //Eve
  lex committee execute ID --clearance clearance.json --signer //Bob")]
pub struct ActivateArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license force-transfer 1 --to //Dave --reason 4 --signer-file committee.key

Where the committee is a contract, this is its decision:
  lex committee propose forced-transfer 1 --to //Dave --reason 4 --signer //Eve")]
pub struct ForceTransferArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// New holder
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Address,
    /// The committee's own reason code, not 0
    #[arg(long)]
    pub reason: u32,
    /// Hash of the evidence
    #[arg(long, value_parser = hash, default_value_t = B256::ZERO)]
    pub evidence: B256,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license freeze 1 --reason 4 --signer-file committee.key
  lex license freeze 1 --release --reason 4 --signer-file committee.key

Where the committee is a contract, this is its decision:
  lex committee propose freeze-token 1 --reason 4 --signer //Eve")]
pub struct FreezeArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// Let it go instead
    #[arg(long)]
    pub release: bool,
    /// The committee's own reason code, not 0
    #[arg(long)]
    pub reason: u32,
    /// Hash of the evidence
    #[arg(long, value_parser = hash, default_value_t = B256::ZERO)]
    pub evidence: B256,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license recover 1 4 7 --signer //Bob

A regulator names the successor first:
  lex committee propose recover --account //Charlie --to //Dave --reason 5 --signer //Eve")]
pub struct RecoverArgs {
    /// Ids of the licenses, at most 10
    #[arg(value_parser = license_id, required = true, num_args = 1..=10)]
    pub licenses: Vec<U256>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn activate(context: &Context, args: &ActivateArgs) -> anyhow::Result<()> {
    let evidence = args.evidence.load()?;
    let session = Session::open(context, &args.signer).await?;
    let kept = Keeper::License.find(&session.network, args.license).await?;
    let call = License::activateCall {
        tokenId: args.license,
        holder: kept.holder,
        licenseType: kept.license_type,
        validFrom: kept.term.valid_from,
        validUntil: kept.term.valid_until,
        metadataHash: kept.metadata_hash,
        evidence: (&evidence).into(),
    };
    let sentence = format!("License {} is in force.", args.license);
    let license = session.network.license();
    session.send(context, license, &call, &sentence).await
}

/// Who holds a license now.
async fn holder(session: &Session, license: U256) -> anyhow::Result<Address> {
    let kept = Keeper::License.find(&session.network, license).await?;
    Ok(kept.holder)
}

pub(super) async fn force_transfer(
    context: &Context,
    args: &ForceTransferArgs,
) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let call = License::forceTransferCall {
        from: holder(&session, args.license).await?,
        to: args.to,
        tokenId: args.license,
        amount: 1,
        reason: args.reason,
        evidence: args.evidence,
    };
    let sentence = format!("License {} moved to {}.", args.license, args.to);
    let license = session.network.license();
    session.send(context, license, &call, &sentence).await
}

pub(super) async fn freeze(context: &Context, args: &FreezeArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let call = License::freezeTokenCall {
        account: holder(&session, args.license).await?,
        tokenId: args.license,
        amount: u64::from(!args.release),
        reason: args.reason,
        evidence: args.evidence,
    };
    let word = if args.release { "released" } else { "frozen" };
    let sentence = format!("License {} {word}.", args.license);
    let license = session.network.license();
    session.send(context, license, &call, &sentence).await
}

pub(super) async fn recover(context: &Context, args: &RecoverArgs) -> anyhow::Result<()> {
    let call = License::recoverCall {
        tokenIds: args.licenses.clone(),
    };
    let sentence = format!("{} license(s) recovered.", args.licenses.len());
    change(context, &args.signer, &call, &sentence).await
}
