//! Kills the indexer, the deliverer and an attester at random moments of a burst of changes, the node just
//! after a change became final, and anvil while it saves its state; after that nothing is lost and nothing is
//! doubled.
//!
//! `LEX_SEED=N` repeats a run's choices; `LEX_KILLS=N` kills the node as often.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use alloy::sol_types::SolInterface;
use anyhow::{Context, Result};
use lex_cli::agreement::settle_and_compare;
use lex_cli::stack::{Component, wait};
use lex_client::abi::license::License::{self, LicenseCalls};
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

/// How often the node is killed unless `LEX_KILLS` says otherwise.
const NODE_KILLS: u64 = 3;
/// Longest time between a change's finality and the kill of the node.
const SOON: Duration = Duration::from_millis(200);
/// How long a change may take that is not lost with the node; one that takes longer is not counted.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing() -> Result<()> {
    let seed = seed()?;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_takes_back_nothing_that_was_final() -> Result<()> {
    let kills = match std::env::var("LEX_KILLS") {
        Ok(kills) => kills.parse().context("LEX_KILLS is a number")?,
        Err(_) => NODE_KILLS,
    };
    let mut rng = StdRng::seed_from_u64(seed()?);
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let licenses = system
        .issue_many(license_type, system.issuer.address(), LICENSES)
        .await?;
    let mut confirmed = 0;
    for kill in 1..=kills {
        let soon = rng.random_range(Duration::ZERO..SOON);
        confirmed += changes_before_a_kill(&system, &licenses, soon).await?;
        let agreement = settle_and_compare(&system.network, RECOVERY).await?;
        assert!(agreement.holds(), "kill {kill}: {agreement:#?}");
    }
    eprintln!("{kills} kills of the node, {confirmed} changes confirmed before them");
    assert!(confirmed > 0);
    every_update_was_mirrored_once(&system, &licenses).await?;
    the_index_follows_from_its_raw_events(&system).await?;
    system.stack.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_a_kill_broke_costs_the_mirror_nothing() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let mut licenses = Vec::new();
    // As a kill leaves it that comes after anvil emptied the file, and halfway through its writing.
    for part in [0, 2] {
        licenses.push(system.issue(license_type, system.issuer.address()).await?);
        until_copied(&system).await?;
        licenses.push(system.issue(license_type, system.issuer.address()).await?);
        settle_and_compare(&system.network, RECOVERY).await?;
        break_the_dump(&system, part).await?;
        let agreement = settle_and_compare(&system.network, RECOVERY).await?;
        assert!(agreement.holds(), "{agreement:#?}");
        assert_eq!(agreement.licenses.len(), licenses.len());
    }
    every_update_was_mirrored_once(&system, &licenses).await?;
    system.stack.stop().await;
    Ok(())
}

/// Waits until the supervisor has kept a dump that has everything mirrored so far.
async fn until_copied(system: &System) -> Result<()> {
    settle_and_compare(&system.network, RECOVERY).await?;
    let settled = SystemTime::now();
    let folder = system.stack.config().state.join("anvil");
    let dump = folder.join("state.json");
    wait::until("a copy of anvil's next dump", RECOVERY, || async {
        let read = |name| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
        let written = std::fs::metadata(&dump).and_then(|dump| dump.modified());
        let is_new = written.is_ok_and(|written| written > settled);
        let is_kept = read("state.json")? == read("state.whole.json")?;
        (is_new && is_kept)
            .then_some(())
            .ok_or_else(|| format!("new: {is_new}, kept: {is_kept}"))
    })
    .await?;
    Ok(())
}

/// Kills anvil and leaves the first 1/`part` of its dump; 0: nothing of it.
async fn break_the_dump(system: &System, part: usize) -> Result<()> {
    let anvil = system.stack.component("anvil")?;
    anvil.kill9().await?;
    let dump = system.stack.config().state.join("anvil/state.json");
    let whole = std::fs::read(&dump)?;
    let length = whole.len().checked_div(part).unwrap_or(0);
    std::fs::write(&dump, &whole[..length])?;
    anvil.restart().await?;
    Ok(())
}

/// Suspends or resumes each license while the node is killed `soon` after the first change is final. The
/// node that is started then has every change that was confirmed. Returns how many those were.
async fn changes_before_a_kill(
    system: &System,
    licenses: &[U256],
    soon: Duration,
) -> Result<usize> {
    let network = &system.network;
    let mut versions = Vec::new();
    let mut calls = Vec::new();
    for id in licenses {
        let license = network.chain_license(*id, 0).await?.context("it exists")?;
        let call = if license.status == "Suspended" {
            LicenseCalls::resume(License::resumeCall { tokenId: *id })
        } else {
            LicenseCalls::suspend(License::suspendCall {
                tokenId: *id,
                reason: 2,
                evidence: B256::repeat_byte(1),
                liftsAt: 0,
            })
        };
        versions.push(license.version);
        calls.push((network.license(), call.abi_encode()));
    }
    // What the last node lost leaves a gap in the nonces that another submitter counted.
    let issuer = network
        .submitter(Signer::from_uri(ISSUER)?)?
        .with_timeout(CONFIRMED_WITHIN);
    let before = network.source.finalized().await?.number;
    let node = system.stack.component("node")?;
    let kill = async {
        while network.source.finalized().await?.number == before {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(soon).await;
        node.kill9().await?;
        anyhow::Ok(node.restart().await?)
    };
    let (submitted, killed) = tokio::join!(issuer.call_many(calls), kill);
    killed?;
    let mut confirmed = 0;
    for ((id, version), submitted) in licenses.iter().zip(versions).zip(submitted) {
        if submitted.is_ok() {
            let license = network.chain_license(*id, 0).await?.context("it exists")?;
            assert_eq!(license.version, version + 1, "license {id}: it was final");
            confirmed += 1;
        }
    }
    Ok(confirmed)
}

/// What a run's choices follow from.
fn seed() -> Result<u64> {
    let seed = match std::env::var("LEX_SEED") {
        Ok(seed) => seed.parse().context("LEX_SEED is a number")?,
        Err(_) => rand::rng().random(),
    };
    eprintln!("LEX_SEED={seed} repeats this run's choices");
    Ok(seed)
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

async fn every_update_was_mirrored_once(system: &System, licenses: &[U256]) -> Result<()> {
    let mirror = system.stack.endpoints().mirror;
    lex_tests::every_update_was_mirrored_once(&system.network, &mirror, licenses).await
}

async fn the_index_follows_from_its_raw_events(system: &System) -> Result<()> {
    let indexer = system.stack.component("indexer")?;
    let config = system.stack.config().state.join("config/indexer.toml");
    lex_tests::the_index_follows_from_its_raw_events(&indexer.spec().program, &config).await
}
