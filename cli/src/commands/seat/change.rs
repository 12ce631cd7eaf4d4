//! Commands that change a license of seats as a whole.

use alloy::sol_types::SolCall;
use clap::Args;
use lex_client::abi::seats::Seats;
use lex_client::{B256, U256};

use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::send::Session;
use crate::commands::values::{duration, hash, license_id};
use crate::holding::Keeper;
use crate::mirror::unix_now;
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
pub struct SimpleArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct ReasonedArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// The issuer's own reason code, not 0
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
  lex seat suspend 1 --reason 7 --signer //Bob
  lex seat suspend 1 --reason 7 --for 30d --signer //Bob       lifts by itself after 30 days")]
pub struct SuspendArgs {
    #[command(flatten)]
    pub reasoned: ReasonedArgs,
    /// Lift by itself after this time; without it, until resumed
    #[arg(long = "for", value_parser = duration, value_name = "DURATION")]
    pub duration: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex seat renew 1 --signer //Bob
  lex seat renew 1 --clearance clearance.json --signer //Bob
  lex committee propose renew 1 --seats --signer //Eve")]
pub struct RenewArgs {
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
  lex seat activate 1 --clearance clearance.json --signer //Bob

Where the type's gates name the committee, this is its decision:
  lex committee propose activate 1 --seats --signer //Eve")]
pub struct ActivateArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn send<C: SolCall>(
    context: &Context,
    signer: &SignerArgs,
    call: &C,
    sentence: &str,
) -> anyhow::Result<()> {
    let session = Session::open(context, signer).await?;
    let seats = session.network.seats();
    session.send(context, seats, call, sentence).await
}

pub(super) async fn activate(context: &Context, args: &ActivateArgs) -> anyhow::Result<()> {
    let evidence = args.evidence.load()?;
    let session = Session::open(context, &args.signer).await?;
    let kept = Keeper::Seats.find(&session.network, args.license).await?;
    let call = Seats::activateCall {
        tokenId: args.license,
        holder: kept.holder,
        licenseType: kept.license_type,
        validFrom: kept.term.valid_from,
        validUntil: kept.term.valid_until,
        metadataHash: kept.metadata_hash,
        evidence: (&evidence).into(),
    };
    let sentence = format!("Seats of license {} are in force.", args.license);
    let seats = session.network.seats();
    session.send(context, seats, &call, &sentence).await
}

pub(super) async fn withdraw(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let token = args.license;
    let call = Seats::withdrawCall { tokenId: token };
    send(
        context,
        &args.signer,
        &call,
        &format!("Seats of license {token} withdrawn."),
    )
    .await
}

pub(super) async fn renew(context: &Context, args: &RenewArgs) -> anyhow::Result<()> {
    let token = args.license;
    let sentence = format!("Seats of license {token} renewed.");
    if args.evidence.any() {
        let call = Seats::renewWithCall {
            tokenId: token,
            evidence: (&args.evidence.load()?).into(),
        };
        return send(context, &args.signer, &call, &sentence).await;
    }
    let call = Seats::renewCall { tokenId: token };
    send(context, &args.signer, &call, &sentence).await
}

pub(super) async fn request_renewal(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let token = args.license;
    let call = Seats::requestRenewalCall { tokenId: token };
    let sentence = format!(
        "Renewal of license {token} requested; `lex committee propose renew {token} --seats` is next."
    );
    send(context, &args.signer, &call, &sentence).await
}

pub(super) async fn suspend(context: &Context, args: &SuspendArgs) -> anyhow::Result<()> {
    let reasoned = &args.reasoned;
    let call = Seats::suspendCall {
        tokenId: reasoned.license,
        reason: reasoned.reason,
        evidence: reasoned.evidence,
        liftsAt: args
            .duration
            .map_or(0, |duration| unix_now().saturating_add(duration)),
    };
    let sentence = format!("Seats of license {} suspended.", reasoned.license);
    send(context, &reasoned.signer, &call, &sentence).await
}

pub(super) async fn resume(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let token = args.license;
    let call = Seats::resumeCall { tokenId: token };
    send(
        context,
        &args.signer,
        &call,
        &format!("Seats of license {token} resumed."),
    )
    .await
}

pub(super) async fn revoke(context: &Context, args: &ReasonedArgs) -> anyhow::Result<()> {
    let call = Seats::revokeCall {
        tokenId: args.license,
        reason: args.reason,
        evidence: args.evidence,
    };
    let sentence = format!("Seats of license {} revoked.", args.license);
    send(context, &args.signer, &call, &sentence).await
}
