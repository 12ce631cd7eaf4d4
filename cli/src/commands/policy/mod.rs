//! `lex policy ...`: the rules that are about no single type.

mod bundle;
mod module;
mod role;

use clap::{Args, Subcommand};
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256};
use serde::Serialize;

use super::Context;
use super::send::to_policy;
use super::values::{account, hash};
use crate::output::fields;
use crate::rules::PauseGroup;
use crate::signer::SignerArgs;
use crate::target::Target;

use self::bundle::BundleCommand;
use self::module::ModuleCommand;
use self::role::RoleCommand;

const EXAMPLES: &str = "\
Examples:
  lex policy show
  lex policy bundle set US --name \"Rules of 2027\" --rule \"minimum-score issue 500\" --signer //Alice
  lex policy role give //Ferdie guardian --signer //Alice
  lex policy pause issue,renew --signer //Ferdie
  lex policy lift issue,renew --signer //Alice
  lex policy freeze //Charlie --reason 4 --signer-file regulator.key
  lex policy recover //Charlie --successor //Dave --reason 5 --signer-file regulator.key
  lex policy object --signer //Charlie
  lex policy offer //Bob --signer //Alice
  lex policy module list";

const DECIDED: &str = "\
Where the committee is the regulator, as on development networks, this is its decision:
  lex committee propose freeze-holder --account //Charlie --reason 4 --signer //Eve
  lex committee propose release-holder --account //Charlie --reason 4 --signer //Eve
  lex committee propose recover --account //Charlie --to //Dave --reason 5 --signer //Eve";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum PolicyCommand {
    /// Who rules, what is paused, and the rules' version
    #[command(after_help = "Examples:\n  lex policy show --json | jq .version")]
    Show,
    /// The rules of jurisdictions
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// What accounts may do
    #[command(subcommand)]
    Role(RoleCommand),
    /// Pause groups of functions at once (guardian)
    #[command(after_help = "\
Examples:
  lex policy pause issue --signer //Ferdie
  lex policy pause use --signer //Ferdie             no license is usable

Suspending, revoking, surrendering and reading are never paused.")]
    Pause(GroupsArgs),
    /// End a pause (regulator or administrator; a guardian cannot)
    #[command(after_help = "\
Examples:
  lex policy lift issue --signer //Alice
  lex committee propose lift-pause --groups issue --signer //Eve     as the committee's decision")]
    Lift(GroupsArgs),
    /// Stop everything that an account holds (regulator)
    #[command(after_help = format!("Examples:\n  lex policy freeze //Charlie --reason 4 --signer-file regulator.key\n\n{DECIDED}"))]
    Freeze(FreezeArgs),
    /// End a freeze (regulator)
    #[command(after_help = format!("Examples:\n  lex policy release //Charlie --reason 4 --signer-file regulator.key\n\n{DECIDED}"))]
    Release(FreezeArgs),
    /// Declare a key lost (regulator); three days later `lex license recover` moves its licenses
    #[command(after_help = format!("Examples:\n  lex policy recover //Charlie --successor //Dave --reason 5 --signer-file regulator.key\n\n{DECIDED}"))]
    Recover(RecoverArgs),
    /// Say that your key is not lost, while its recovery can be objected to
    #[command(after_help = "Examples:\n  lex policy object --signer //Charlie")]
    Object(SignedArgs),
    /// Take the recovery of a key back while it can be objected to (regulator)
    #[command(
        after_help = "Examples:\n  lex policy withdraw-recovery //Charlie --reason 5 --signer-file regulator.key"
    )]
    WithdrawRecovery(FreezeArgs),
    /// Offer the rules to another administrator, who has to accept them (administrator)
    #[command(
        after_help = "Examples:\n  lex policy offer //Bob --signer //Alice\n  lex policy accept --signer //Bob"
    )]
    Offer(OfferArgs),
    /// Take the rules over that were offered
    #[command(after_help = "Examples:\n  lex policy accept --signer //Bob")]
    Accept(SignedArgs),
    /// Contracts that refuse or watch actions
    #[command(subcommand)]
    Module(ModuleCommand),
}

#[derive(Debug, Args)]
pub struct GroupsArgs {
    /// What is paused
    #[arg(value_enum, value_delimiter = ',', required = true)]
    pub groups: Vec<PauseGroup>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct SignedArgs {
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct OfferArgs {
    /// Who is to make the rules
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub admin: Address,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct FreezeArgs {
    /// Address, or a development account such as //Charlie
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub account: Address,
    /// The regulator's own reason code, not 0
    #[arg(long)]
    pub reason: u32,
    /// Hash of the evidence
    #[arg(long, value_parser = hash, default_value_t = B256::ZERO)]
    pub evidence: B256,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// The lost key's account
    #[arg(value_parser = account, value_name = "ACCOUNT")]
    pub lost: Address,
    /// Who takes over what it holds
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub successor: Address,
    /// The regulator's own reason code, not 0
    #[arg(long)]
    pub reason: u32,
    /// Hash of the evidence
    #[arg(long, value_parser = hash, default_value_t = B256::ZERO)]
    pub evidence: B256,
    #[command(flatten)]
    pub signer: SignerArgs,
}

pub(super) async fn run(context: &Context, command: PolicyCommand) -> anyhow::Result<()> {
    match command {
        PolicyCommand::Show => show(context).await,
        PolicyCommand::Bundle(command) => bundle::run(context, command).await,
        PolicyCommand::Role(command) => role::run(context, command).await,
        PolicyCommand::Module(command) => module::run(context, command).await,
        PolicyCommand::Pause(args) => {
            let groups = PauseGroup::bits(&args.groups);
            let sentence = format!("Paused: {}.", PauseGroup::names(groups));
            to_policy(
                context,
                &args.signer,
                &Policy::pauseCall { groups },
                &sentence,
            )
            .await
        }
        PolicyCommand::Lift(args) => {
            let groups = PauseGroup::bits(&args.groups);
            let sentence = format!("No longer paused: {}.", PauseGroup::names(groups));
            let call = Policy::liftPauseCall { groups };
            to_policy(context, &args.signer, &call, &sentence).await
        }
        PolicyCommand::Freeze(args) => freeze(context, &args, true).await,
        PolicyCommand::Release(args) => freeze(context, &args, false).await,
        PolicyCommand::Recover(args) => {
            let call = Policy::recoverKeyCall {
                lost: args.lost,
                successor: args.successor,
                reason: args.reason,
                evidence: args.evidence,
            };
            let sentence = format!(
                "{} does nothing from now on. Unless it objects within three days, {} takes over what it holds; \
                 `lex license recover` moves it then.",
                args.lost, args.successor
            );
            to_policy(context, &args.signer, &call, &sentence).await
        }
        PolicyCommand::Object(args) => {
            let account = args.signer.load()?.address();
            let call = Policy::objectRecoveryCall { account };
            let sentence = format!("{account} is there: its recovery has ended.");
            to_policy(context, &args.signer, &call, &sentence).await
        }
        PolicyCommand::WithdrawRecovery(args) => {
            let call = Policy::withdrawRecoveryCall {
                account: args.account,
                reason: args.reason,
                evidence: args.evidence,
            };
            let sentence = format!("The recovery of {} has ended.", args.account);
            to_policy(context, &args.signer, &call, &sentence).await
        }
        PolicyCommand::Offer(args) => {
            let call = Policy::setAdminCall { admin: args.admin };
            let sentence = format!(
                "Offered: {} takes the rules over with `lex policy accept`.",
                args.admin
            );
            to_policy(context, &args.signer, &call, &sentence).await
        }
        PolicyCommand::Accept(args) => {
            let call = Policy::acceptAdminCall {};
            to_policy(context, &args.signer, &call, "You make the rules now.").await
        }
    }
}

async fn freeze(context: &Context, args: &FreezeArgs, frozen: bool) -> anyhow::Result<()> {
    let call = Policy::setHolderFrozenCall {
        account: args.account,
        frozen,
        reason: args.reason,
        evidence: args.evidence,
    };
    let sentence = match frozen {
        true => format!("{} frozen.", args.account),
        false => format!("{} released; what others froze stays.", args.account),
    };
    to_policy(context, &args.signer, &call, &sentence).await
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    policy: Address,
    administrator: Address,
    verifier: Address,
    /// To whom the administrator has offered the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<Address>,
    /// The license contracts.
    bound: Vec<Address>,
    /// Counts all changes of rules.
    version: u32,
    paused: String,
    license_types: u64,
}

async fn show(context: &Context) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let policy = network.policy();
    let paused = network.look(policy, &Policy::pausedGroupsCall {}).await?;
    let shown = Shown {
        policy,
        administrator: network.look(policy, &Policy::adminCall {}).await?,
        verifier: network.look(policy, &Policy::verifierCall {}).await?,
        version: network.look(policy, &Policy::versionCall {}).await?,
        bound: network.look(policy, &Policy::boundLicensesCall {}).await?,
        offered: Some(network.look(policy, &Policy::proposedAdminCall {}).await?)
            .filter(|offered| *offered != Address::ZERO),
        paused: PauseGroup::names(paused),
        license_types: network.look(policy, &Policy::typeCountCall {}).await?,
    };
    context.format.print(&shown, |shown| {
        let bound: Vec<String> = shown.bound.iter().map(Address::to_string).collect();
        let offered = shown
            .offered
            .map_or_else(|| "nobody".into(), |offered| offered.to_string());
        fields([
            ("policy", shown.policy.to_string()),
            ("administrator", shown.administrator.to_string()),
            ("verifier", shown.verifier.to_string()),
            ("offered to", offered),
            ("license contracts", bound.join(", ")),
            ("rules' version", shown.version.to_string()),
            ("paused", shown.paused.clone()),
            ("license types", shown.license_types.to_string()),
        ])
    })?;
    Ok(())
}
