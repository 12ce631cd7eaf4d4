//! The committee's messages, each on a committee of three of whom two decide.

use alloy::primitives::{B256, Bytes, Signature};
use alloy::signers::SignerSync;
use anyhow::{Context, Result};
use lex_cli::committee::contract_decision;
use lex_cli::evidence::Evidence;
use lex_client::Address;
use lex_client::abi::committee::Committee;
use lex_client::abi::policy::Policy;
use lex_model::{
    About, Decision, DecisionKind, Nonce, Proposal, SoftwareKeccak, TypeKind, withdrawal_challenge,
};

use super::bench::{At, Bench, Contract};
use super::world::{EVIDENCE, REASON, World, no_rules};
use crate::passkey;

/// Key of a passkey that is worth nothing.
const PASSKEY: B256 = B256::repeat_byte(0x77);

/// How long decisions may be executed, in seconds.
const A_DAY: u64 = 86_400;

/// A committee, and whom the decisions on it are proposed by.
#[derive(Clone, Copy)]
pub(super) struct Chamber {
    pub(super) address: Address,
    chain_id: u64,
    proposer: Address,
}

impl Chamber {
    /// The committee that `lex` deploys: the maker and two Ethereum keys.
    pub(super) fn deployed(world: &World) -> Self {
        Self::at(world, world.deployment.committee)
    }

    /// A committee of the maker and these two.
    async fn of(world: &World, second: Address, third: Address) -> Result<Self> {
        let members = vec![world.people.maker.address(), second, third];
        Ok(Self::at(world, world.committee(members).await?))
    }

    fn at(world: &World, address: Address) -> Self {
        Self {
            address,
            chain_id: world.deployment.chain_id,
            proposer: world.people.maker.address(),
        }
    }

    /// A decision as its first epoch's proposer puts it, in a lane of its own, for a day.
    pub(super) async fn proposal(
        &self,
        bench: &mut Bench<'_>,
        decision: Decision,
    ) -> Result<Proposal> {
        let mut key = [0; 24];
        if decision.kind.about() == About::Account {
            key[..20].copy_from_slice(&decision.account);
        }
        let lane = bench.unused();
        key[20..].copy_from_slice(&lane.to_be_bytes::<32>()[28..]);
        let nonce = Nonce { key, sequence: 0 };
        Ok(Proposal {
            decision: Decision {
                nonce: nonce.into(),
                deadline: bench.world.now().await? + A_DAY,
                ..decision
            },
            proposer: self.proposer.into_array(),
            epoch: 1,
        })
    }

    /// The id that members sign.
    pub(super) fn id(&self, proposal: &Proposal) -> B256 {
        let committee = lex_model::Committee {
            chain_id: self.chain_id,
            address: self.address.into_array(),
        };
        proposal.id::<SoftwareKeccak>(&committee).into()
    }

    pub(super) fn propose_call(&self, proposal: &Proposal) -> Committee::proposeCall {
        Committee::proposeCall {
            decision: contract_decision(&proposal.decision),
        }
    }

    fn place(&self) -> At {
        At(Contract::Committee, self.address)
    }

    /// Proposes something that the committee can decide, unmeasured.
    async fn propose(&self, bench: &mut Bench<'_>, decision: Decision) -> Result<B256> {
        let proposal = self.proposal(bench, decision).await?;
        let call = self.propose_call(&proposal);
        let world = bench.world;
        world.send(&world.people.maker, self.address, &call).await?;
        Ok(self.id(&proposal))
    }

    async fn execute(&self, bench: &mut Bench<'_>, id: B256, case: &'static str) -> Result<()> {
        let call = Committee::executeCall {
            id,
            evidence: (&Evidence::default()).into(),
        };
        let anyone = &bench.world.people.holder;
        bench.case(self.place(), anyone, &call, case).await?;
        Ok(())
    }
}

/// The call that brings a member's signature of a decision.
pub(super) fn by_signature(
    id: B256,
    signer: Address,
    signature: Signature,
) -> Committee::approveBySigCall {
    Committee::approveBySigCall {
        id,
        signer,
        signature: Bytes::from(signature.as_bytes()),
    }
}

/// Measures the messages.
pub(super) async fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let step = bench.progress.step("committee");
    about_a_license(bench).await?;
    taken_back(bench).await?;
    about_itself(bench).await?;
    by_passkey(bench).await?;
    step.done("measured");
    Ok(())
}

/// A suspension that members approve one by one, and a resumption that comes with both signatures.
async fn about_a_license(bench: &mut Bench<'_>) -> Result<()> {
    let world = bench.world;
    let chamber = Chamber::deployed(world);
    let rules = Policy::TypeRules {
        committee: chamber.address,
        ..no_rules()
    };
    let license_type = world.license_type(TypeKind::Nft, rules).await?;
    let holder = bench.stranger();
    let license = world.issue(license_type, holder).await?;
    let about = |kind| Decision {
        target: world.deployment.license.into_array(),
        token_id: license.to_be_bytes(),
        account: holder.into_array(),
        reason: REASON,
        evidence: EVIDENCE.0,
        ..Decision::empty(kind)
    };
    let (maker, anyone) = (&world.people.maker, &world.people.issuer);
    let [second, third] = &world.keys.committee;

    let proposal = chamber
        .proposal(bench, about(DecisionKind::Suspend))
        .await?;
    let id = chamber.id(&proposal);
    let propose = chamber.propose_call(&proposal);
    bench.call(chamber.place(), maker, &propose).await?;
    let approve = by_signature(id, second.address(), second.signer.sign_hash_sync(&id)?);
    bench.call(chamber.place(), anyone, &approve).await?;
    chamber.execute(bench, id, "suspends a license").await?;

    let resume = Decision {
        // Its second change was the suspension.
        version: 2,
        ..about(DecisionKind::Resume)
    };
    let mut proposal = chamber.proposal(bench, resume).await?;
    proposal.proposer = second.address().into_array();
    let id = chamber.id(&proposal);
    let mut signatures = Vec::new();
    for member in [second, third] {
        let signature = member.signer.sign_hash_sync(&id)?;
        signatures.push(Bytes::from(signature.as_bytes()));
    }
    let submit = Committee::submitCall {
        decision: contract_decision(&proposal.decision),
        proposer: second.address(),
        signers: vec![second.address(), third.address()],
        signatures,
    };
    bench
        .case(chamber.place(), anyone, &submit, "2 signatures")
        .await?;
    chamber.execute(bench, id, "resumes a license").await
}

/// An approval that is withdrawn, a decision that is given up, and a number.
async fn taken_back(bench: &mut Bench<'_>) -> Result<()> {
    let world = bench.world;
    let chamber = Chamber::deployed(world);
    let id = chamber.propose(bench, new_threshold()).await?;
    let maker = &world.people.maker;
    let withdraw = Committee::withdrawCall { id };
    bench.call(chamber.place(), maker, &withdraw).await?;
    let cancel = Committee::cancelCall { id };
    bench.call(chamber.place(), maker, &cancel).await?;
    let use_up = Committee::useUpNonceCall {
        proposer: maker.address(),
        nonce: bench.unused() << 64,
    };
    bench.call(chamber.place(), maker, &use_up).await?;
    Ok(())
}

/// Decisions about the committee, approved by a member's own transaction.
async fn about_itself(bench: &mut Bench<'_>) -> Result<()> {
    let world = bench.world;
    let second = &world.people.guardian;
    let third = world.keys.committee[0].address();
    let chamber = Chamber::of(world, second.address(), third).await?;
    let id = chamber.propose(bench, new_threshold()).await?;
    let approve = Committee::approveCall { id };
    bench.call(chamber.place(), second, &approve).await?;
    chamber.execute(bench, id, "sets a threshold").await?;

    let join = Decision {
        account: bench.stranger().into_array(),
        number: 1,
        ..Decision::empty(DecisionKind::SetMember)
    };
    let id = chamber.propose(bench, join).await?;
    world
        .send(second, chamber.address, &Committee::approveCall { id })
        .await?;
    chamber.execute(bench, id, "admits a member").await
}

async fn by_passkey(bench: &mut Bench<'_>) -> Result<()> {
    let world = bench.world;
    let member = passkey(PASSKEY, None)
        .context("failed to make a passkey")?
        .account();
    let third = world.keys.committee[0].address();
    let chamber = Chamber::of(world, member, third).await?;
    let id = chamber.propose(bench, new_threshold()).await?;
    let approve = passkey(PASSKEY, Some(id))?.approval(id)?;
    let anyone = &world.people.issuer;
    bench.call(chamber.place(), anyone, &approve).await?;

    let mut proposal = chamber.proposal(bench, new_threshold()).await?;
    proposal.proposer = member.into_array();
    let id = chamber.id(&proposal);
    let propose = passkey(PASSKEY, Some(id))?.proposal(contract_decision(&proposal.decision))?;
    bench.call(chamber.place(), anyone, &propose).await?;
    let challenge = withdrawal_challenge::<SoftwareKeccak>(&id.0);
    let withdraw = passkey(PASSKEY, Some(challenge.into()))?.withdrawal(id)?;
    bench.call(chamber.place(), anyone, &withdraw).await?;
    Ok(())
}

/// Decides what is so already: two of three.
fn new_threshold() -> Decision {
    Decision {
        number: 2,
        ..Decision::empty(DecisionKind::SetThreshold)
    }
}
