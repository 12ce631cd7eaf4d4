//! The messages of licenses of many seats.

use alloy::primitives::keccak256;
use anyhow::Result;
use lex_cli::evidence::Evidence;
use lex_client::abi::policy::Policy;
use lex_client::abi::seats::Seats;
use lex_client::{Bytes, U256};
use lex_model::{Gates, Subject, TypeKind};

use super::ask::Ask;
use super::bench::Bench;
use super::world::{
    EVIDENCE, METADATA, REASON, SEATS, URI, World, issue_seats, issued_seats, no_rules,
};

/// Seconds in a day: how long seats are assigned, and suspensions that lift last.
const DAY: u64 = 86_400;

/// License types. In all of them the regulator decides in place of a committee.
struct Types {
    /// Without gates.
    open: u64,
    /// Activation, renewal and transfer need a clearance.
    cleared: u64,
    /// Renewal is the committee's.
    approved: u64,
}

impl Types {
    async fn create(world: &World) -> Result<Self> {
        let create = |rules| world.license_type(TypeKind::Sft, rules);
        let decided = Policy::TypeRules {
            committee: world.people.regulator.address(),
            ..no_rules()
        };
        Ok(Self {
            open: create(decided.clone()).await?,
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
                ..decided
            })
            .await?,
        })
    }
}

/// Measures the messages.
pub(super) async fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let step = bench.progress.step("seats");
    let types = Types::create(bench.world).await?;
    // The first license of all, and of a type, writes what every later one finds.
    let somebody = bench.stranger();
    for license_type in [types.open, types.cleared] {
        bench.world.issue_seats(license_type, somebody).await?;
    }

    issue_and_transfer(bench, &types).await?;
    gates(bench, &types).await?;
    terms(bench, &types).await?;
    enforcement(bench, &types).await?;
    decisions(bench, &types).await?;
    recovery(bench, &types).await?;
    step.done("measured");
    Ok(())
}

/// What the holder does with its seats.
async fn issue_and_transfer(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.seats());
    let (issuer, holder) = (&world.people.issuer, &world.people.holder);
    let call = issue_seats(types.open, holder.address());
    let license = issued_seats(&bench.call(at, issuer, &call).await?)?;
    let transfer = Seats::safeTransferFromCall {
        from: holder.address(),
        to: bench.stranger(),
        id: license,
        value: U256::from(1),
        data: Bytes::new(),
    };
    bench.call(at, holder, &transfer).await?;
    let other = world.issue_seats(types.open, holder.address()).await?;
    let transfer = Seats::safeBatchTransferFromCall {
        from: holder.address(),
        to: bench.stranger(),
        ids: vec![license, other],
        values: vec![U256::from(1); 2],
        data: Bytes::new(),
    };
    bench.case(at, holder, &transfer, "2 licenses").await?;
    let operate = Seats::setApprovalForAllCall {
        operator: bench.stranger(),
        approved: true,
    };
    bench.call(at, holder, &operate).await?;

    let user = bench.stranger();
    let assign = Seats::assignCall {
        tokenId: license,
        user,
        expires: world.now().await? + DAY,
    };
    bench.call(at, holder, &assign).await?;
    let unassign = Seats::unassignCall {
        tokenId: license,
        user,
    };
    bench.call(at, holder, &unassign).await?;
    let assign = Seats::assignWithCall {
        tokenId: license,
        holder: holder.address(),
        user: bench.stranger(),
        expires: world.now().await? + DAY,
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, holder, &assign).await?;
    let give_up = Seats::giveUpCall {
        tokenId: license,
        amount: 1,
    };
    bench.case(at, holder, &give_up, "1 seat").await?;
    let give_up = Seats::giveUpCall {
        tokenId: world.issue_seats(types.open, holder.address()).await?,
        amount: SEATS,
    };
    bench.case(at, holder, &give_up, "all seats").await?;
    Ok(())
}

/// Activations, and a renewal and a transfer with evidence.
async fn gates(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.seats());
    let (issuer, holder) = (&world.people.issuer, &world.people.holder);
    let call = issue_seats(types.cleared, holder.address());
    let submitted = bench.case(at, issuer, &call, "pending").await?;
    let license = issued_seats(&submitted)?;

    let found = world.seats(license).await?;
    let subject = Ask::to_activate(&found, issuer.address(), SEATS).about(&found, world);
    let activate = Seats::activateCall {
        tokenId: license,
        holder: found.holder,
        licenseType: found.license_type,
        validFrom: found.term.valid_from,
        validUntil: found.term.valid_until,
        metadataHash: found.metadata_hash,
        evidence: cleared(bench, &subject).await?,
    };
    bench
        .case(at, issuer, &activate, "with a clearance")
        .await?;

    let found = world.seats(license).await?;
    let subject = Ask::to_renew(issuer.address()).about(&found, world);
    let renew = Seats::renewWithCall {
        tokenId: license,
        evidence: cleared(bench, &subject).await?,
    };
    bench.case(at, issuer, &renew, "with a clearance").await?;

    let to = bench.stranger();
    let found = world.seats(license).await?;
    let subject = Ask::to_transfer(holder.address(), to).about(&found, world);
    let transfer = Seats::transferWithCall {
        from: holder.address(),
        to,
        id: license,
        value: U256::from(1),
        evidence: cleared(bench, &subject).await?,
    };
    bench
        .case(at, holder, &transfer, "with a clearance")
        .await?;

    let license = world.issue_seats(types.cleared, holder.address()).await?;
    let withdraw = Seats::withdrawCall { tokenId: license };
    bench.call(at, issuer, &withdraw).await?;
    Ok(())
}

async fn cleared(bench: &mut Bench<'_>, subject: &Subject) -> Result<Seats::Evidence> {
    let evidence = Evidence {
        clearance: Some(bench.clearance(subject).await?),
        proof: None,
    };
    Ok((&evidence).into())
}

async fn terms(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.seats());
    let (issuer, holder) = (&world.people.issuer, &world.people.holder);
    let license = world.issue_seats(types.open, holder.address()).await?;
    let renew = Seats::renewCall { tokenId: license };
    bench.call(at, issuer, &renew).await?;
    let describe = Seats::setMetadataCall {
        tokenId: license,
        metadataHash: !METADATA,
        uri: URI.to_owned(),
    };
    bench.call(at, issuer, &describe).await?;
    let describe = Seats::setMetadataWithCall {
        tokenId: license,
        metadataHash: METADATA,
        uri: URI.to_owned(),
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, issuer, &describe).await?;
    let request = Seats::requestAmendmentCall {
        tokenId: license,
        metadataHash: !METADATA,
        uri: URI.to_owned(),
    };
    bench.call(at, issuer, &request).await?;
    let amend = Seats::amendApprovedCall {
        tokenId: license,
        previousHash: METADATA,
        metadataHash: !METADATA,
        uriHash: keccak256(URI),
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, &world.people.regulator, &amend).await?;

    let license = world.issue_seats(types.approved, holder.address()).await?;
    let request = Seats::requestRenewalCall { tokenId: license };
    bench.call(at, holder, &request).await?;
    let found = world.seats(license).await?;
    let answer = Seats::renewApprovedCall {
        tokenId: license,
        validUntil: found.term.valid_until + crate::YEAR,
        evidence: (&Evidence::default()).into(),
    };
    bench.call(at, &world.people.regulator, &answer).await?;
    Ok(())
}

async fn enforcement(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.seats());
    let issuer = &world.people.issuer;
    let licensee = bench.stranger();
    let license = world.issue_seats(types.open, licensee).await?;
    let suspend = |lifts_at| Seats::suspendCall {
        tokenId: license,
        reason: REASON,
        evidence: EVIDENCE,
        liftsAt: lifts_at,
    };
    bench.call(at, issuer, &suspend(0)).await?;
    let resume = Seats::resumeCall { tokenId: license };
    bench.call(at, issuer, &resume).await?;

    let lifts_at = world.now().await? + DAY;
    world.send(issuer, at.1, &suspend(lifts_at)).await?;
    world.control.advance(DAY + 1).await?;
    let settle = Seats::settleCall { tokenId: license };
    bench.call(at, &world.people.holder, &settle).await?;

    let revoke = Seats::revokeCall {
        tokenId: license,
        reason: REASON,
        evidence: EVIDENCE,
    };
    bench.call(at, issuer, &revoke).await?;
    Ok(())
}

/// What a committee alone may do.
async fn decisions(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (world, at) = (bench.world, bench.seats());
    let decider = &world.people.regulator;
    let licensee = bench.stranger();
    let license = world.issue_seats(types.open, licensee).await?;
    let freeze = Seats::freezeTokenCall {
        account: licensee,
        tokenId: license,
        amount: 1,
        reason: REASON,
        evidence: EVIDENCE,
    };
    bench.call(at, decider, &freeze).await?;
    let release = Seats::setFrozenTokensCall {
        account: licensee,
        tokenId: license,
        amount: U256::ZERO,
    };
    bench.call(at, decider, &release).await?;
    let force = Seats::forceTransferCall {
        from: licensee,
        to: bench.stranger(),
        tokenId: license,
        amount: 1,
        reason: REASON,
        evidence: EVIDENCE,
    };
    bench.call(at, decider, &force).await?;
    let force = Seats::forcedTransferCall {
        from: licensee,
        to: bench.stranger(),
        tokenId: license,
        amount: U256::from(1),
    };
    bench.call(at, decider, &force).await?;
    Ok(())
}

/// The seats of a key that was lost.
async fn recovery(bench: &mut Bench<'_>, types: &Types) -> Result<()> {
    let (lost, successor) = (bench.stranger(), bench.stranger());
    let (world, at) = (bench.world, bench.seats());
    let license = world.issue_seats(types.open, lost).await?;
    world.lose(lost, successor).await?;
    let recover = Seats::recoverCall {
        tokenIds: vec![license],
        lost,
    };
    bench
        .case(at, &world.people.holder, &recover, "1 license")
        .await?;
    Ok(())
}
