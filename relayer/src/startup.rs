//! Checks of the world before work begins. Every failure says what is wrong and what to do.

use std::time::Duration;

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use anyhow::{Context, anyhow, ensure};
use futures::future::try_join_all;
use lex_client::Source;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::config::{AttesterConfig, DelivererConfig, EndpointUrl, EpochSource, SourceSection};
use crate::lead::TermError;
use crate::mirror::{Mirror, MirrorBinding};
use crate::outbox::Endpoint;
use crate::retry::report;
use crate::store::Store;

/// Connects to every source endpoint and checks that each serves the configured chain and contract.
///
/// # Errors
/// When one is not reachable or serves another chain.
pub async fn connect(section: &SourceSection) -> anyhow::Result<Vec<Source>> {
    if section.endpoints.len() == 1 {
        warn!("only one source endpoint is configured: what it says cannot be compared");
    }
    try_join_all(
        section
            .endpoints
            .iter()
            .map(|url| connect_one(url, section)),
    )
    .await
}

async fn connect_one(url: &EndpointUrl, section: &SourceSection) -> anyhow::Result<Source> {
    let source = Source::connect(url.reveal().as_str())
        .await
        .with_context(|| {
            format!(
                "failed to connect to {url}; is the node running, and is source.endpoints right?"
            )
        })?;
    let genesis = source.genesis();
    ensure!(
        genesis == section.genesis,
        "{url} serves the chain with genesis {genesis}, source.genesis is {}; correct one of them",
        section.genesis
    );
    let chain_id = source
        .chain_id()
        .await
        .with_context(|| format!("failed to read {url}'s chain id"))?;
    ensure!(
        chain_id == section.chain_id,
        "{url} has chain id {chain_id}, source.chain_id is {}; correct one of them",
        section.chain_id
    );
    let code = source
        .code_hash(section.contract)
        .await
        .with_context(|| format!("failed to look for the license contract at {url}"))?;
    ensure!(
        code.is_some(),
        "{url} knows no contract at {}; deploy it, or correct source.contract",
        section.contract
    );
    info!(%url, %genesis, "source endpoint checked");
    Ok(source)
}

/// How long a node may take to be compared with the recorded state.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks that the recorded state belongs to the chain as it is now.
///
/// # Errors
/// When the chain was reset since.
pub async fn check_state<E: Endpoint>(store: &Store, sources: &[E]) -> Result<(), TermError> {
    let Some(checkpoint) = store.checkpoint().await? else {
        return Ok(());
    };
    for source in sources {
        let asked = timeout(PATIENCE, source.finalized_hash(checkpoint.number));
        let found = match asked.await {
            Ok(answer) => answer.map_err(|error| TermError::Source(report(&error)))?,
            Err(_) => return Err(TermError::Source("no answer in time".to_owned())),
        };
        match found {
            Some(hash) if hash != checkpoint.hash => {
                return Err(anyhow!(
                    "block {} was verified as {}, and is now {hash}: the chain was reset. Set \
                     database.schema to a new name, or drop the schema",
                    checkpoint.number,
                    checkpoint.hash
                )
                .into());
            }
            Some(_) => {}
            None => warn!(
                block = checkpoint.number,
                "the node does not have the newest verified block yet; waiting for it"
            ),
        }
    }
    Ok(())
}

/// Checks an attester's destinations, as far as they are reachable by configuration.
///
/// # Errors
/// When a mirror is another one than configured, or does not know this attester.
pub async fn check_attester(config: &AttesterConfig, attester: Address) -> anyhow::Result<()> {
    for section in &config.destinations {
        let EpochSource::Chain(url) = section.epoch_source().map_err(anyhow::Error::msg)? else {
            continue;
        };
        let mirror = Mirror::new(&url, section.mirror)?;
        check_mirror(&mirror, &url, section.chain_id, &config.source)
            .await
            .with_context(|| format!("destination {:?}", section.name))?;
        let set = mirror.attesters(mirror.epoch().await?).await?;
        if !set.members.contains(&attester) {
            warn!(
                destination = section.name,
                %attester,
                epoch = set.epoch,
                "this key is not an attester of the current epoch: its signatures will not count \
                 until the mirror's owner schedules a set with it"
            );
        }
    }
    Ok(())
}

/// Checks a deliverer's mirror, attesters and account.
///
/// # Errors
/// When the mirror is another one than configured, cannot be served with the configured attesters,
/// or the account has no funds.
pub async fn check_deliverer(
    config: &DelivererConfig,
    mirror: &Mirror,
    account: Address,
) -> anyhow::Result<()> {
    let (url, chain_id) = (&config.destination.rpc_url, config.destination.chain_id);
    check_mirror(mirror, url, chain_id, &config.source).await?;
    let set = mirror.attesters(mirror.epoch().await?).await?;
    ensure!(
        config.attesters.urls.len() >= set.threshold,
        "the mirror asks for {} signatures, attesters.urls names {}; add attesters",
        set.threshold,
        config.attesters.urls.len()
    );
    let balance = mirror.provider().get_balance(account).await?;
    ensure!(
        balance > U256::ZERO,
        "account {account} has no funds on chain {chain_id}; send it some, or correct \
         signer.key_file"
    );
    info!(%account, %balance, epoch = set.epoch, threshold = set.threshold, "destination checked");
    Ok(())
}

async fn check_mirror(
    mirror: &Mirror,
    url: &EndpointUrl,
    chain_id: u64,
    source: &SourceSection,
) -> anyhow::Result<()> {
    let found = mirror.chain_id().await.with_context(|| {
        format!("failed to reach {url}; is the destination's node running, and is rpc_url right?")
    })?;
    ensure!(
        found == chain_id,
        "{url} has chain id {found}, the configured one is {chain_id}; correct one of them"
    );
    let address = mirror.address();
    ensure!(
        mirror.is_deployed().await?,
        "{url} knows no contract at {address}; deploy the mirror, or correct its address"
    );
    let binding = mirror.binding().await.with_context(|| {
        format!("the contract at {address} does not answer like a mirror; correct its address")
    })?;
    let expected = MirrorBinding {
        chain_id: source.chain_id,
        genesis: source.genesis,
        contract: source.contract,
    };
    ensure!(
        binding == expected,
        "the mirror at {address} copies contract {} on chain {} with genesis {}, which is not the \
         configured source; deploy a new mirror, or correct [source]",
        binding.contract,
        binding.chain_id,
        binding.genesis
    );
    Ok(())
}
