//! What opens the gates of an action and what does not, seen by a wallet on the real node.

use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use anyhow::Result;
use lex_cli::evidence::{Evidence, SignedClearance};
use lex_cli::rules::Role;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::{ActionKind, Gates, Group, Reason, Status};
use lex_tests::{ClearanceTerms, System, TypeTerms, reason, reason_of};

const MINIMUM_SCORE: u16 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn gates_open_for_what_they_ask_for_alone() -> Result<()> {
    let system = System::start().await?;
    approvals_are_the_committees(&system).await?;
    clearances_are_for_one_activation(&system).await?;
    clearances_are_used_once(&system).await?;
    nothing_is_issued_without_rules(&system).await?;
    pauses_stop_their_group(&system).await?;
    frozen_holders_keep_what_they_hold(&system).await?;
    force_is_the_committees(&system).await?;
    system.stack.stop().await;
    Ok(())
}

async fn approvals_are_the_committees(system: &System) -> Result<()> {
    let license_type = system.gated_type(Gates::COMMITTEE, 0, 0).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    assert_eq!(status(system, license).await?, Status::Pending.name());
    let activate = system.activation(license, &Evidence::default()).await?;
    let refused = system.call(&system.issuer, &activate).await;
    assert_eq!(reason(refused)?, Reason::ApprovalRequired);
    let explained = explained(system, ActionKind::Activate, license).await?;
    assert_eq!(explained, [Reason::ApprovalRequired]);
    Ok(())
}

async fn clearances_are_for_one_activation(system: &System) -> Result<()> {
    let license_type = system
        .gated_type(Gates::CLEARANCE, 0, MINIMUM_SCORE)
        .await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let other = system.issue(license_type, system.issuer.address()).await?;
    let none = system.activation(license, &Evidence::default()).await?;
    let refused = system.call(&system.issuer, &none).await;
    assert_eq!(reason(refused)?, Reason::ClearanceRequired);

    let stranger = ClearanceTerms {
        signer: Some(PrivateKeySigner::random()),
        ..ClearanceTerms::default()
    };
    let expired = ClearanceTerms {
        expires_at: Some(1),
        ..ClearanceTerms::default()
    };
    let unsafe_holder = ClearanceTerms {
        score: MINIMUM_SCORE - 1,
        ..ClearanceTerms::default()
    };
    let wrong = [
        (license, stranger, Reason::ClearanceInvalid),
        (other, ClearanceTerms::default(), Reason::ClearanceInvalid),
        (license, expired, Reason::ClearanceExpired),
        (license, unsafe_holder, Reason::ScoreTooLow),
    ];
    for (cleared, terms, expected) in wrong {
        let clearance = system.clearance(cleared, None, terms).await?;
        let activate = system.activation(license, &with(clearance)).await?;
        let refused = system.call(&system.issuer, &activate).await;
        assert_eq!(reason(refused)?, expected);
    }

    let clearance = system
        .clearance(license, None, ClearanceTerms::default())
        .await?;
    let changed = SignedClearance {
        score: clearance.score + 1,
        ..clearance.clone()
    };
    let activate = system.activation(license, &with(changed)).await?;
    let refused = system.call(&system.issuer, &activate).await;
    assert_eq!(reason(refused)?, Reason::ClearanceInvalid);

    let activate = system.activation(license, &with(clearance)).await?;
    system.call(&system.issuer, &activate).await?;
    assert_eq!(status(system, license).await?, Status::Active.name());

    // A change of the type's rules makes what was cleared under the old ones worthless; another type's
    // does not.
    let clearance = system
        .clearance(other, None, ClearanceTerms::default())
        .await?;
    let policy = system.network.policy();
    let current = Policy::typeRulesCall {
        licenseType: license_type,
    };
    let source = &system.network.source;
    let rules = source.read(None, policy, Address::ZERO, &current).await?;
    let again = Policy::setTypeRulesCall {
        licenseType: license_type,
        rules,
    };
    let activate = system.activation(other, &with(clearance)).await?;
    tell(system, &system.admin, &again).await?;
    let refused = system.call(&system.issuer, &activate).await;
    assert_eq!(reason(refused)?, Reason::ClearanceInvalid);
    let clearance = system
        .clearance(other, None, ClearanceTerms::default())
        .await?;
    system.gated_type(0, 0, 0).await?;
    let activate = system.activation(other, &with(clearance)).await?;
    system.call(&system.issuer, &activate).await?;
    Ok(())
}

async fn clearances_are_used_once(system: &System) -> Result<()> {
    let license_type = system.gated_type(0, Gates::CLEARANCE, 0).await?;
    let here = &system.issuer;
    let there = system.network.submitter(Signer::from_uri("//Charlie")?)?;
    let license = system.issue(license_type, here.address()).await?;
    let bare = License::transferFromCall {
        from: here.address(),
        to: there.address(),
        tokenId: license,
    };
    let refused = system.call(here, &bare).await;
    assert_eq!(reason(refused)?, Reason::ClearanceRequired);

    let forth = transfer(system, license, here, &there).await?;
    system.call(here, &forth).await?;
    let back = transfer(system, license, &there, here).await?;
    system.call(&there, &back).await?;
    // It has changed hands since: what was cleared was another version.
    let refused = system.call(here, &forth).await;
    assert_eq!(reason(refused)?, Reason::ClearanceInvalid);
    Ok(())
}

/// A transfer with a clearance of its own.
async fn transfer(
    system: &System,
    license: U256,
    from: &Submitter,
    to: &Submitter,
) -> Result<License::transferWithCall> {
    let clearance = system
        .clearance(license, Some(to.address()), ClearanceTerms::default())
        .await?;
    Ok(License::transferWithCall {
        from: from.address(),
        to: to.address(),
        tokenId: license,
        evidence: (&with(clearance)).into(),
    })
}

async fn nothing_is_issued_without_rules(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let issue = License::issueCall {
        to: system.issuer.address(),
        licenseType: license_type,
        jurisdiction: "FR".to_owned(),
        validFrom: 0,
        metadataHash: B256::ZERO,
        tokenURI: String::new(),
    };
    let refused = system.call(&system.issuer, &issue).await;
    assert_eq!(reason(refused)?, Reason::NoRules);
    let bundle = Policy::setBundleCall {
        jurisdiction: "FR".to_owned(),
        bundleId: B256::repeat_byte(1),
        rules: Vec::new(),
    };
    tell(system, &system.admin, &bundle).await?;
    system.call(&system.issuer, &issue).await?;
    Ok(())
}

async fn pauses_stop_their_group(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let policy = system.network.policy();
    let groups = Group::Issue.bit();
    let pause = Policy::pauseCall { groups };
    let refused = system.issuer.call(policy, &pause).await;
    assert_eq!(reason(refused)?, Reason::NotGuardian);
    tell(system, &system.guardian, &pause).await?;
    let refused = system.issue(license_type, system.issuer.address()).await;
    let refused = refused.expect_err("issuing is paused");
    assert_eq!(reason_of(refused)?, Reason::Paused);
    let renew = License::renewCall { tokenId: license };
    system.call(&system.issuer, &renew).await?;

    let lift = Policy::liftPauseCall { groups };
    let refused = system.guardian.call(policy, &lift).await;
    assert_eq!(reason(refused)?, Reason::NotCommittee);
    tell(system, &system.admin, &lift).await?;
    system.issue(license_type, system.issuer.address()).await?;
    Ok(())
}

async fn frozen_holders_keep_what_they_hold(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let holder = system.network.submitter(Signer::from_uri("//Charlie")?)?;
    let license = system.issue(license_type, holder.address()).await?;
    let freeze = |frozen| Policy::setHolderFrozenCall {
        account: holder.address(),
        frozen,
        reason: 4,
        evidence: B256::ZERO,
    };
    let policy = system.network.policy();
    let refused = system.admin.call(policy, &freeze(true)).await;
    assert_eq!(reason(refused)?, Reason::NotRegulator);
    let regulate = Policy::setRoleCall {
        account: system.admin.address(),
        role: Role::Regulator.bit(),
        held: true,
    };
    tell(system, &system.admin, &regulate).await?;
    tell(system, &system.admin, &freeze(true)).await?;
    let transfer = License::transferFromCall {
        from: holder.address(),
        to: system.issuer.address(),
        tokenId: license,
    };
    let refused = system.call(&holder, &transfer).await;
    assert_eq!(reason(refused)?, Reason::HolderFrozen);
    let usable = License::isUsableCall { tokenId: license };
    let usable = system
        .network
        .source
        .read(None, system.network.license(), Address::ZERO, &usable);
    assert!(!usable.await?, "a frozen holder's license is not usable");
    tell(system, &system.admin, &freeze(false)).await?;
    system.call(&holder, &transfer).await?;
    Ok(())
}

async fn force_is_the_committees(system: &System) -> Result<()> {
    let license_type = system.gated_type(0, 0, 0).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let force = License::forceTransferCall {
        from: system.issuer.address(),
        to: system.admin.address(),
        tokenId: license,
        amount: 1,
        reason: 4,
        evidence: B256::ZERO,
    };
    let freeze = License::freezeTokenCall {
        account: system.issuer.address(),
        tokenId: license,
        amount: 1,
        reason: 4,
        evidence: B256::ZERO,
    };
    let refused = system.call(&system.issuer, &force).await;
    assert_eq!(reason(refused)?, Reason::NotCommittee);
    let refused = system.call(&system.admin, &freeze).await;
    assert_eq!(reason(refused)?, Reason::NotCommittee);
    Ok(())
}

async fn tell<C: SolCall>(system: &System, submitter: &Submitter, call: &C) -> Result<()> {
    submitter.call(system.network.policy(), call).await?;
    Ok(())
}

fn with(clearance: SignedClearance) -> Evidence {
    Evidence {
        clearance: Some(clearance),
        proof: None,
    }
}

async fn status(system: &System, license: U256) -> Result<&'static str> {
    let now = system.network.now().await?;
    let found = system.network.chain_license(license, now).await?;
    Ok(found.map_or("missing", |found| found.status))
}

/// What `explain` says to the issuer.
async fn explained(system: &System, kind: ActionKind, license: U256) -> Result<Vec<Reason>> {
    let explain = License::explainCall {
        action: kind.code(),
        caller: system.issuer.address(),
        tokenId: license,
        licenseType: 0,
        jurisdiction: String::new(),
        to: Address::ZERO,
    };
    let network = &system.network;
    let refusals = network
        .source
        .read(None, network.license(), Address::ZERO, &explain)
        .await?;
    Ok(refusals
        .iter()
        .filter_map(|refusal| Reason::from_code(refusal.code))
        .collect())
}
