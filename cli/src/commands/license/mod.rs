//! `lex license ...`

mod amend;
mod change;
mod decided;
mod issue;
mod lend;
mod search;
mod show;
mod sublicense;

use clap::Subcommand;

use super::Context;

use super::explain::{self, ExplainArgs};

use self::amend::AmendArgs;
use self::change::{ReasonedArgs, RenewArgs, SimpleArgs, SuspendArgs, TransferArgs};
use self::decided::{ActivateArgs, ForceTransferArgs, FreezeArgs, RecoverArgs};
use self::issue::IssueArgs;
use self::lend::LendArgs;
use self::search::SearchArgs;
use self::show::ShowArgs;
use self::sublicense::SublicenseArgs;

const EXAMPLES: &str = "\
Examples:
  lex license issue --to 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --type 1 --jurisdiction US-NY --signer //Bob
  lex license activate 1 --clearance clearance.json --signer //Bob
  lex license renew 1 --signer //Bob
  lex license suspend 1 --reason 7 --for 30d --signer-file issuer.key
  lex license revoke 1 --reason 9 --signer //Bob
  lex license explain renew 1 --as //Bob
  lex license search --holder 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --status active,in-grace";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum LicenseCommand {
    /// Issue a license (issuer)
    Issue(Box<IssueArgs>),
    /// Extend a license by one term (its issuer)
    Renew(RenewArgs),
    /// Ask the committee for a renewal (its issuer or holder)
    #[command(after_help = "Examples:\n  lex license request-renewal 1 --signer-file holder.key")]
    RequestRenewal(SimpleArgs),
    /// Bring a pending license into force (its issuer, or the type's committee by decision)
    Activate(ActivateArgs),
    /// Take a pending license back (its issuer or the applicant)
    #[command(after_help = "Examples:\n  lex license withdraw 1 --signer //Bob")]
    Withdraw(SimpleArgs),
    /// Issue a license under an own one (its holder)
    Sublicense(Box<SublicenseArgs>),
    /// Take a license out of force for a while (its issuer)
    Suspend(SuspendArgs),
    /// End a suspension (its issuer)
    #[command(after_help = "Examples:\n  lex license resume 1 --signer //Bob")]
    Resume(SimpleArgs),
    /// Take a license out of force for ever (its issuer)
    Revoke(ReasonedArgs),
    /// Give a license up (its holder)
    #[command(after_help = "Examples:\n  lex license surrender 1 --signer-file holder.key")]
    Surrender(SimpleArgs),
    /// Move a license to another holder (its holder)
    Transfer(TransferArgs),
    /// Let somebody use a license without giving it away (its holder)
    Lend(LendArgs),
    /// End a loan (the license's holder or user)
    #[command(after_help = "Examples:\n  lex license take-back 1 --signer //Charlie")]
    TakeBack(SimpleArgs),
    /// Describe a license differently, or ask the committee for it (its issuer)
    Amend(AmendArgs),
    /// Move a license without its holder (the type's committee)
    ForceTransfer(ForceTransferArgs),
    /// Hold a license where it is, or let it go (the type's committee)
    Freeze(FreezeArgs),
    /// Move licenses from a lost key to its successor (anyone)
    Recover(RecoverArgs),
    /// A license in chain, index and mirror
    Show(ShowArgs),
    /// Which rules would refuse an action, and what would fix it; sends nothing
    Explain(ExplainArgs),
    /// Find licenses
    Search(SearchArgs),
}

pub(super) async fn run(context: &Context, command: LicenseCommand) -> anyhow::Result<()> {
    match command {
        LicenseCommand::Issue(args) => issue::run(context, &args).await,
        LicenseCommand::Renew(args) => change::renew(context, &args).await,
        LicenseCommand::RequestRenewal(args) => change::request_renewal(context, &args).await,
        LicenseCommand::Activate(args) => decided::activate(context, &args).await,
        LicenseCommand::Withdraw(args) => change::withdraw(context, &args).await,
        LicenseCommand::Sublicense(args) => sublicense::run(context, &args).await,
        LicenseCommand::ForceTransfer(args) => decided::force_transfer(context, &args).await,
        LicenseCommand::Freeze(args) => decided::freeze(context, &args).await,
        LicenseCommand::Recover(args) => decided::recover(context, &args).await,
        LicenseCommand::Suspend(args) => change::suspend(context, &args).await,
        LicenseCommand::Resume(args) => change::resume(context, &args).await,
        LicenseCommand::Revoke(args) => change::revoke(context, &args).await,
        LicenseCommand::Surrender(args) => change::surrender(context, &args).await,
        LicenseCommand::Transfer(args) => change::transfer(context, &args).await,
        LicenseCommand::Lend(args) => lend::lend(context, &args).await,
        LicenseCommand::TakeBack(args) => lend::take_back(context, &args).await,
        LicenseCommand::Amend(args) => amend::amend(context, &args).await,
        LicenseCommand::Show(args) => show::run(context, &args).await,
        LicenseCommand::Explain(args) => explain::run(context, &args).await,
        LicenseCommand::Search(args) => search::run(context, &args).await,
    }
}
