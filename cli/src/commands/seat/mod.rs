//! `lex seat ...`: licenses of many seats.

mod change;
mod issue;
mod moves;
mod show;

use clap::Subcommand;

use super::Context;

use self::change::{ActivateArgs, ReasonedArgs, RenewArgs, SimpleArgs, SuspendArgs};
use self::issue::IssueArgs;
use self::moves::{AssignArgs, GiveUpArgs, RecoverArgs, TransferArgs, UnassignArgs};
use self::show::ShowArgs;

const EXAMPLES: &str = "\
Examples:
  lex seat issue --to //Charlie --type 2 --jurisdiction US-NY --amount 50 --signer //Bob
  lex seat show 1 --holder //Charlie
  lex seat transfer 1 --to //Dave --amount 5 --signer //Charlie
  lex seat assign 1 //Eve --until 2027-06-01T00:00:00Z --signer //Charlie
  lex seat unassign 1 //Eve --signer //Charlie
  lex committee propose activate 1 --seats --signer //Eve
  lex explain transfer 1 --seats --as //Charlie --to //Dave --amount 5";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum SeatCommand {
    /// Issue a license of many seats with one term (issuer)
    Issue(Box<IssueArgs>),
    /// A license of seats, and what an account has of it
    Show(ShowArgs),
    /// Move seats to another holder (their holder)
    Transfer(TransferArgs),
    /// Let somebody use one seat without giving it away (its holder)
    Assign(AssignArgs),
    /// Take an assigned seat back (its holder)
    Unassign(UnassignArgs),
    /// Give seats up for ever (their holder)
    GiveUp(GiveUpArgs),
    /// Bring a pending license into force (its issuer, or the type's committee by decision)
    Activate(ActivateArgs),
    /// Take a pending license back (its issuer)
    #[command(after_help = "Examples:\n  lex seat withdraw 1 --signer //Bob")]
    Withdraw(SimpleArgs),
    /// Extend all seats by one term (their issuer)
    Renew(RenewArgs),
    /// Ask the committee for a renewal (the issuer)
    #[command(after_help = "Examples:\n  lex seat request-renewal 1 --signer //Bob")]
    RequestRenewal(SimpleArgs),
    /// Take all seats out of force for a while (their issuer)
    Suspend(SuspendArgs),
    /// End a suspension (the issuer)
    #[command(after_help = "Examples:\n  lex seat resume 1 --signer //Bob")]
    Resume(SimpleArgs),
    /// Take all seats out of force for ever (their issuer)
    #[command(after_help = "Examples:\n  lex seat revoke 1 --reason 9 --signer //Bob")]
    Revoke(ReasonedArgs),
    /// Move seats from a lost key to its successor (anyone)
    Recover(RecoverArgs),
}

pub(super) async fn run(context: &Context, command: SeatCommand) -> anyhow::Result<()> {
    match command {
        SeatCommand::Issue(args) => issue::run(context, &args).await,
        SeatCommand::Show(args) => show::run(context, &args).await,
        SeatCommand::Transfer(args) => moves::transfer(context, &args).await,
        SeatCommand::Assign(args) => moves::assign(context, &args).await,
        SeatCommand::Unassign(args) => moves::unassign(context, &args).await,
        SeatCommand::GiveUp(args) => moves::give_up(context, &args).await,
        SeatCommand::Recover(args) => moves::recover(context, &args).await,
        SeatCommand::Activate(args) => change::activate(context, &args).await,
        SeatCommand::Withdraw(args) => change::withdraw(context, &args).await,
        SeatCommand::Renew(args) => change::renew(context, &args).await,
        SeatCommand::RequestRenewal(args) => change::request_renewal(context, &args).await,
        SeatCommand::Suspend(args) => change::suspend(context, &args).await,
        SeatCommand::Resume(args) => change::resume(context, &args).await,
        SeatCommand::Revoke(args) => change::revoke(context, &args).await,
    }
}
