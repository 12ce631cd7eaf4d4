//! Every refusal of the contracts, seen by a wallet on the real node: the reason that `explain`
//! gives before is the reason with which the call fails.

use anyhow::{Context, Result};
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::{ActionKind, KIND_TYPE, Reason, Status};
use lex_tests::{NodeControl, System, TypeTerms, reason, reason_of};

#[tokio::test(flavor = "multi_thread")]
async fn wallets_see_the_reason() -> Result<()> {
    let system = System::start().await?;
    unknown_ids_are_refused(&system).await?;
    other_issuers_are_refused(&system).await?;
    wrong_states_are_refused(&system).await?;
    bound_licenses_do_not_move(&system).await?;
    supply_is_capped(&system).await?;
    closed_types_issue_nothing(&system).await?;
    only_the_administrator_changes_rules(&system).await?;
    bad_arguments_are_refused(&system).await?;
    // Last: it moves the chain's clock away from this machine's.
    expired_terms_are_refused(&system).await?;
    system.stack.stop().await;
    Ok(())
}

async fn unknown_ids_are_refused(system: &System) -> Result<()> {
    let unknown = U256::from(u64::MAX);
    let refused = system
        .call(&system.issuer, &License::renewCall { tokenId: unknown })
        .await;
    assert_eq!(reason(refused)?, Reason::UnknownLicense);
    let refused = system.issue(u64::MAX, system.issuer.address()).await;
    assert_eq!(
        reason_of(refused.expect_err("no such type"))?,
        Reason::UnknownType
    );
    let unknown_type = explained(
        system,
        ActionKind::Issue,
        &system.issuer,
        U256::ZERO,
        u64::MAX,
    )
    .await?;
    assert_eq!(unknown_type, [Reason::UnknownType]);
    Ok(())
}

async fn other_issuers_are_refused(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let stranger = system.network.submitter(Signer::from_uri("//Charlie")?)?;
    let suspend = suspend_call(license, 0);
    assert_eq!(
        reason(system.call(&stranger, &suspend).await)?,
        Reason::NotLicenseIssuer
    );

    system.register(stranger.address()).await?;
    system.grant(stranger.address(), license_type, "DE").await?;
    assert_eq!(
        reason(system.call(&stranger, &suspend).await)?,
        Reason::NotLicenseIssuer
    );
    let issue = issue_call(license_type, "US-NY");
    assert_eq!(
        reason(system.call(&stranger, &issue).await)?,
        Reason::IssuerNotGranted
    );
    system
        .call(&stranger, &issue_call(license_type, "DE-BE"))
        .await?;

    let remove = Policy::removeIssuerCall {
        issuer: stranger.address(),
    };
    system.admin.call(system.network.policy(), &remove).await?;
    let issue = issue_call(license_type, "DE");
    assert_eq!(
        reason(system.call(&stranger, &issue).await)?,
        Reason::UnknownIssuer
    );
    Ok(())
}

async fn wrong_states_are_refused(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let issuer = &system.issuer;
    let resume = License::resumeCall { tokenId: license };
    refused_alike(
        system,
        issuer,
        ActionKind::Resume,
        license,
        &resume,
        Reason::WrongState,
    )
    .await?;

    system.call(issuer, &suspend_call(license, 0)).await?;
    let renew = License::renewCall { tokenId: license };
    refused_alike(
        system,
        issuer,
        ActionKind::Renew,
        license,
        &renew,
        Reason::WrongState,
    )
    .await?;
    let transfer = transfer_call(issuer.address(), license);
    refused_alike(
        system,
        issuer,
        ActionKind::Transfer,
        license,
        &transfer,
        Reason::WrongState,
    )
    .await?;
    let surrender = License::surrenderCall { tokenId: license };
    refused_alike(
        system,
        issuer,
        ActionKind::Surrender,
        license,
        &surrender,
        Reason::WrongState,
    )
    .await?;
    let settle = License::settleCall { tokenId: license };
    assert_eq!(
        reason(system.call(issuer, &settle).await)?,
        Reason::NotLifted
    );

    system.call(issuer, &revoke_call(license)).await?;
    for kind in [
        ActionKind::Renew,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Revoke,
    ] {
        let reasons = explained(system, kind, issuer, license, license_type).await?;
        assert!(
            reasons.contains(&Reason::WrongState),
            "{kind:?} of a revoked license: {reasons:?}"
        );
    }
    assert_eq!(
        reason(system.call(issuer, &resume).await)?,
        Reason::WrongState
    );
    assert_eq!(
        reason(system.call(issuer, &revoke_call(license)).await)?,
        Reason::WrongState
    );
    Ok(())
}

async fn bound_licenses_do_not_move(system: &System) -> Result<()> {
    let bound = TypeTerms {
        transferable: false,
        ..TypeTerms::default()
    };
    let license_type = system.license_type(bound).await?;
    let issuer = &system.issuer;
    let license = system.issue(license_type, issuer.address()).await?;
    let transfer = transfer_call(issuer.address(), license);
    refused_alike(
        system,
        issuer,
        ActionKind::Transfer,
        license,
        &transfer,
        Reason::NotTransferable,
    )
    .await
}

async fn supply_is_capped(system: &System) -> Result<()> {
    let single = TypeTerms {
        supply_cap: 1,
        ..TypeTerms::default()
    };
    let license_type = system.license_type(single).await?;
    system.issue(license_type, system.issuer.address()).await?;
    let refused = system.issue(license_type, system.issuer.address()).await;
    assert_eq!(
        reason_of(refused.expect_err("the cap is reached"))?,
        Reason::SupplyExhausted
    );
    Ok(())
}

async fn closed_types_issue_nothing(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let close = Policy::setTypeOpenCall {
        licenseType: license_type,
        open: false,
    };
    system.admin.call(system.network.policy(), &close).await?;
    assert!(
        !is_usable(system, license).await?,
        "a license of a closed type is not usable"
    );
    let refused = system.issue(license_type, system.issuer.address()).await;
    assert_eq!(
        reason_of(refused.expect_err("the type is closed"))?,
        Reason::TypeClosed
    );
    let again = system.admin.call(system.network.policy(), &close).await;
    assert_eq!(reason(again)?, Reason::AlreadySo);
    Ok(())
}

async fn only_the_administrator_changes_rules(system: &System) -> Result<()> {
    let policy = system.network.policy();
    let register = Policy::registerIssuerCall {
        issuer: system.issuer.address(),
        name: "Myself".to_owned(),
    };
    assert_eq!(
        reason(system.issuer.call(policy, &register).await)?,
        Reason::NotAdmin
    );
    let told = License::restrictCall {
        kind: KIND_TYPE,
        holder: Address::ZERO,
        licenseType: 1,
        value: 1,
    };
    assert_eq!(
        reason(system.call(&system.admin, &told).await)?,
        Reason::NotPolicy
    );
    let initialize = License::initializeCall { policy };
    assert_eq!(
        reason(system.call(&system.admin, &initialize).await)?,
        Reason::AlreadyInitialized
    );
    Ok(())
}

async fn bad_arguments_are_refused(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let issuer = &system.issuer;
    let nowhere = issue_call(license_type, "nowhere");
    assert_eq!(
        reason(system.call(issuer, &nowhere).await)?,
        Reason::InvalidJurisdiction
    );
    let to_nobody = License::issueCall {
        to: Address::ZERO,
        ..issue_call(license_type, "US")
    };
    assert_eq!(
        reason(system.call(issuer, &to_nobody).await)?,
        Reason::ZeroAddress
    );
    for valid_from in [1, u64::MAX] {
        let issue = License::issueCall {
            validFrom: valid_from,
            ..issue_call(license_type, "US")
        };
        assert_eq!(
            reason(system.call(issuer, &issue).await)?,
            Reason::InvalidTime
        );
    }
    let license = system.issue(license_type, issuer.address()).await?;
    let no_reason = License::revokeCall {
        reason: 0,
        ..revoke_call(license)
    };
    assert_eq!(
        reason(system.call(issuer, &no_reason).await)?,
        Reason::MissingReason
    );
    let in_the_past = suspend_call(license, 1);
    assert_eq!(
        reason(system.call(issuer, &in_the_past).await)?,
        Reason::InvalidTime
    );
    let stranger = system.network.submitter(Signer::from_uri("//Dave")?)?;
    let theft = transfer_call(issuer.address(), license);
    assert_eq!(
        reason(system.call(&stranger, &theft).await)?,
        Reason::NotApproved
    );
    Ok(())
}

async fn expired_terms_are_refused(system: &System) -> Result<()> {
    let short = TypeTerms {
        term: 1_000,
        renewal_window: 100,
        grace: 500,
        ..TypeTerms::default()
    };
    let license_type = system.license_type(short).await?;
    let issuer = &system.issuer;
    let license = system.issue(license_type, issuer.address()).await?;
    let renew = License::renewCall { tokenId: license };
    let transfer = transfer_call(issuer.address(), license);
    refused_alike(
        system,
        issuer,
        ActionKind::Renew,
        license,
        &renew,
        Reason::RenewalNotOpen,
    )
    .await?;

    let clock = NodeControl::new(&system.stack.endpoints().node)?;
    clock.advance(1_001).await?;
    assert!(
        !is_usable(system, license).await?,
        "a license in grace is not usable"
    );
    let resume = License::resumeCall { tokenId: license };
    refused_alike(
        system,
        issuer,
        ActionKind::Resume,
        license,
        &resume,
        Reason::WrongState,
    )
    .await?;

    clock.advance(500).await?;
    refused_alike(
        system,
        issuer,
        ActionKind::Renew,
        license,
        &renew,
        Reason::RenewalClosed,
    )
    .await?;
    refused_alike(
        system,
        issuer,
        ActionKind::Transfer,
        license,
        &transfer,
        Reason::TermExpired,
    )
    .await?;
    let suspend = suspend_call(license, 0);
    refused_alike(
        system,
        issuer,
        ActionKind::Suspend,
        license,
        &suspend,
        Reason::TermExpired,
    )
    .await?;
    let view = system
        .network
        .chain_license(license, u64::MAX)
        .await?
        .context("it exists")?;
    assert_eq!(view.status, Status::Expired.name());
    Ok(())
}

/// `explain` names the reason first, and the call fails with the same one.
async fn refused_alike<C: alloy::sol_types::SolCall>(
    system: &System,
    caller: &Submitter,
    kind: ActionKind,
    license: U256,
    call: &C,
    expected: Reason,
) -> Result<()> {
    let explained = explained(system, kind, caller, license, 0).await?;
    assert_eq!(
        explained.first(),
        Some(&expected),
        "explain({kind:?}) says {explained:?}"
    );
    assert_eq!(
        reason(system.call(caller, call).await)?,
        expected,
        "{kind:?}"
    );
    Ok(())
}

async fn explained(
    system: &System,
    kind: ActionKind,
    caller: &Submitter,
    license: U256,
    license_type: u64,
) -> Result<Vec<Reason>> {
    let explain = License::explainCall {
        action: kind as u8,
        caller: caller.address(),
        tokenId: license,
        licenseType: license_type,
        jurisdiction: "US-NY".to_owned(),
        to: other_holder(),
    };
    let network = &system.network;
    let refusals = network
        .source
        .read(None, network.license(), caller.address(), &explain)
        .await?;
    refusals
        .iter()
        .map(|refusal| Reason::from_code(refusal.code).context("unknown code"))
        .collect()
}

async fn is_usable(system: &System, license: U256) -> Result<bool> {
    let network = &system.network;
    let call = License::isUsableCall { tokenId: license };
    Ok(network
        .source
        .read(None, network.license(), Address::ZERO, &call)
        .await?)
}

fn other_holder() -> Address {
    Address::repeat_byte(0x77)
}

fn issue_call(license_type: u64, jurisdiction: &str) -> License::issueCall {
    License::issueCall {
        to: other_holder(),
        licenseType: license_type,
        jurisdiction: jurisdiction.to_owned(),
        validFrom: 0,
        metadataHash: B256::ZERO,
        tokenURI: "https://licenses.example/1".to_owned(),
    }
}

fn suspend_call(license: U256, lifts_at: u64) -> License::suspendCall {
    License::suspendCall {
        tokenId: license,
        reason: 7,
        evidence: B256::ZERO,
        liftsAt: lifts_at,
    }
}

fn revoke_call(license: U256) -> License::revokeCall {
    License::revokeCall {
        tokenId: license,
        reason: 7,
        evidence: B256::ZERO,
    }
}

fn transfer_call(from: Address, license: U256) -> License::transferFromCall {
    License::transferFromCall {
        from,
        to: other_holder(),
        tokenId: license,
    }
}
