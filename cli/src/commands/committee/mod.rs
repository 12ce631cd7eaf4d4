//! `lex committee ...`: decisions and those who make them.

mod approve;
mod propose;
mod show;

use clap::Subcommand;

use super::Context;

use self::approve::{ApproveArgs, DecisionArgs, ExecuteArgs, NonceArgs, SignArgs};
use self::propose::ProposeArgs;
use self::show::{MembersArgs, ShowArgs};

const EXAMPLES: &str = "\
Examples:
  lex committee members
  lex committee propose activate 7 --signer //Eve
  lex committee show
  lex committee sign ID --signer-file .lex/keys/committee-2.key --out approval.json
  lex committee approve ID --signature approval.json --signer //Bob
  lex committee execute ID --clearance clearance.json --signer //Bob

An ID is what `propose` prints: 0x and 64 hexadecimal digits.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum CommitteeCommand {
    /// Put a decision to the committee, and approve it (member)
    Propose(Box<ProposeArgs>),
    /// Approve a decision by a transaction (member), or bring a member's signature (anyone)
    Approve(ApproveArgs),
    /// Sign a decision with an Ethereum key, sending nothing (member)
    Sign(SignArgs),
    /// Take the own approval back, given, signed or neither (member)
    #[command(after_help = "Examples:\n  lex committee withdraw ID --signer //Eve")]
    Withdraw(DecisionArgs),
    /// Give a decision up for ever (the member who proposed it)
    #[command(after_help = "Examples:\n  lex committee cancel ID --signer //Eve")]
    Cancel(DecisionArgs),
    /// Use up a number of the own lanes, and all that was signed for it (member)
    UseUp(NonceArgs),
    /// Let an approved decision take effect (anyone)
    Execute(ExecuteArgs),
    /// A decision with its approvals, or all open ones
    Show(ShowArgs),
    /// The members, their weights and the thresholds
    Members(MembersArgs),
}

pub(super) async fn run(context: &Context, command: CommitteeCommand) -> anyhow::Result<()> {
    match command {
        CommitteeCommand::Propose(args) => propose::run(context, &args).await,
        CommitteeCommand::Approve(args) => approve::approve(context, &args).await,
        CommitteeCommand::Sign(args) => approve::sign(context, &args).await,
        CommitteeCommand::Withdraw(args) => approve::withdraw(context, &args).await,
        CommitteeCommand::Cancel(args) => approve::cancel(context, &args).await,
        CommitteeCommand::UseUp(args) => approve::use_up(context, &args).await,
        CommitteeCommand::Execute(args) => approve::execute(context, &args).await,
        CommitteeCommand::Show(args) => show::run(context, &args).await,
        CommitteeCommand::Members(args) => show::members(context, &args).await,
    }
}
