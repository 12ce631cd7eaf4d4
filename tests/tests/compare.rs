//! Chain, index and mirror are compared while they move.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy::sol_types::SolInterface;
use anyhow::{Context, Result, ensure};
use lex_cli::agreement::{differences_of, settle_and_compare};
use lex_client::abi::license::License::{self, LicenseCalls};
use lex_client::{B256, U256};
use lex_tests::{System, TypeTerms};

const LICENSES: usize = 12;
const COMPARISONS: usize = 8;
/// Longest time for index and mirror to get where the chain was.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn changes_during_a_comparison_are_no_disagreement() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let holder = system.issuer.address();
    let licenses = system.issue_many(license_type, holder, LICENSES).await?;
    let is_over = AtomicBool::new(false);
    let compared = async {
        let compared = compare_often(&system).await;
        is_over.store(true, Ordering::Release);
        compared
    };
    let changes = change_all(&system, license_type, &licenses, &is_over);
    let (changes, compared) = tokio::join!(changes, compared);
    compared?;
    eprintln!("{COMPARISONS} comparisons during {} changes", changes?);
    system.stack.stop().await;
    Ok(())
}

async fn compare_often(system: &System) -> Result<()> {
    for _ in 0..COMPARISONS {
        let agreement = settle_and_compare(&system.network, WITHIN).await?;
        ensure!(agreement.licenses.len() >= LICENSES);
        ensure!(agreement.holds(), "{agreement:#?}");
        let differences = differences_of(&system.network, 1).await;
        ensure!(differences.is_empty(), "{differences:?}");
    }
    Ok(())
}

/// Suspends all licenses and resumes them, again and again, and issues more. Returns how many changes it
/// made.
async fn change_all(
    system: &System,
    license_type: u64,
    licenses: &[U256],
    is_over: &AtomicBool,
) -> Result<usize> {
    let contract = system.network.license();
    let mut changes = 0;
    let mut suspend = true;
    while !is_over.load(Ordering::Acquire) {
        let calls = licenses.iter().map(|id| (contract, change(*id, suspend)));
        for submitted in system.issuer.call_many(calls.collect()).await {
            submitted.context("a change failed")?;
            changes += 1;
        }
        system.issue(license_type, system.issuer.address()).await?;
        changes += 1;
        suspend = !suspend;
    }
    Ok(changes)
}

fn change(id: U256, suspend: bool) -> Vec<u8> {
    if suspend {
        LicenseCalls::suspend(License::suspendCall {
            tokenId: id,
            reason: 2,
            evidence: B256::repeat_byte(1),
            liftsAt: 0,
        })
        .abi_encode()
    } else {
        LicenseCalls::resume(License::resumeCall { tokenId: id }).abi_encode()
    }
}
