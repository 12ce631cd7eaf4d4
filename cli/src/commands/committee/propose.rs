//! `lex committee propose`: one kind of decision for each thing that a committee may do.

use alloy::primitives::keccak256;
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use lex_client::abi::committee::Committee;
use lex_client::{Address, B256, U256};
use lex_model::{Decision, DecisionKind};

use crate::commands::Context;
use crate::commands::send::Session;
use crate::commands::values::{account, duration, hash, license_id, time};
use crate::committee::{CommitteeOf, Lane, contract_decision, proposed};
use crate::holding::{Keeper, Kept};
use crate::rules::PauseGroup;
use crate::signer::SignerArgs;
use crate::target::Network;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex committee propose activate 7 --signer //Eve
  lex committee propose activate 3 --seats --signer //Eve                  of the seats contract
  lex committee propose renew 7 --signer //Eve
  lex committee propose suspend 7 --reason 3 --until 2027-03-01T00:00:00Z --signer //Eve
  lex committee propose resume 7 --reason 3 --signer //Eve
  lex committee propose revoke 7 --reason 9 --evidence 0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2 --signer //Eve
  lex committee propose forced-transfer 7 --to //Dave --reason 4 --signer //Eve
  lex committee propose recover --account //Charlie --to //Dave --reason 5 --signer //Eve
  lex committee propose freeze-holder --account //Charlie --reason 4 --signer //Eve
  lex committee propose release-holder --account //Charlie --reason 4 --signer //Eve
  lex committee propose freeze-token 7 --reason 4 --signer //Eve
  lex committee propose release-token 7 --reason 4 --signer //Eve
  lex committee propose amend 7 --metadata 0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2 --uri https://lex.example/7.json --signer //Eve
  lex committee propose withdraw 8 --reason 2 --signer //Eve
  lex committee propose lift-pause --groups issue,renew --signer //Eve
  lex committee propose set-member --account //Dave --weight 1 --signer //Eve
  lex committee propose set-threshold --of revoke --threshold 3 --signer //Eve
  lex committee propose approve-in --target 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --evidence ID --signer //Eve
  lex committee propose upgrade --target 0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0 --to 0x773539d4Ac0e786233D90A233654ccEE26a613D9 --replaces 0x9ab1f4e7c2d03e5b6a788c1d2e3f405162738495 --evidence 0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2 --signer //Eve

What grants or changes dies when what it is about moves; what restricts dies when the committee decides
something else about the same. Both are read from the chain and shown to whoever signs.

The proposer's approval counts; somebody else must approve too.")]
pub struct ProposeArgs {
    #[arg(value_enum)]
    pub kind: KindName,
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: Option<U256>,
    /// The license is one of the seats contract
    #[arg(long)]
    pub seats: bool,
    /// Holder, lost key or member
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub account: Option<Address>,
    /// Receiver, successor or new implementation
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub to: Option<Address>,
    /// The contract that is called, where it is not one of the network's
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub target: Option<Address>,
    /// The committee's own reason code
    #[arg(long)]
    pub reason: Option<u32>,
    /// Hash of the evidence; of approve-in, the other committee's decision; of upgrade, the new code's
    #[arg(long, value_parser = hash)]
    pub evidence: Option<B256>,
    /// End of a suspension, or new end of a renewed license
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub until: Option<u64>,
    /// How many seats
    #[arg(long)]
    pub amount: Option<u64>,
    /// Implementation that an upgrade replaces
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub replaces: Option<Address>,
    /// Hash of the metadata that an amendment puts in place
    #[arg(long, value_parser = hash)]
    pub metadata: Option<B256>,
    /// Where that metadata is
    #[arg(long)]
    pub uri: Option<String>,
    /// Weight of a member, 0 to remove it
    #[arg(long)]
    pub weight: Option<u16>,
    /// Kind whose threshold is set; the default one without it
    #[arg(long, value_enum, value_name = "KIND")]
    pub of: Option<KindName>,
    /// Weight of approvals that is needed from now on
    #[arg(long)]
    pub threshold: Option<u32>,
    /// Groups whose pause ends
    #[arg(long, value_enum, value_delimiter = ',')]
    pub groups: Vec<PauseGroup>,
    /// How long it may be approved and executed; at most 30 days
    #[arg(long, value_parser = duration, value_name = "DURATION", default_value = "7d")]
    pub within: u64,
    /// Lane of the proposer's, a number below 2^192: decisions of different lanes never wait for each
    /// other, and one about an account is in a lane of that account's
    /// [default: one for each license, account or target]
    #[arg(long)]
    pub lane: Option<U256>,
    /// The committee [default: the network's]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub committee: Option<Address>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

/// The kinds of decision as the command line names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// A pending license comes into force
    Activate,
    /// A license gets another term
    Renew,
    /// A license is out of force for a while
    Suspend,
    /// A suspension ends
    Resume,
    /// A license is out of force for ever
    Revoke,
    /// A license moves without its holder's will
    ForcedTransfer,
    /// A lost key gets a successor
    Recover,
    /// A member joins, leaves or gets another weight
    SetMember,
    /// Decisions of a kind need another weight of approvals
    SetThreshold,
    /// A holder is frozen
    FreezeHolder,
    /// A license is held where it is
    FreezeToken,
    /// A pause ends
    LiftPause,
    /// This committee, as a member of another, approves a decision there
    ApproveIn,
    /// A proxy gets another implementation
    Upgrade,
    /// A license is described differently
    Amend,
    /// A pending license is taken back
    Withdraw,
    /// A frozen holder is released
    ReleaseHolder,
    /// A license that is held where it is is let go
    ReleaseToken,
    /// Another account is offered to upgrade a proxy instead of this committee
    SetUpgrader,
    /// This committee, as a member of another, takes its approval of a decision there back
    WithdrawIn,
    /// This committee upgrades a proxy from now on, as was offered to it
    AcceptUpgrader,
}

impl From<KindName> for DecisionKind {
    fn from(name: KindName) -> DecisionKind {
        match name {
            KindName::Activate => DecisionKind::Activate,
            KindName::Renew => DecisionKind::Renew,
            KindName::Suspend => DecisionKind::Suspend,
            KindName::Resume => DecisionKind::Resume,
            KindName::Revoke => DecisionKind::Revoke,
            KindName::ForcedTransfer => DecisionKind::ForcedTransfer,
            KindName::Recover => DecisionKind::Recover,
            KindName::SetMember => DecisionKind::SetMember,
            KindName::SetThreshold => DecisionKind::SetThreshold,
            KindName::FreezeHolder => DecisionKind::FreezeHolder,
            KindName::FreezeToken => DecisionKind::FreezeToken,
            KindName::LiftPause => DecisionKind::LiftPause,
            KindName::ApproveIn => DecisionKind::ApproveIn,
            KindName::Upgrade => DecisionKind::Upgrade,
            KindName::Amend => DecisionKind::Amend,
            KindName::Withdraw => DecisionKind::Withdraw,
            KindName::ReleaseHolder => DecisionKind::ReleaseHolder,
            KindName::ReleaseToken => DecisionKind::ReleaseToken,
            KindName::SetUpgrader => DecisionKind::SetUpgrader,
            KindName::WithdrawIn => DecisionKind::WithdrawIn,
            KindName::AcceptUpgrader => DecisionKind::AcceptUpgrader,
        }
    }
}

pub(super) async fn run(context: &Context, args: &ProposeArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let network = &session.network;
    let address = args.committee.unwrap_or(network.committee());
    let committee = CommitteeOf::new(network, address);
    let mut decision = args.decision(network).await?;
    decision.deadline = network.now().await?.saturating_add(args.within);
    let lane = args.lane(&decision)?;
    let proposer = session.submitter.address();
    let decision = committee.situated(decision, proposer, lane).await?;
    decision
        .validate()
        .with_context(|| format!("{} lacks something, or has too much", decision.kind))?;
    let call = Committee::proposeCall {
        decision: contract_decision(&decision),
    };
    session
        .send_with(context, address, &call, |submitted| {
            let id = proposed(submitted).map(|id| id.to_string());
            let sentence = format!(
                "{} proposed: {}.\n  decision     {}",
                decision.kind,
                decision.kind.meaning(),
                id.clone().unwrap_or_default()
            );
            (id, sentence)
        })
        .await
}

impl ProposeArgs {
    /// What is decided, from the flags and from the license as it stands.
    async fn decision(&self, network: &Network) -> anyhow::Result<Decision> {
        let mut decision = Decision {
            account: self.account.unwrap_or_default().into_array(),
            counterparty: self.to.unwrap_or_default().into_array(),
            valid_until: self.until.unwrap_or_default(),
            reason: self.reason.unwrap_or_default(),
            evidence: self.evidence.unwrap_or_default().0,
            ..Decision::empty(self.kind.into())
        };
        let target = match self.kind {
            KindName::Activate
            | KindName::Renew
            | KindName::Suspend
            | KindName::Resume
            | KindName::Revoke
            | KindName::ForcedTransfer
            | KindName::FreezeToken
            | KindName::ReleaseToken
            | KindName::Amend
            | KindName::Withdraw => {
                self.describe_license(network, &mut decision).await?;
                Keeper::of(self.seats).address(network)
            }
            KindName::Recover | KindName::FreezeHolder | KindName::ReleaseHolder => {
                network.policy()
            }
            KindName::LiftPause => {
                decision.number = PauseGroup::bits(&self.groups).into();
                network.policy()
            }
            KindName::SetMember => {
                decision.number = self.weight.context("name the weight: --weight")?.into();
                Address::ZERO
            }
            KindName::SetThreshold => {
                decision.token_id[31] = self.of.map_or(0, |of| DecisionKind::from(of).code());
                decision.number = self.threshold.unwrap_or_default().into();
                Address::ZERO
            }
            KindName::ApproveIn
            | KindName::WithdrawIn
            | KindName::Upgrade
            | KindName::SetUpgrader
            | KindName::AcceptUpgrader => {
                if let Some(replaces) = self.replaces {
                    decision.account = replaces.into_array();
                }
                self.target.context("name the contract: --target")?
            }
        };
        let own_affair = decision.kind.is_own_affair();
        let target = self.target.filter(|_| !own_affair).unwrap_or(target);
        decision.target = target.into_array();
        Ok(decision)
    }

    /// Fills in what the kind says of a license that exists.
    async fn describe_license(
        &self,
        network: &Network,
        decision: &mut Decision,
    ) -> anyhow::Result<()> {
        let Some(id) = self.license else {
            bail!("name the license, such as `lex committee propose activate 7`");
        };
        decision.token_id = id.to_be_bytes();
        let kept = Keeper::of(self.seats).find(network, id).await?;
        let holder = self.account.unwrap_or(kept.holder);
        let amount = match self.seats {
            true => self.amount,
            false => Some(1),
        };
        let the_amount = || amount.context("name the number of seats: --amount");
        match self.kind {
            KindName::Activate => {
                decision.account = holder.into_array();
                decision.number = kept.license_type;
                decision.valid_from = kept.term.valid_from;
                decision.valid_until = kept.term.valid_until;
                decision.evidence = kept.metadata_hash.0;
            }
            KindName::Renew if self.until.is_none() => {
                decision.valid_until = renewed_until(network, &kept).await?;
            }
            KindName::ForcedTransfer => {
                decision.account = holder.into_array();
                decision.number = the_amount()?;
            }
            KindName::FreezeToken => {
                decision.account = holder.into_array();
                decision.number = the_amount()?;
            }
            KindName::ReleaseToken => {
                decision.account = holder.into_array();
                // What stays held of the seats; nothing of a single token.
                decision.number = self.amount.unwrap_or_default();
            }
            KindName::Amend => {
                decision.previous = kept.metadata_hash.0;
                let metadata = self.metadata.context("name the new hash: --metadata")?;
                decision.evidence = metadata.0;
                let uri = self.uri.as_deref().context("say where it is: --uri")?;
                decision.text = keccak256(uri).0;
            }
            _ => {}
        }
        Ok(())
    }

    fn lane(&self, decision: &Decision) -> anyhow::Result<Lane> {
        match self.lane {
            Some(lane) => lane_of(lane).context("a lane is below 2^192"),
            None => Ok(Lane::of(decision)),
        }
    }
}

fn lane_of(number: U256) -> Option<Lane> {
    let word: [u8; 32] = number.to_be_bytes();
    let (beyond, lane) = word.split_at(8);
    if beyond != [0; 8] {
        return None;
    }
    lane.try_into().ok().map(Lane)
}

/// The end of a license after a renewal now.
async fn renewed_until(network: &Network, kept: &Kept) -> anyhow::Result<u64> {
    let durations = network.durations(kept.license_type).await?;
    let renewed = kept
        .term
        .renewed(&durations, network.now().await?)
        .map_err(|reason| anyhow::anyhow!("{}: {reason}", reason.name()))?;
    Ok(renewed.valid_until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_decision_can_be_proposed() {
        let named: Vec<DecisionKind> = KindName::value_variants()
            .iter()
            .map(|name| DecisionKind::from(*name))
            .collect();
        assert_eq!(named, DecisionKind::ALL);
    }

    #[test]
    fn lanes_are_below_two_to_the_192() {
        assert!(lane_of(U256::MAX >> 64).is_some());
        assert!(lane_of(U256::from(1) << 192).is_none());
    }
}
