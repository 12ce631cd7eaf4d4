//! Approving, signing, taking back, executing.

use std::path::PathBuf;

use alloy::primitives::Bytes;
use anyhow::{Context as _, bail};
use clap::Args;
use lex_client::abi::committee::Committee;
use lex_client::{Address, B256, Signer, U256};
use serde::{Deserialize, Serialize};

use crate::commands::Context;
use crate::commands::gates::EvidenceArgs;
use crate::commands::send::Session;
use crate::commands::values::{account, hash};
use crate::committee::CommitteeOf;
use crate::evidence::read;
use crate::signer::SignerArgs;
use crate::target::Target;

#[derive(Debug, Args)]
pub struct DecisionArgs {
    /// The decision
    #[arg(value_parser = hash, value_name = "ID")]
    pub id: B256,
    /// The committee [default: the network's]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub committee: Option<Address>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex committee use-up 1361129467683753853853498429727072845824 --signer //Eve

The nonce is what `lex committee show ID` prints.")]
pub struct NonceArgs {
    /// Lane and number in one, as decisions say it
    pub nonce: U256,
    /// The committee [default: the network's]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub committee: Option<Address>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex committee approve ID --signer //Eve                              the member itself, of either kind of key
  lex committee approve ID --signature approval.json --signer //Bob    what `lex committee sign` wrote; anyone brings it")]
pub struct ApproveArgs {
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// A member's signature, as `lex committee sign --out` writes it
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex committee sign ID --signer-file member.key                       prints the signature
  lex committee sign ID --signer-file member.key --out approval.json   for `lex committee approve`

A wallet signs the typed data of `lex committee show ID --typed-data` instead.")]
pub struct SignArgs {
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// Where to write the signature
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex committee execute ID --signer //Bob
  lex committee execute ID --clearance clearance.json --signer //Bob
  lex committee execute ID --proof proof.json --public public.json --signer //Bob")]
pub struct ExecuteArgs {
    #[command(flatten)]
    pub decision: DecisionArgs,
    #[command(flatten)]
    pub evidence: EvidenceArgs,
}

/// A member's approval that anyone may bring.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedApproval {
    committee: Address,
    id: B256,
    signer: Address,
    signature: Bytes,
}

/// Who signs, and the committee that is meant.
async fn open(context: &Context, args: &DecisionArgs) -> anyhow::Result<(Session, Address)> {
    let session = Session::open(context, &args.signer).await?;
    let committee = args.committee.unwrap_or(session.network.committee());
    Ok((session, committee))
}

pub(super) async fn approve(context: &Context, args: &ApproveArgs) -> anyhow::Result<()> {
    let id = args.decision.id;
    let (session, committee) = open(context, &args.decision).await?;
    let Some(file) = &args.signature else {
        let sentence = format!("Decision {id} approved by {}.", session.submitter.address());
        let call = Committee::approveCall { id };
        return session.send(context, committee, &call, &sentence).await;
    };
    let approval: SignedApproval = serde_json::from_str(&read(file)?)
        .with_context(|| format!("{} is not an approval", file.display()))?;
    if (approval.id, approval.committee) != (id, committee) {
        bail!(
            "{} approves decision {} of committee {}",
            file.display(),
            approval.id,
            approval.committee
        );
    }
    let call = Committee::approveBySigCall {
        id,
        signer: approval.signer,
        signature: approval.signature,
    };
    let sentence = format!("Decision {id} approved by {}.", approval.signer);
    session.send(context, committee, &call, &sentence).await
}

pub(super) async fn sign(context: &Context, args: &SignArgs) -> anyhow::Result<()> {
    let Signer::Ethereum(key) = args.decision.signer.load()? else {
        bail!("a Substrate account approves by a transaction: `lex committee approve`");
    };
    let network = Target::resolve(&context.target)?.connect().await?;
    let address = args.decision.committee.unwrap_or(network.committee());
    let committee = CommitteeOf::new(&network, address);
    let id = args.decision.id;
    let standing = committee.decision(id).await?;
    if committee.id(&standing.proposal) != id {
        bail!("the committee at {address} answers with another decision than {id}");
    }
    let approval = SignedApproval {
        committee: address,
        id,
        signer: key.address(),
        signature: committee.sign(&standing.proposal, &key)?,
    };
    if let Some(file) = &args.out {
        std::fs::write(file, serde_json::to_string_pretty(&approval)? + "\n")
            .with_context(|| format!("failed to write {}", file.display()))?;
    }
    context.format.print(&approval, |approval| {
        let mut text = format!("{} signs:\n", approval.signer);
        for (name, value) in standing.proposal.readable() {
            text += &format!("  {name:14} {value}\n");
        }
        match &args.out {
            Some(file) => text + &format!("written to {}", file.display()),
            None => text + &approval.signature.to_string(),
        }
    })?;
    Ok(())
}

pub(super) async fn withdraw(context: &Context, args: &DecisionArgs) -> anyhow::Result<()> {
    let (session, committee) = open(context, args).await?;
    let id = args.id;
    let sentence = format!(
        "{} no longer approves decision {id}.",
        session.submitter.address()
    );
    let call = Committee::withdrawCall { id };
    session.send(context, committee, &call, &sentence).await
}

pub(super) async fn use_up(context: &Context, args: &NonceArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let committee = args.committee.unwrap_or(session.network.committee());
    let call = Committee::useUpNonceCall {
        proposer: session.submitter.address(),
        nonce: args.nonce,
    };
    let sentence = format!(
        "Nothing counts any more that was signed for {}.",
        args.nonce
    );
    session.send(context, committee, &call, &sentence).await
}

pub(super) async fn cancel(context: &Context, args: &DecisionArgs) -> anyhow::Result<()> {
    let (session, committee) = open(context, args).await?;
    let id = args.id;
    let sentence = format!("Decision {id} given up.");
    let call = Committee::cancelCall { id };
    session.send(context, committee, &call, &sentence).await
}

pub(super) async fn execute(context: &Context, args: &ExecuteArgs) -> anyhow::Result<()> {
    let evidence = args.evidence.load()?;
    let (session, committee) = open(context, &args.decision).await?;
    let id = args.decision.id;
    let call = Committee::executeCall {
        id,
        evidence: (&evidence).into(),
    };
    let sentence = format!("Decision {id} executed.");
    session.send(context, committee, &call, &sentence).await
}
