//! What floods want: that others wait.

use std::time::Duration;

use alloy::providers::ProviderBuilder;
use alloy::sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use lex_cli::stack::wait;
use lex_client::abi::license::License::{self, LicenseEvents};
use lex_client::abi::mirror::LicenseMirror;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::Status;
use lex_tests::{System, TypeTerms};
use tokio::task::JoinSet;

/// Accounts that the chain endows.
const COLLUDING: [&str; 10] = [
    "//Charlie",
    "//Dave",
    "//Eve",
    "//Ferdie",
    "//Alice//stash",
    "//Bob//stash",
    "//Charlie//stash",
    "//Dave//stash",
    "//Eve//stash",
    "//Ferdie//stash",
];
/// How many licenses each of them moves back and forth.
const EACH: usize = 5;
/// How many updates there are before the revocation, at least.
const FLOOD: u64 = 200;
/// How many full deliveries it may take, and the updates in one.
const DELIVERIES: u64 = 5;
const A_DELIVERY: u64 = 50;
const WITHIN: Duration = Duration::from_secs(120);

/// M3: ten accounts append as much as the chain takes; whoever reads the mirror must not go on seeing a
/// revoked license meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn ten_accounts_drown_a_revocation_in_transfers() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let revoked = system
        .issue(license_type, Address::repeat_byte(0x31))
        .await?;
    let before = system.network.outbox().await?.nonce;
    let _flood = flood(&system, license_type).await?;
    wait::until("the flood", WITHIN, || async {
        let outbox = system.network.outbox().await;
        let nonce = outbox.map_err(|error| error.to_string())?.nonce;
        (nonce >= before + FLOOD)
            .then_some(())
            .ok_or_else(|| format!("update {nonce}"))
    })
    .await?;

    let revoke = License::revokeCall {
        tokenId: revoked,
        reason: 1,
        evidence: B256::ZERO,
    };
    let submitted = system.call(&system.issuer, &revoke).await?;
    let update = submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<LicenseEvents>() {
            Ok(LicenseEvents::UpdateAppended(update)) => Some(update.nonce),
            _ => None,
        });
    let update = update.context("a revocation appends an update")?;
    let mirror = &system.network.mirror;
    let url = system.stack.endpoints().mirror.parse()?;
    let destination = ProviderBuilder::new().connect_http(url);
    let mirrored = LicenseMirror::new(mirror.address(), &destination);
    let ahead = update.saturating_sub(mirrored.nonce().call().await?);
    ensure!(
        ahead <= DELIVERIES * A_DELIVERY,
        "{ahead} updates until the revocation"
    );
    wait::until("the revocation on the mirror", WITHIN, || async {
        let seen = mirror.license(revoked).await;
        let seen = seen.map_err(|error| error.to_string())?;
        let status = seen.map(|seen| seen.status);
        (status == Some(Status::Revoked))
            .then_some(())
            .ok_or_else(|| format!("it is {status:?}"))
    })
    .await?;
    system.stack.stop().await;
    Ok(())
}

/// Each of the accounts moves its licenses to the next one and back, until the set is dropped.
async fn flood(system: &System, license_type: u64) -> Result<JoinSet<()>> {
    let mut accounts = Vec::new();
    for uri in COLLUDING {
        let signer = Signer::from_uri(uri)?;
        accounts.push(system.network.submitter(signer)?);
    }
    let contract = system.network.license();
    let mut flood = JoinSet::new();
    for (account, friend) in accounts.iter().zip(accounts.iter().cycle().skip(1)) {
        let trusting = License::setApprovalForAllCall {
            operator: account.address(),
            approved: true,
        };
        system.call(friend, &trusting).await?;
        let licenses = system
            .issue_many(license_type, account.address(), EACH)
            .await?;
        let (account, friend) = (account.clone(), friend.address());
        flood.spawn(async move {
            loop {
                let here = account.address();
                move_all(&account, contract, &licenses, here, friend).await;
                move_all(&account, contract, &licenses, friend, here).await;
            }
        });
    }
    Ok(flood)
}

/// Whether each of them moves does not matter to a flood.
async fn move_all(
    account: &Submitter,
    contract: Address,
    licenses: &[U256],
    from: Address,
    to: Address,
) {
    let moves = licenses.iter().map(|license| {
        let call = License::transferFromCall {
            from,
            to,
            tokenId: *license,
        };
        (contract, call.abi_encode())
    });
    let _moved = account.call_many(moves.collect()).await;
}
