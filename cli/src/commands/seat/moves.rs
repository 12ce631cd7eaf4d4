//! Commands about the seats of one holder.

use clap::Args;
use lex_client::abi::seats::Seats;
use lex_client::{Address, U256};

use super::change::send;
use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::values::{account, license_id, time};
use crate::signer::SignerArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex seat transfer 1 --to //Dave --amount 5 --signer //Charlie
  lex seat transfer 1 --to //Dave --amount 5 --clearance clearance.json --signer //Charlie")]
pub struct TransferArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// New holder
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Address,
    #[arg(long)]
    pub amount: u64,
    /// Present holder, when the signer only acts for it [default: the signer]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub from: Option<Address>,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex seat assign 1 //Eve --until 2027-06-01T00:00:00Z --signer //Charlie
  lex seat assign 1 //Eve --until 2027-06-01T00:00:00Z --from //Charlie --clearance clearance.json --signer //Dave

The seat stays the holder's, and cannot be given away while it is assigned.")]
pub struct AssignArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[arg(value_parser = account, value_name = "USER")]
    pub user: Address,
    /// End of the assignment; it never outlasts the license
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub until: u64,
    /// Holder, when the signer only acts for it [default: the signer]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub from: Option<Address>,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lex seat unassign 1 //Eve --signer //Charlie")]
pub struct UnassignArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[arg(value_parser = account, value_name = "USER")]
    pub user: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lex seat give-up 1 --amount 3 --signer //Charlie")]
pub struct GiveUpArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    #[arg(long)]
    pub amount: u64,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex seat recover 1 2 --from //Charlie --signer //Bob

A regulator names the successor first:
  lex committee propose recover --account //Charlie --to //Dave --reason 5 --signer //Eve")]
pub struct RecoverArgs {
    /// Ids of the licenses, at most 20
    #[arg(value_parser = license_id, required = true, num_args = 1..=20)]
    pub licenses: Vec<U256>,
    /// The lost key's account
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub from: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn transfer(context: &Context, args: &TransferArgs) -> anyhow::Result<()> {
    let from = match args.from {
        Some(from) => from,
        None => args.signer.load()?.address(),
    };
    let amount = U256::from(args.amount);
    let sentence = format!(
        "{} seats of license {} moved to {}.",
        args.amount, args.license, args.to
    );
    if args.evidence.any() {
        let call = Seats::transferWithCall {
            from,
            to: args.to,
            id: args.license,
            value: amount,
            evidence: (&args.evidence.load()?).into(),
        };
        return send(context, &args.signer, &call, &sentence).await;
    }
    let call = Seats::safeTransferFromCall {
        from,
        to: args.to,
        id: args.license,
        value: amount,
        data: alloy::primitives::Bytes::new(),
    };
    send(context, &args.signer, &call, &sentence).await
}

pub(super) async fn assign(context: &Context, args: &AssignArgs) -> anyhow::Result<()> {
    let sentence = format!(
        "A seat of license {} is {}'s to use.",
        args.license, args.user
    );
    if args.evidence.any() || args.from.is_some() {
        let holder = match args.from {
            Some(from) => from,
            None => args.signer.load()?.address(),
        };
        let call = Seats::assignWithCall {
            tokenId: args.license,
            holder,
            user: args.user,
            expires: args.until,
            evidence: (&args.evidence.load()?).into(),
        };
        return send(context, &args.signer, &call, &sentence).await;
    }
    let call = Seats::assignCall {
        tokenId: args.license,
        user: args.user,
        expires: args.until,
    };
    send(context, &args.signer, &call, &sentence).await
}

pub(super) async fn unassign(context: &Context, args: &UnassignArgs) -> anyhow::Result<()> {
    let call = Seats::unassignCall {
        tokenId: args.license,
        user: args.user,
    };
    let sentence = format!(
        "{} no longer uses a seat of license {}.",
        args.user, args.license
    );
    send(context, &args.signer, &call, &sentence).await
}

pub(super) async fn give_up(context: &Context, args: &GiveUpArgs) -> anyhow::Result<()> {
    let call = Seats::giveUpCall {
        tokenId: args.license,
        amount: args.amount,
    };
    let sentence = format!(
        "{} seats of license {} given up.",
        args.amount, args.license
    );
    send(context, &args.signer, &call, &sentence).await
}

pub(super) async fn recover(context: &Context, args: &RecoverArgs) -> anyhow::Result<()> {
    let call = Seats::recoverCall {
        tokenIds: args.licenses.clone(),
        lost: args.from,
    };
    let sentence = format!("Seats of {} license(s) recovered.", args.licenses.len());
    send(context, &args.signer, &call, &sentence).await
}
