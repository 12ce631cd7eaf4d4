//! The gate with everything at once: a committee of three of whom two decide, a clearance and a proof
//! with nine public inputs bring a license into force.

use alloy::signers::SignerSync;
use anyhow::Result;
use lex_cli::evidence::Evidence;
use lex_client::Cost;
use lex_client::abi::committee::Committee;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_model::{Decision, DecisionKind, Gates, TypeKind};

use super::ask::Ask;
use super::bench::Bench;
use super::committee::{Chamber, by_signature};
use super::prover::Prover;

/// The score that the type asks for, of 1000.
const MINIMUM_SCORE: u16 = 600;

/// What the three transactions cost that bring a license through the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gate {
    /// A member proposes, which is its approval too.
    pub(super) propose: Cost,
    /// Somebody brings another member's signature.
    pub(super) approve: Cost,
    /// Somebody has it executed, with clearance and proof.
    pub(super) execute: Cost,
}

/// Measures it, on the committee that `lex` deploys.
pub(super) async fn measure(bench: &mut Bench<'_>, prover: &Prover) -> Result<Gate> {
    let step = bench.progress.step("the whole gate");
    let world = bench.world;
    let chamber = Chamber::deployed(world);
    let committee = chamber.address;
    let rules = Policy::TypeRules {
        minimumScore: MINIMUM_SCORE,
        ..prover.rules(Gates::ALL_BITS, committee)
    };
    let license_type = world.license_type(TypeKind::Nft, rules).await?;
    let holder = &world.people.holder;
    let license = world.issue(license_type, holder.address()).await?;
    let found = world.license(license).await?;

    let asked = License::subjectOfCall { tokenId: license };
    let subject = world.read(world.deployment.license, &asked).await?;
    let activate = Decision {
        target: world.deployment.license.into_array(),
        token_id: found.token_id.to_be_bytes(),
        account: found.holder.into_array(),
        counterparty: subject.issuer.into_array(),
        number: found.license_type,
        valid_from: found.term.valid_from,
        valid_until: found.term.valid_until,
        evidence: found.metadata_hash.0,
        version: subject.version,
        count: subject.seats,
        previous: subject.jurisdiction.0,
        ..Decision::empty(DecisionKind::Activate)
    };
    let proposal = chamber.proposal(bench, activate).await?;
    let id = chamber.id(&proposal);
    let call = chamber.propose_call(&proposal);
    let proposed = world.send(&world.people.maker, committee, &call).await?;

    let member = &world.keys.committee[0];
    let call = by_signature(id, member.address(), member.signer.sign_hash_sync(&id)?);
    let approved = world.send(&world.people.issuer, committee, &call).await?;

    let subject = Ask::to_activate(&found, committee, 1).about(&found, world);
    let evidence = Evidence {
        clearance: Some(bench.clearance(&subject).await?),
        proof: Some(prover.prove(bench, &subject).await?),
    };
    let call = Committee::executeCall {
        id,
        evidence: (&evidence).into(),
    };
    let executed = world.send(holder, committee, &call).await?;
    step.done("measured");
    Ok(Gate {
        propose: proposed.cost,
        approve: approved.cost,
        execute: executed.cost,
    })
}
