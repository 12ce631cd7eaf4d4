//! The messages of licenses that are single tokens.

use alloy::primitives::keccak256;
use anyhow::Result;
use lex_cli::evidence::Evidence;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Bytes, U256};
use lex_model::{Gates, TypeKind};

use super::ask::Ask;
use super::bench::Bench;
use super::prover::Prover;
use super::world::{EVIDENCE, JURISDICTION, METADATA, REASON, URI, World, issue, issued, no_rules};

/// Seconds in a day: how long the use of a license is lent, and suspensions that lift last.
const DAY: u64 = 86_400;
/// Licenses that are recovered at once.
const SEVERAL: usize = 10;

/// License types. In all of them the regulator decides in place of a committee.
struct Types {
    /// Without gates.
    open: u64,
    /// Activation, renewal and transfer need a clearance.
    cleared: u64,
    /// Renewal is the committee's.
    approved: u64,
    /// Activation needs a proof.
    proven: u64,
    /// Sublicenses of `open`.
    under: u64,
}

impl Types {
    async fn create(world: &World, prover: &Prover) -> Result<Self> {
        let decider = world.people.regulator.address();
        let create = |rules| world.license_type(TypeKind::Nft, rules);
        let decided = Policy::TypeRules {
            committee: decider,
            ..no_rules()
        };
        let open = create(decided.clone()).await?;
        Ok(Self {
            open,
            cleared: create(Policy::TypeRules {
                gates: Policy::TypeGates {
                    issue: Gates::CLEARANCE,
                    renew: Gates::CLEARANCE,
                    transfer: Gates::CLEARANCE,
                    ..Policy::TypeGates::default()
                },
                ..decided.clone()
            })
            .await?,
            approved: create(Policy::TypeRules {
                gates: Policy::TypeGates {
                    renew: Gates::COMMITTEE,
                    ..Policy::TypeGates::default()
                },
                ..decided.clone()
            })
            .await?,
            proven: create(prover.rules(0, decider)).await?,
            under: create(Policy::TypeRules {
                parentType: open,
                ..decided
            })
            .await?,
        })
    }
}

/// Measures the messages.
pub(super) async fn measure(bench: &mut Bench<'_>, prover: &Prover) -> Result<()> {
    let step = bench.progress.step("license");
    let types = Types::create(bench.world, prover).await?;
    // The first license of all, and of a type, writes what every later one finds.
    let somebody = bench.stranger();
    for license_type in [types.open, types.cleared] {
        bench.world.issue(license_type, somebody).await?;
    }

    issue_and_transfer(bench, &types).await?;
    rights(bench, &types).await?;
    gates(bench, &types, prover).await?;
    terms(bench, &types).await?;
    enforcement(bench, &types).await?;
    decisions(bench, &types).await?;
    sublicenses(bench, &types).await?;
    recovery(bench, &types).await?;
    step.done("measured");
    Ok(())
}

/// The two that ERC-721 has as well: to a holder who has none yet, and on to another one.
async fn issue_and_transfer(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let (issuer, holder) = (&world.people.issuer, &world.people.holder);
    let call = issue(types.open, holder.address());
    let license = issued(&bench.call(at, issuer, &call).await?)?;
    let transfer = License::transferFromCall {
        from: holder.address(),
        to: bench.stranger(),
        tokenId: license,
    };
    bench.call(at, holder, &transfer).await?;

    let safe = License::safeTransferFrom_1Call {
        from: holder.address(),
        to: bench.stranger(),
        tokenId: world.issue(types.open, holder.address()).await?,
    };
    bench.call(at, holder, &safe).await?;
    let safe = License::safeTransferFrom_0Call {
        from: holder.address(),
        to: bench.stranger(),
        tokenId: world.issue(types.open, holder.address()).await?,
        data: Bytes::new(),
    };
    bench.case(at, holder, &safe, "with data").await?;
    Ok(())
}

async fn rights(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let holder = &world.people.holder;
    let approve = License::approveCall {
        to: bench.stranger(),
        tokenId: world.issue(types.open, holder.address()).await?,
    };
    bench.call(at, holder, &approve).await?;
    let operate = License::setApprovalForAllCall {
        operator: bench.stranger(),
        approved: true,
    };
    bench.call(at, holder, &operate).await?;
    let lend = License::setUserCall {
        tokenId: world.issue(types.open, holder.address()).await?,
        user: bench.stranger(),
        expires: world.now().await? + DAY,
    };
    bench.call(at, holder, &lend).await?;
    let lend = License::setUserWithCall {
        tokenId: world.issue(types.open, holder.address()).await?,
        user: bench.stranger(),
        expires: world.now().await? + DAY,
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, holder, &lend).await?;
    Ok(())
}

/// Activations, and a renewal and a transfer with evidence.
async fn gates(bench: &mut Bench<'_>, types: &Types, prover: &Prover) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let (issuer, holder) = (&world.people.issuer, &world.people.holder);
    let call = issue(types.cleared, holder.address());
    let submitted = bench.case(at, issuer, &call, "pending").await?;
    let license = issued(&submitted)?;

    let found = world.license(license).await?;
    let subject = Ask::to_activate(&found, issuer.address(), 1).about(&found, world);
    let evidence = cleared(bench, &subject).await?;
    let call = activate(world, license, &evidence).await?;
    bench.case(at, issuer, &call, "with a clearance").await?;

    let found = world.license(license).await?;
    let subject = Ask::to_renew(issuer.address()).about(&found, world);
    let renew = License::renewWithCall {
        tokenId: license,
        evidence: (&cleared(bench, &subject).await?).into(),
    };
    bench.case(at, issuer, &renew, "with a clearance").await?;

    let to = bench.stranger();
    let found = world.license(license).await?;
    let subject = Ask::to_transfer(holder.address(), to).about(&found, world);
    let transfer = License::transferWithCall {
        from: holder.address(),
        to,
        tokenId: license,
        evidence: (&cleared(bench, &subject).await?).into(),
    };
    bench
        .case(at, holder, &transfer, "with a clearance")
        .await?;

    let license = world.issue(types.proven, holder.address()).await?;
    let found = world.license(license).await?;
    let subject = Ask::to_activate(&found, issuer.address(), 1).about(&found, world);
    let evidence = Evidence {
        clearance: None,
        proof: Some(prover.prove(bench, &subject).await?),
    };
    let call = activate(world, license, &evidence).await?;
    bench
        .case(at, issuer, &call, "with a proof, 9 inputs")
        .await?;

    let license = world.issue(types.cleared, holder.address()).await?;
    let withdraw = License::withdrawCall { tokenId: license };
    bench.call(at, issuer, &withdraw).await?;
    Ok(())
}

async fn cleared(bench: &mut Bench<'_>, subject: &lex_model::Subject) -> Result<Evidence> {
    Ok(Evidence {
        clearance: Some(bench.clearance(subject).await?),
        proof: None,
    })
}

async fn activate(
    world: &World,
    license: U256,
    evidence: &Evidence,
) -> Result<License::activateCall> {
    let found = world.license(license).await?;
    Ok(License::activateCall {
        tokenId: license,
        holder: found.holder,
        licenseType: found.license_type,
        validFrom: found.term.valid_from,
        validUntil: found.term.valid_until,
        metadataHash: found.metadata_hash,
        evidence: evidence.into(),
    })
}

async fn terms(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let (issuer, holder) = (&world.people.issuer, &world.people.holder);
    let license = world.issue(types.open, holder.address()).await?;
    let renew = License::renewCall { tokenId: license };
    bench.call(at, issuer, &renew).await?;
    let subscribe = License::renewSubscriptionCall {
        tokenId: world.issue(types.open, holder.address()).await?,
        duration: 0,
    };
    bench.call(at, issuer, &subscribe).await?;
    let describe = License::setMetadataCall {
        tokenId: license,
        metadataHash: !METADATA,
        tokenURI: URI.to_owned(),
    };
    bench.call(at, issuer, &describe).await?;
    let describe = License::setMetadataWithCall {
        tokenId: license,
        metadataHash: METADATA,
        tokenURI: URI.to_owned(),
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, issuer, &describe).await?;
    let request = License::requestAmendmentCall {
        tokenId: license,
        metadataHash: !METADATA,
        tokenURI: URI.to_owned(),
    };
    bench.call(at, issuer, &request).await?;
    let amend = License::amendApprovedCall {
        tokenId: license,
        previousHash: METADATA,
        metadataHash: !METADATA,
        uriHash: keccak256(URI),
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, &world.people.regulator, &amend).await?;

    let surrender = License::surrenderCall { tokenId: license };
    bench.call(at, holder, &surrender).await?;
    let license = world.issue(types.open, holder.address()).await?;
    let cancel = License::cancelSubscriptionCall { tokenId: license };
    bench.call(at, holder, &cancel).await?;

    let license = world.issue(types.approved, holder.address()).await?;
    let request = License::requestRenewalCall { tokenId: license };
    bench.call(at, holder, &request).await?;
    let found = world.license(license).await?;
    let answer = License::renewApprovedCall {
        tokenId: license,
        validUntil: found.term.valid_until + crate::YEAR,
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, &world.people.regulator, &answer).await?;
    Ok(())
}

async fn enforcement(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let issuer = &world.people.issuer;
    let holder = bench.stranger();
    let license = world.issue(types.open, holder).await?;
    let suspend = |lifts_at| License::suspendCall {
        tokenId: license,
        reason: REASON,
        evidence: EVIDENCE,
        liftsAt: lifts_at,
    };
    bench.call(at, issuer, &suspend(0)).await?;
    let resume = License::resumeCall { tokenId: license };
    bench.call(at, issuer, &resume).await?;

    let lifts_at = world.now().await? + DAY;
    world.send(issuer, at.1, &suspend(lifts_at)).await?;
    world.control.advance(DAY + 1).await?;
    let settle = License::settleCall { tokenId: license };
    bench.call(at, &world.people.holder, &settle).await?;

    bench.call(at, issuer, &revoke(license)).await?;
    Ok(())
}

fn revoke(license: U256) -> License::revokeCall {
    License::revokeCall {
        tokenId: license,
        reason: REASON,
        evidence: EVIDENCE,
    }
}

/// What a committee alone may do.
async fn decisions(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let decider = &world.people.regulator;
    let (first, second, third) = (bench.stranger(), bench.stranger(), bench.stranger());
    let license = world.issue(types.open, first).await?;
    let freeze = License::freezeTokenCall {
        account: first,
        tokenId: license,
        amount: 1,
        reason: REASON,
        evidence: EVIDENCE,
    };
    bench.call(at, decider, &freeze).await?;
    let release = License::setFrozenTokensCall {
        account: first,
        tokenId: license,
        frozenStatus: false,
    };
    bench.call(at, decider, &release).await?;
    let force = License::forceTransferCall {
        from: first,
        to: second,
        tokenId: license,
        amount: 1,
        reason: REASON,
        evidence: EVIDENCE,
    };
    bench.call(at, decider, &force).await?;
    let force = License::forcedTransferCall {
        from: second,
        to: third,
        tokenId: license,
    };
    bench.call(at, decider, &force).await?;
    Ok(())
}

async fn sublicenses(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.license());
    let holder = &world.people.holder;
    let under = |parent, to| License::sublicenseCall {
        parentId: parent,
        to,
        licenseType: types.under,
        jurisdiction: JURISDICTION.to_owned(),
        validFrom: 0,
        metadataHash: METADATA,
        tokenURI: URI.to_owned(),
    };
    let (first, parent) = (
        world.issue(types.open, holder.address()).await?,
        world.issue(types.open, holder.address()).await?,
    );
    let somebody = bench.stranger();
    world.send(holder, at.1, &under(first, somebody)).await?;
    let to = bench.stranger();
    bench.call(at, holder, &under(parent, to)).await?;
    let issuer = &world.people.issuer;
    bench
        .case(at, issuer, &revoke(parent), "with 1 sublicense")
        .await?;
    Ok(())
}

/// Licenses of keys that were lost.
async fn recovery(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    for (count, case) in [(1, "1 license"), (SEVERAL, "10 licenses")] {
        let (lost, successor) = (bench.stranger(), bench.stranger());
        let (world, at) = (bench.world, bench.license());
        let licenses = world.issue_many(types.open, lost, count).await?;
        world.lose(lost, successor).await?;
        let recover = License::recoverCall { tokenIds: licenses };
        bench.case(at, &world.people.holder, &recover, case).await?;
    }
    Ok(())
}
