//! The chain's runtime is replaced in the middle of traffic, on the real node.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, pin_mut};
use lex_cli::agreement::settle_and_compare;
use lex_cli::target::Network;
use lex_client::abi::license::License;
use lex_client::{B256, Signer, Source, SourceBlock, SourceError, Submitted, Submitter, U256};
use lex_tests::{Fault, FaultyNode, ISSUER, NextRuntime, NodeControl, System, TypeTerms};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

/// Longest time for what was done to be everywhere.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn the_block_of_an_upgrade_is_read_as_it_was_written() -> Result<()> {
    let system = System::start().await?;
    let [revoked, suspended] = two_licenses(&system).await?;
    // In the new runtime's words, `System.CodeUpdated` of the upgrade's block means nothing.
    let next = NextRuntime::of(&system.stack.endpoints().node)
        .await?
        .moving_event("CodeUpdated", "NewAccount", 2, 63)?;
    let submitted = revoke_in_the_block_of(&system, &next, revoked).await?;
    let block = block_of(&system, &submitted).await?;
    assert_eq!(block.events, submitted.events);

    // And it goes on: what is signed for the new runtime is taken, and everyone hears of both.
    suspend(&system.network, &system.admin, suspended).await?;
    let agreement = settle_and_compare(&system.network, WITHIN).await?;
    assert!(agreement.holds(), "{agreement:?}");
    system.stack.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_that_is_not_understood_is_said_and_nothing_skipped() -> Result<()> {
    let system = System::start().await?;
    let [revoked, _] = two_licenses(&system).await?;
    let next = NextRuntime::of(&system.stack.endpoints().node)
        .await?
        .renaming("ContractEmitted", "ContractUttered")?;
    let submitted = revoke_in_the_block_of(&system, &next, revoked).await?;

    // What the old runtime did is read whole, what the new one does not at all.
    let block = block_of(&system, &submitted).await?;
    assert_eq!(block.events, submitted.events);
    let control = NodeControl::new(&system.stack.endpoints().node)?;
    control.seal().await?;
    let error = next_after(&system, block.number).await?.unwrap_err();
    assert!(
        matches!(&error, SourceError::UnknownRuntime { spec_version: 2, what, .. }
            if what.contains("Revive.ContractEmitted")),
        "{error}"
    );

    for component in ["indexer", "attester-1", "deliverer"] {
        let reason = not_ready(&system, component).await?;
        assert!(
            reason.contains("upgrade this program"),
            "{component}: {reason}"
        );
    }
    assert_eq!(system.network.indexer.indexed_block().await?, block.number);
    system.stack.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_survives_an_upgrade_between_its_signature_and_the_node() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let node = system.stack.endpoints().node;
    let next = NextRuntime::of(&node).await?;
    let proxy = FaultyNode::in_front_of(&node).await?;
    let released = Arc::new(Notify::new());
    let hold = released.clone();
    let signed = Arc::new(Notify::new());
    let seen = signed.clone();
    proxy.misbehave(move |method, _| {
        if method != "author_submitExtrinsic" {
            return Fault::None;
        }
        seen.notify_one();
        Fault::Hold(hold.clone())
    });
    let source = Source::connect(&proxy.url()).await?;
    let issuer = Submitter::new(source, None, Signer::from_uri(ISSUER)?)?;

    let call = suspend(&system.network, &issuer, license);
    let upgrade = async {
        signed.notified().await;
        next.submit(&node, 0).await?;
        let control = NodeControl::new(&node)?;
        upgraded(&control).await?;
        proxy.behave();
        released.notify_one();
        anyhow::Ok(())
    };
    let (called, upgraded) = tokio::join!(call, upgrade);
    upgraded?;
    called.context("the call was lost with the old runtime")?;
    system.stack.stop().await;
    Ok(())
}

/// Two licenses that the administrator, who is sudo too, has issued.
async fn two_licenses(system: &System) -> Result<[U256; 2]> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let admin = system.admin.address();
    system.register(admin).await?;
    system.grant(admin, license_type, "").await?;
    Ok([
        system.issue_by(&system.admin, license_type, admin).await?,
        system.issue_by(&system.admin, license_type, admin).await?,
    ])
}

/// Both are transactions of one account: the upgrade waits in the pool for the one before it, and
/// then one block takes them in this order.
async fn revoke_in_the_block_of(
    system: &System,
    next: &NextRuntime,
    license: U256,
) -> Result<Submitted> {
    let node = system.stack.endpoints().node;
    next.submit(&node, 1).await?;
    let revoke = License::revokeCall {
        tokenId: license,
        reason: 1,
        evidence: B256::ZERO,
    };
    let submitted = system.call(&system.admin, &revoke).await?;
    ensure!(
        !submitted.events.is_empty(),
        "the license contract says nothing"
    );
    let control = NodeControl::new(&node)?;
    let block = block_of(system, &submitted).await?;
    let versions = [
        control.spec_version(block.parent_hash).await?,
        control.spec_version(block.hash).await?,
    ];
    ensure!(
        versions == [1, 2],
        "versions before and after: {versions:?}"
    );
    Ok(submitted)
}

async fn suspend(network: &Network, submitter: &Submitter, license: U256) -> Result<()> {
    let suspend = License::suspendCall {
        tokenId: license,
        reason: 1,
        evidence: B256::ZERO,
        liftsAt: 0,
    };
    submitter.call(network.license(), &suspend).await?;
    Ok(())
}

/// The block as somebody reads it who has just come.
async fn block_of(system: &System, submitted: &Submitted) -> Result<SourceBlock> {
    let contracts = [system.network.license(), system.network.policy()];
    let source = Source::connect(&system.stack.endpoints().node).await?;
    let block = source.block(submitted.block.number, &contracts).await?;
    block.context("the block is final")
}

/// The block after `number`, as it is followed.
async fn next_after(system: &System, number: u64) -> Result<Result<SourceBlock, SourceError>> {
    let source = Source::connect(&system.stack.endpoints().node).await?;
    let blocks = source.finalized_blocks(number + 1, vec![system.network.license()]);
    pin_mut!(blocks);
    let next = timeout(WITHIN, blocks.next()).await?;
    next.context("the stream has another block or an error")
}

async fn upgraded(control: &NodeControl) -> Result<()> {
    let deadline = Instant::now() + WITHIN;
    while control.best_spec_version().await? < 2 {
        ensure!(Instant::now() < deadline, "the upgrade did not come");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Why a component says that it is not ready; waits until it does.
async fn not_ready(system: &System, component: &str) -> Result<String> {
    let components = system.stack.endpoints().components;
    let found = components.iter().find(|found| found.name == component);
    let url = format!("{}/health/ready", found.context("no such component")?.url);
    let deadline = Instant::now() + WITHIN;
    loop {
        let answer = reqwest::get(&url).await?;
        if answer.status() == 503 {
            let body: Value = answer.json().await?;
            return Ok(body["reason"].as_str().unwrap_or_default().to_owned());
        }
        ensure!(Instant::now() < deadline, "{component} stays ready");
        sleep(Duration::from_millis(50)).await;
    }
}
