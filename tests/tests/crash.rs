//! Kills the indexer, the deliverer and an attester at random moments of a burst of changes; after
//! that nothing is lost and nothing is doubled.
//!
//! `LEX_SEED=N` repeats a run's choices.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolEvent, SolInterface};
use anyhow::{Context, Result, ensure};
use lex_cli::agreement::settle_and_compare;
use lex_cli::stack::Component;
use lex_client::abi::license::License::{self, LicenseCalls};
use lex_client::abi::mirror::LicenseMirror;
use lex_client::{Address, B256, Signer, U256};
use lex_tests::{ISSUER, System, TypeTerms};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const LICENSES: usize = 40;
const ROUNDS: usize = 5;
const KILLS_AT_LEAST: usize = 3;
const VICTIMS: [&str; 3] = ["indexer", "deliverer", "attester-2"];
/// Longest time for the services to catch up after the last kill.
const RECOVERY: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing() -> Result<()> {
    let seed = match std::env::var("LEX_SEED") {
        Ok(seed) => seed.parse().context("LEX_SEED is a number")?,
        Err(_) => rand::rng().random(),
    };
    eprintln!("LEX_SEED={seed} repeats this run's choices");
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let holder = system.issuer.address();
    let licenses = system.issue_many(license_type, holder, LICENSES).await?;

    let burst_is_over = AtomicBool::new(false);
    let burst = async {
        let changes = burst(&system, &licenses, StdRng::seed_from_u64(seed)).await;
        burst_is_over.store(true, Ordering::Release);
        changes
    };
    let killers = VICTIMS.iter().zip(1..).map(|(name, number)| {
        let rng = StdRng::seed_from_u64(seed.wrapping_add(number));
        kill_at_random(&system, name, rng, &burst_is_over)
    });
    let (changes, kills) = tokio::join!(burst, futures::future::try_join_all(killers));
    eprintln!("{} changes, kills of {VICTIMS:?}: {:?}", changes?, kills?);

    let agreement = settle_and_compare(&system.network, RECOVERY).await?;
    let differing: Vec<_> = agreement
        .licenses
        .iter()
        .filter(|license| !license.agrees())
        .collect();
    assert!(agreement.holds(), "seed {seed}: {differing:#?}");
    every_update_was_mirrored_once(&system, &licenses).await?;
    the_index_follows_from_its_raw_events(&system).await?;
    system.stack.stop().await;
    Ok(())
}

/// Five rounds of one change for each license. Returns how many changes were made.
async fn burst(system: &System, licenses: &[U256], mut rng: StdRng) -> Result<usize> {
    let contract = system.network.license();
    let mut standings = vec![Standing::Held; licenses.len()];
    let mut changes = 0;
    for round in 0..ROUNDS {
        let mut calls = Vec::new();
        for (license, standing) in licenses.iter().zip(&mut standings) {
            let (call, after) = standing.change(*license, round == ROUNDS - 1, &mut rng);
            *standing = after;
            calls.push((contract, call.abi_encode()));
        }
        for submitted in system.issuer.call_many(calls).await {
            submitted.context("a change of the burst failed")?;
            changes += 1;
        }
    }
    Ok(changes)
}

/// What the burst knows of a license, to choose changes that are allowed.
#[derive(Clone, Copy)]
enum Standing {
    /// Active and held by the issuer.
    Held,
    /// Active, held by somebody else.
    Given,
    /// Suspended; whether the issuer holds it.
    Suspended { held: bool },
}

impl Standing {
    fn change(self, id: U256, is_last: bool, rng: &mut impl Rng) -> (LicenseCalls, Self) {
        let evidence = B256::from(rng.random::<[u8; 32]>());
        if is_last && rng.random_bool(0.3) {
            let revoke = License::revokeCall {
                tokenId: id,
                reason: 1,
                evidence,
            };
            // Nothing follows the last change, so the standing does not matter.
            return (LicenseCalls::revoke(revoke), self);
        }
        match self {
            Self::Suspended { held } => {
                let after = if held { Self::Held } else { Self::Given };
                (
                    LicenseCalls::resume(License::resumeCall { tokenId: id }),
                    after,
                )
            }
            Self::Held if rng.random_bool(0.4) => {
                let to = Address::from(rng.random::<[u8; 20]>());
                let from = issuer();
                let transfer = License::transferFromCall {
                    from,
                    to,
                    tokenId: id,
                };
                (LicenseCalls::transferFrom(transfer), Self::Given)
            }
            Self::Held | Self::Given => {
                let suspend = License::suspendCall {
                    tokenId: id,
                    reason: 2,
                    evidence,
                    liftsAt: 0,
                };
                let held = matches!(self, Self::Held);
                (LicenseCalls::suspend(suspend), Self::Suspended { held })
            }
        }
    }
}

fn issuer() -> Address {
    Signer::from_uri(ISSUER)
        .expect("the literal is a key")
        .address()
}

/// Kills a component again and again while the burst runs, at least three times; leaves it running.
async fn kill_at_random(
    system: &System,
    name: &str,
    mut rng: StdRng,
    burst_is_over: &AtomicBool,
) -> Result<usize> {
    let component: &Component = system.stack.component(name)?;
    let mut kills = 0;
    while kills < KILLS_AT_LEAST || !burst_is_over.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(rng.random_range(50..1_500))).await;
        component.kill9().await?;
        kills += 1;
        component.restart().await?;
    }
    Ok(kills)
}

/// The mirror announces every version of every license exactly once, in order.
async fn every_update_was_mirrored_once(system: &System, licenses: &[U256]) -> Result<()> {
    let provider = ProviderBuilder::new().connect_http(system.stack.endpoints().mirror.parse()?);
    let filter = Filter::new()
        .address(system.network.mirror.address())
        .event_signature(LicenseMirror::LicenseUpdated::SIGNATURE_HASH)
        .from_block(0);
    let mut versions: BTreeMap<U256, Vec<u32>> = BTreeMap::new();
    for log in provider.get_logs(&filter).await? {
        let updated = LicenseMirror::LicenseUpdated::decode_log(&log.inner)?;
        versions
            .entry(updated.tokenId)
            .or_default()
            .push(updated.version);
    }
    for license in licenses {
        let chain = system
            .network
            .chain_license(*license, 0)
            .await?
            .context("it exists")?;
        let expected: Vec<u32> = (1..=chain.version).collect();
        assert_eq!(versions.get(license), Some(&expected), "license {license}");
    }
    Ok(())
}

/// The indexer proves itself: its tables are what its raw events say.
async fn the_index_follows_from_its_raw_events(system: &System) -> Result<()> {
    let indexer = system.stack.component("indexer")?;
    indexer.stop().await?;
    let config = system.stack.config().state.join("config/indexer.toml");
    let output = Command::new(&indexer.spec().program)
        .arg("--config")
        .arg(config)
        .arg("check")
        .output()?;
    ensure!(
        output.status.success(),
        "lex-indexer check failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
