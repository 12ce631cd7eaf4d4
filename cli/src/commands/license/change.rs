//! Commands that change one license.

use alloy::sol_types::SolCall;
use clap::Args;
use lex_client::abi::license::License;
use lex_client::{Address, B256, U256};

use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::send::Session;
use crate::commands::values::{account, duration, hash, license_id};
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
#[command(after_help = "\
Examples:
  lex license renew 1 --signer //Bob
  lex license renew 1 --clearance clearance.json --signer //Bob
  lex committee propose renew 1 --signer //Eve               where the type's gates name the committee")]
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
  lex license suspend 1 --reason 7 --signer //Bob
  lex license suspend 1 --reason 7 --for 30d --signer //Bob       lifts by itself after 30 days")]
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
  lex license revoke 1 --reason 9 --evidence 0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2 --signer //Bob")]
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
  lex license transfer 1 --to //Dave --signer //Charlie
  lex license transfer 1 --to //Dave --clearance clearance.json --signer //Charlie")]
pub struct TransferArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// New holder: address, or a development account such as //Dave
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Address,
    /// Present holder, when the signer is only approved by it [default: the signer]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub from: Option<Address>,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn renew(context: &Context, args: &RenewArgs) -> anyhow::Result<()> {
    let token = args.license;
    let sentence = format!("License {token} renewed.");
    if args.evidence.any() {
        let call = License::renewWithCall {
            tokenId: token,
            evidence: (&args.evidence.load()?).into(),
        };
        return change(context, &args.signer, &call, &sentence).await;
    }
    let call = License::renewCall { tokenId: token };
    change(context, &args.signer, &call, &sentence).await
}

pub(super) async fn resume(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let call = License::resumeCall {
        tokenId: args.license,
    };
    change(
        context,
        &args.signer,
        &call,
        &format!("License {} resumed.", args.license),
    )
    .await
}

pub(super) async fn surrender(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let call = License::surrenderCall {
        tokenId: args.license,
    };
    change(
        context,
        &args.signer,
        &call,
        &format!("License {} surrendered.", args.license),
    )
    .await
}

pub(super) async fn request_renewal(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let call = License::requestRenewalCall {
        tokenId: args.license,
    };
    let sentence = format!(
        "Renewal of license {0} requested; `lex committee propose renew {0}` is next.",
        args.license
    );
    change(context, &args.signer, &call, &sentence).await
}

pub(super) async fn withdraw(context: &Context, args: &SimpleArgs) -> anyhow::Result<()> {
    let call = License::withdrawCall {
        tokenId: args.license,
    };
    let sentence = format!("License {} withdrawn.", args.license);
    change(context, &args.signer, &call, &sentence).await
}

pub(super) async fn suspend(context: &Context, args: &SuspendArgs) -> anyhow::Result<()> {
    let reasoned = &args.reasoned;
    let call = License::suspendCall {
        tokenId: reasoned.license,
        reason: reasoned.reason,
        evidence: reasoned.evidence,
        liftsAt: args
            .duration
            .map_or(0, |duration| unix_now().saturating_add(duration)),
    };
    let sentence = format!("License {} suspended.", reasoned.license);
    change(context, &reasoned.signer, &call, &sentence).await
}

pub(super) async fn revoke(context: &Context, args: &ReasonedArgs) -> anyhow::Result<()> {
    let call = License::revokeCall {
        tokenId: args.license,
        reason: args.reason,
        evidence: args.evidence,
    };
    let sentence = format!("License {} revoked.", args.license);
    change(context, &args.signer, &call, &sentence).await
}

pub(super) async fn transfer(context: &Context, args: &TransferArgs) -> anyhow::Result<()> {
    let holder = match args.from {
        Some(from) => from,
        None => args.signer.load()?.address(),
    };
    let sentence = format!("License {} transferred to {}.", args.license, args.to);
    if args.evidence.any() {
        let call = License::transferWithCall {
            from: holder,
            to: args.to,
            tokenId: args.license,
            evidence: (&args.evidence.load()?).into(),
        };
        return change(context, &args.signer, &call, &sentence).await;
    }
    let call = License::transferFromCall {
        from: holder,
        to: args.to,
        tokenId: args.license,
    };
    change(context, &args.signer, &call, &sentence).await
}

pub(super) async fn change<C: SolCall>(
    context: &Context,
    signer: &SignerArgs,
    call: &C,
    sentence: &str,
) -> anyhow::Result<()> {
    let session = Session::open(context, signer).await?;
    let license = session.network.license();
    session.send(context, license, call, sentence).await
}
