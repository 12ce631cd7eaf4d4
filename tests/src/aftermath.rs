//! What must be true when the dust has settled.

use std::collections::BTreeMap;
use std::path::Path;

use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, ensure};
use lex_cli::target::Network;
use lex_client::U256;
use lex_client::abi::mirror::LicenseMirror;
use tokio::process::Command;

/// The mirror, on the chain behind this URL, has announced every version of every license exactly once, in
/// order.
///
/// # Errors
/// When it has not, or a chain does not answer.
pub async fn every_update_was_mirrored_once(
    network: &Network,
    mirror_url: &str,
    licenses: &[U256],
) -> Result<()> {
    let provider = ProviderBuilder::new().connect_http(mirror_url.parse()?);
    let filter = Filter::new()
        .address(network.mirror.address())
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
        let chain = network.chain_license(*license, 0).await?;
        let expected: Vec<u32> = (1..=chain.context("it exists")?.version).collect();
        let found = versions.get(license);
        ensure!(
            found == Some(&expected),
            "the mirror announced {found:?} of license {license}, not {expected:?}"
        );
    }
    Ok(())
}

/// The indexer proves itself: its tables are what its raw events say.
///
/// # Errors
/// When they are not, or `lex-indexer` cannot be run.
pub async fn the_index_follows_from_its_raw_events(indexer: &Path, config: &Path) -> Result<()> {
    let output = Command::new(indexer)
        .arg("--config")
        .arg(config)
        .arg("check")
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "lex-indexer check failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
