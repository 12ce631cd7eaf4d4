//! What attackers of a committee want.

use std::str::FromStr;

use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use lex_cli::committee::{CommitteeOf, Lane, contract_decision};
use lex_cli::stack::{COMMITTEE_CHECKER, COMMITTEE_MAKER};
use lex_client::abi::committee::Committee;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::{Decision, DecisionKind, Gates, MAX_DEADLINE_AHEAD, Nonce, Proposal, Reason};
use lex_tests::{NodeControl, System, reason};

/// The group of issuing, as a bit.
const ISSUING: u8 = 1;
const A_DAY: u64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn attackers_of_a_committee_want() -> Result<()> {
    let system = System::start().await?;
    to_lift_the_pause_of_the_real_alarm(&system).await?;
    to_resume_what_was_suspended_for_another_reason(&system).await?;
    to_be_released_from_the_next_freeze_too(&system).await?;
    to_dodge_a_revocation_by_moving_the_license(&system).await?;
    to_submit_what_its_signers_regret(&system).await?;
    to_keep_an_approval_for_ever(&system).await?;
    to_have_one_decision_kill_another(&system).await?;
    to_void_a_revocation_by_what_else_is_approved(&system).await?;
    to_carry_out_what_the_committee_took_back(&system).await?;
    to_turn_a_forgotten_revocation_against_the_next_holder(&system).await?;
    to_hold_again_what_was_let_go_at_another_holder(&system).await?;
    to_show_members_another_license(&system).await?;
    to_revive_a_failed_decision_by_a_lower_threshold(&system).await?;
    // Last: it moves the chain's clock away from this machine's.
    to_void_a_grant_by_recording_what_time_did(&system).await?;
    system.stack.stop().await;
    Ok(())
}

fn evidence() -> B256 {
    B256::repeat_byte(0x44)
}

fn about_license(system: &System, kind: DecisionKind, license: U256) -> Decision {
    Decision {
        target: system.network.license().into_array(),
        token_id: license.to_be_bytes(),
        reason: 7,
        evidence: evidence().0,
        ..Decision::empty(kind)
    }
}

fn about_account(system: &System, kind: DecisionKind, account: Address) -> Decision {
    Decision {
        target: system.network.policy().into_array(),
        account: account.into_array(),
        reason: 7,
        evidence: evidence().0,
        ..Decision::empty(kind)
    }
}

fn maker(system: &System) -> Result<Submitter> {
    Ok(system
        .network
        .submitter(Signer::from_uri(COMMITTEE_MAKER)?)?)
}

/// A license of a type whose committee is the network's.
async fn committees_license(system: &System) -> Result<U256> {
    let license_type = system.gated_type(Gates::COMMITTEE, 0, 0).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let asked = License::licenseCall { tokenId: license };
    let network = &system.network;
    let found = network
        .source
        .read(None, network.license(), Address::ZERO, &asked)
        .await?;
    let activate = Decision {
        account: found.holder.into_array(),
        number: found.licenseType,
        valid_from: found.validFrom,
        valid_until: found.validUntil,
        evidence: found.metadataHash.0,
        reason: 0,
        ..about_license(system, DecisionKind::Activate, license)
    };
    let id = system.approved(activate).await?;
    system.decide(id).await?;
    Ok(license)
}

/// H3: it was approved for a false alarm.
async fn to_lift_the_pause_of_the_real_alarm(system: &System) -> Result<()> {
    let policy = system.network.policy();
    let pause = Policy::pauseCall { groups: ISSUING };
    let lift = Policy::liftPauseCall { groups: ISSUING };
    system.guardian.call(policy, &pause).await?;
    let id = system
        .approved(Decision {
            target: policy.into_array(),
            number: ISSUING.into(),
            ..Decision::empty(DecisionKind::LiftPause)
        })
        .await?;
    system.admin.call(policy, &lift).await?;
    system.guardian.call(policy, &pause).await?;
    assert_eq!(reason(system.decide(id).await)?, Reason::NotAsApproved);
    system.admin.call(policy, &lift).await?;
    Ok(())
}

/// H3: the license was suspended anew meanwhile.
async fn to_resume_what_was_suspended_for_another_reason(system: &System) -> Result<()> {
    let license = committees_license(system).await?;
    let suspend = about_license(system, DecisionKind::Suspend, license);
    let first = system.approved(suspend).await?;
    system.decide(first).await?;
    let resume = about_license(system, DecisionKind::Resume, license);
    let resume = system.approved(resume).await?;
    let again = system.approved(suspend).await?;
    system.decide(again).await?;
    assert_eq!(reason(system.decide(resume).await)?, Reason::NotAsApproved);
    Ok(())
}

/// H3: a release that was approved and kept.
async fn to_be_released_from_the_next_freeze_too(system: &System) -> Result<()> {
    let holder = Address::repeat_byte(0x91);
    let freeze = about_account(system, DecisionKind::FreezeHolder, holder);
    let release = about_account(system, DecisionKind::ReleaseHolder, holder);
    let frozen = system.approved(freeze).await?;
    system.decide(frozen).await?;
    let kept = system.approved(release).await?;
    let released = system.approved(release).await?;
    system.decide(released).await?;
    let frozen = system.approved(freeze).await?;
    system.decide(frozen).await?;
    assert_eq!(reason(system.decide(kept).await)?, Reason::NotAsApproved);
    Ok(())
}

/// H3: what restricts is not voided by what a holder does.
async fn to_dodge_a_revocation_by_moving_the_license(system: &System) -> Result<()> {
    let license = committees_license(system).await?;
    let revoke = about_license(system, DecisionKind::Revoke, license);
    let id = system.approved(revoke).await?;
    let away = License::transferFromCall {
        from: system.issuer.address(),
        to: Address::repeat_byte(0x92),
        tokenId: license,
    };
    system.call(&system.issuer, &away).await?;
    system.decide(id).await?;
    Ok(())
}

/// H3: both signed off the chain, and one took it back before anybody submitted it.
async fn to_submit_what_its_signers_regret(system: &System) -> Result<()> {
    let network = &system.network;
    let license = committees_license(system).await?;
    let committee = CommitteeOf::new(network, network.committee());
    let (maker, checker) = (
        maker(system)?,
        PrivateKeySigner::from_str(COMMITTEE_CHECKER)?,
    );
    let suspend = Decision {
        deadline: network.now().await? + A_DAY,
        ..about_license(system, DecisionKind::Suspend, license)
    };
    let lane = Lane::of(&suspend);
    let proposer = checker.address();
    let decision = committee.situated(suspend, proposer, lane).await?;
    let proposal = Proposal {
        decision,
        proposer: proposer.into_array(),
        epoch: committee.epoch().await?,
    };
    let id = committee.id(&proposal);
    maker
        .call(committee.address(), &Committee::withdrawCall { id })
        .await?;
    let submit = Committee::submitCall {
        decision: contract_decision(&decision),
        proposer,
        signers: vec![proposer, maker.address()],
        signatures: vec![committee.sign(&proposal, &checker)?, vec![0; 65].into()],
    };
    let submitted = system.issuer.call(committee.address(), &submit).await;
    assert_eq!(reason(submitted)?, Reason::SignatureWithdrawn);
    Ok(())
}

/// H3: a deadline of 2^64 - 1.
async fn to_keep_an_approval_for_ever(system: &System) -> Result<()> {
    let network = &system.network;
    let committee = CommitteeOf::new(network, network.committee());
    let maker = maker(system)?;
    let threshold = Decision {
        number: 2,
        ..Decision::empty(DecisionKind::SetThreshold)
    };
    let lane = Lane::of(&threshold);
    let decision = committee.situated(threshold, maker.address(), lane).await?;
    let now = network.now().await?;
    for deadline in [u64::MAX, now + MAX_DEADLINE_AHEAD + A_DAY] {
        let propose = Committee::proposeCall {
            decision: contract_decision(&Decision {
                deadline,
                ..decision
            }),
        };
        let proposed = maker.call(committee.address(), &propose).await;
        assert_eq!(reason(proposed)?, Reason::InvalidTime);
    }
    Ok(())
}

/// M2: whoever executes first what comes later in a lane.
async fn to_have_one_decision_kill_another(system: &System) -> Result<()> {
    let [one, other] = [0x93, 0x94].map(Address::repeat_byte);
    let freeze = |account| about_account(system, DecisionKind::FreezeHolder, account);
    let first = system.approved(freeze(one)).await?;
    let second = system.approved(freeze(other)).await?;
    system.decide(second).await?;
    system.decide(first).await?;

    // And no decision about one account stands in another's lane.
    let network = &system.network;
    let maker = maker(system)?;
    let committee = CommitteeOf::new(network, network.committee());
    let stray = Decision {
        nonce: Nonce {
            key: Lane::of(&freeze(one)).0,
            sequence: 7,
        }
        .into(),
        deadline: network.now().await? + A_DAY,
        ..freeze(other)
    };
    let propose = Committee::proposeCall {
        decision: contract_decision(&stray),
    };
    let proposed = maker.call(committee.address(), &propose).await;
    assert_eq!(reason(proposed)?, Reason::InvalidDecision);
    Ok(())
}

/// H3: the holder's friend has a hold and an old resumption executed before the revocation.
async fn to_void_a_revocation_by_what_else_is_approved(system: &System) -> Result<()> {
    let license = committees_license(system).await?;
    let decision = |kind| about_license(system, kind, license);
    let suspended = system.approved(decision(DecisionKind::Suspend)).await?;
    system.decide(suspended).await?;
    let resume = system.approved(decision(DecisionKind::Resume)).await?;
    let hold = Decision {
        number: 1,
        ..decision(DecisionKind::FreezeToken)
    };
    let hold = system.approved(hold).await?;
    let revoke = system.approved(decision(DecisionKind::Revoke)).await?;
    system.decide(hold).await?;
    assert_eq!(reason(system.decide(resume).await)?, Reason::NotAsApproved);
    system.decide(revoke).await?;
    Ok(())
}

/// H3: the holder's enemy kept an approved revocation until the committee resumed the license.
async fn to_carry_out_what_the_committee_took_back(system: &System) -> Result<()> {
    let license = committees_license(system).await?;
    let decision = |kind| about_license(system, kind, license);
    let suspended = system.approved(decision(DecisionKind::Suspend)).await?;
    system.decide(suspended).await?;
    let revoke = system.approved(decision(DecisionKind::Revoke)).await?;
    let resume = system.approved(decision(DecisionKind::Resume)).await?;
    system.decide(resume).await?;
    assert_eq!(reason(system.decide(revoke).await)?, Reason::NotAsApproved);
    Ok(())
}

/// H3: a revocation was decided about the holder before the committee gave the license to somebody else, and
/// an enemy of that one kept it.
async fn to_turn_a_forgotten_revocation_against_the_next_holder(system: &System) -> Result<()> {
    let license = committees_license(system).await?;
    let revoke = about_license(system, DecisionKind::Revoke, license);
    let forgotten = system.approved(revoke).await?;
    let seizure = Decision {
        account: system.issuer.address().into_array(),
        counterparty: [0x97; 20],
        number: 1,
        ..about_license(system, DecisionKind::ForcedTransfer, license)
    };
    let seizure = system.approved(seizure).await?;
    let meant = system.approved(revoke).await?;
    system.decide(seizure).await?;
    let refused = system.decide(forgotten).await;
    assert_eq!(reason(refused)?, Reason::NotAsApproved);
    // Its members knew of the seizure.
    system.decide(meant).await?;
    Ok(())
}

/// H3: a hold was approved before a sale, and the license was let go at the buyer's.
async fn to_hold_again_what_was_let_go_at_another_holder(system: &System) -> Result<()> {
    let license = committees_license(system).await?;
    let hold = Decision {
        number: 1,
        ..about_license(system, DecisionKind::FreezeToken, license)
    };
    let forgotten = system.approved(hold).await?;
    let sale = License::transferFromCall {
        from: system.issuer.address(),
        to: Address::repeat_byte(0x98),
        tokenId: license,
    };
    system.call(&system.issuer, &sale).await?;
    let held = system.approved(hold).await?;
    system.decide(held).await?;
    let release = about_license(system, DecisionKind::ReleaseToken, license);
    let released = system.approved(release).await?;
    system.decide(released).await?;
    let refused = system.decide(forgotten).await;
    assert_eq!(reason(refused)?, Reason::NotAsApproved);
    Ok(())
}

/// H3: anybody records that a suspension has lifted, so that the version moves that a grant names.
async fn to_void_a_grant_by_recording_what_time_did(system: &System) -> Result<()> {
    const A_WHILE: u64 = 300;
    let license = committees_license(system).await?;
    let decision = |kind| about_license(system, kind, license);
    let hold = Decision {
        number: 1,
        ..decision(DecisionKind::FreezeToken)
    };
    let suspend = Decision {
        valid_until: system.network.now().await? + A_WHILE,
        ..decision(DecisionKind::Suspend)
    };
    for restriction in [hold, suspend] {
        let id = system.approved(restriction).await?;
        system.decide(id).await?;
    }
    let release = system
        .approved(decision(DecisionKind::ReleaseToken))
        .await?;
    let clock = NodeControl::new(&system.stack.endpoints().node)?;
    clock.advance(A_WHILE + 1).await?;
    let stranger = system.network.submitter(Signer::from_uri("//Charlie")?)?;
    let settle = License::settleCall { tokenId: license };
    system.call(&stranger, &settle).await?;
    system.decide(release).await?;
    Ok(())
}

/// What is signed describes the license as it is.
async fn to_show_members_another_license(system: &System) -> Result<()> {
    let network = &system.network;
    let license = committees_license(system).await?;
    let committee = CommitteeOf::new(network, network.committee());
    let maker = maker(system)?;
    let somebody_elses = Decision {
        account: [0x95; 20],
        deadline: network.now().await? + A_DAY,
        ..about_license(system, DecisionKind::Revoke, license)
    };
    let lane = Lane::of(&somebody_elses);
    let decision = committee
        .situated(somebody_elses, maker.address(), lane)
        .await?;
    let propose = Committee::proposeCall {
        decision: contract_decision(&decision),
    };
    let proposed = maker.call(committee.address(), &propose).await;
    assert_eq!(reason(proposed)?, Reason::NotAsApproved);
    Ok(())
}

/// M1: what did not reach its threshold does not reach it by a lower one.
async fn to_revive_a_failed_decision_by_a_lower_threshold(system: &System) -> Result<()> {
    let threshold = |number| {
        let mut decision = Decision {
            number,
            ..Decision::empty(DecisionKind::SetThreshold)
        };
        decision.token_id[31] = DecisionKind::FreezeHolder.code();
        decision
    };
    let raised = system.approved(threshold(3)).await?;
    system.decide(raised).await?;
    let holder = Address::repeat_byte(0x96);
    let failed = about_account(system, DecisionKind::FreezeHolder, holder);
    let failed = system.approved(failed).await?;
    assert_eq!(reason(system.decide(failed).await)?, Reason::NotYetApproved);
    let lowered = system.approved(threshold(2)).await?;
    system.decide(lowered).await?;
    assert_eq!(reason(system.decide(failed).await)?, Reason::WrongEpoch);
    let network = &system.network;
    let committee = CommitteeOf::new(network, network.committee());
    let standing = committee.decision(failed).await?;
    let needed = (standing.weight, standing.threshold);
    (needed == (2, 3)).then_some(()).context("2 of 3")
}
