//! The code behind the license proxy is replaced on the real node, with licenses in it: the committee
//! decides, state and outbox go on, and index and mirror notice nothing but what happens afterwards.

use std::time::Duration;

use alloy::sol_types::SolValue;
use anyhow::Result;
use lex_cli::agreement::settle_and_compare;
use lex_cli::deploy::{ContractCode, other_code};
use lex_cli::deployment::CodeHashes;
use lex_cli::stack::find_contracts;
use lex_cli::target::repository;
use lex_client::abi::license::License;
use lex_client::abi::proxy::Proxy::{self, ProxyEvents};
use lex_client::{Address, B256, Submitted, U256};
use lex_model::{Decision, DecisionKind, Reason, Status};
use lex_tests::{System, TypeTerms, reason};

/// Longest time for index and mirror to have everything.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn licenses_outlive_the_code_that_keeps_them() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let before = system.network.outbox().await?;
    let next = second_build(&system).await?;
    what_runs_other_code_is_named(&system).await?;

    only_the_committee_upgrades(&system, next).await?;
    another_layout_is_refused(&system).await?;
    assert_eq!(system.network.outbox().await?, before);

    let id = system.approved(upgrade(&system, next).await?).await?;
    let submitted = system.decide(id).await?;
    assert_eq!(upgraded(&submitted), Some(next));
    let license_proxy = system.network.license();
    let behind = system.network.source.implementation(license_proxy).await?;
    assert_eq!(behind, Some(next));
    decisions_of_every_kind_of_account_are_found(&system, id).await?;
    assert_eq!(system.network.outbox().await?, before);

    let suspend = License::suspendCall {
        tokenId: license,
        reason: 1,
        evidence: B256::ZERO,
        liftsAt: 0,
    };
    system.call(&system.issuer, &suspend).await?;
    let agreement = settle_and_compare(&system.network, WITHIN).await?;
    assert!(agreement.holds());
    assert_eq!(agreement.outbox_nonce, before.nonce + 1);
    let mirrored = system.network.mirror.license(license).await?;
    assert_eq!(
        mirrored.map(|mirrored| mirrored.status),
        Some(Status::Suspended)
    );
    let another = system.issue(license_type, system.issuer.address()).await?;
    assert_eq!(another, license + U256::from(1));
    system.stack.stop().await;
    Ok(())
}

/// The chain runs the committed code; when that changes, each contract is known by its name.
async fn what_runs_other_code_is_named(system: &System) -> Result<()> {
    let committed = CodeHashes::read(&find_contracts(&repository())?)?;
    assert_eq!(runs_other_code(system, committed).await?, [""; 0]);

    let changed = B256::repeat_byte(1);
    let policy = CodeHashes {
        policy: changed,
        ..committed
    };
    assert_eq!(runs_other_code(system, policy).await?, ["policy"]);
    let behind_proxies = CodeHashes {
        license: changed,
        seats: changed,
        ..committed
    };
    assert_eq!(
        runs_other_code(system, behind_proxies).await?,
        ["license", "seats"]
    );
    Ok(())
}

async fn runs_other_code(system: &System, expected: CodeHashes) -> Result<Vec<&'static str>> {
    let deployment = &system.stack.deployment().source;
    let other = other_code(&system.network.source, deployment, &expected).await?;
    Ok(other.into_iter().map(|other| other.contract).collect())
}

async fn only_the_committee_upgrades(system: &System, next: Address) -> Result<()> {
    let directly = Proxy::upgradeToCall {
        implementation: next,
    };
    for stranger in [&system.admin, &system.issuer] {
        let refused = system.call(stranger, &directly).await;
        assert_eq!(reason(refused)?, Reason::NotUpgrader);
    }
    Ok(())
}

/// Policy has no layout version, and an account has no code at all.
async fn another_layout_is_refused(system: &System) -> Result<()> {
    for (wrong, expected) in [
        (system.network.policy(), Reason::LayoutMismatch),
        (system.issuer.address(), Reason::NotAContract),
    ] {
        let id = system.approved(upgrade(system, wrong).await?).await?;
        assert_eq!(reason(system.decide(id).await)?, expected);
    }
    Ok(())
}

/// The two refused decisions and this one, all proposed by a Substrate account.
async fn decisions_of_every_kind_of_account_are_found(system: &System, last: B256) -> Result<()> {
    let network = &system.network;
    settle_and_compare(network, WITHIN).await?;
    let found = network.indexer.decisions(network.committee()).await?;
    assert_eq!((found.len(), found.first()), (3, Some(&last)));
    Ok(())
}

async fn upgrade(system: &System, implementation: Address) -> Result<Decision> {
    let source = &system.network.source;
    let replaces = source.implementation(system.network.license()).await?;
    Ok(Decision {
        target: system.network.license().into_array(),
        counterparty: implementation.into_array(),
        account: replaces.unwrap_or_default().into_array(),
        // An account without code has no hash; a decision names one all the same.
        evidence: source
            .code_hash(implementation)
            .await?
            .unwrap_or(B256::repeat_byte(1))
            .0,
        ..Decision::empty(DecisionKind::Upgrade)
    })
}

/// The license contract's code once more, at another address.
async fn second_build(system: &System) -> Result<Address> {
    let code = ContractCode::read(&find_contracts(&repository())?)?;
    let policy = system.network.policy().abi_encode();
    Ok(system.admin.deploy(code.license, policy).await?.0)
}

/// The implementation that a transaction gave the proxy.
fn upgraded(submitted: &Submitted) -> Option<Address> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<ProxyEvents>() {
            Ok(ProxyEvents::Upgraded(upgraded)) => Some(upgraded.implementation),
            _ => None,
        })
}
