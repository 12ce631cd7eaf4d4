//! Looking at chain, index and mirror in the same state.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lex_client::{B256, U256};
use thiserror::Error;

use super::{Agreement, Comparison, Sighting, View};
use crate::indexer::IndexerError;
use crate::mirror::{Mirror, MirrorError, unix_now};
use crate::stack::wait;
use crate::target::Network;

/// Licenses that are compared at the same time: few enough that a service which bounds the requests of one
/// client has room for others of this machine.
const AT_ONCE: usize = 8;
/// Looks at a license before a difference is believed: the status that index and chain give is that of
/// the moment at which each is asked, and a license may expire between two questions.
const LOOKS: usize = 3;

/// Why the places could not be compared.
#[derive(Debug, Error)]
pub enum AgreementError {
    #[error("failed to read the chain")]
    Chain(#[from] lex_client::CallError),
    #[error("failed to read the chain")]
    Source(#[from] lex_client::SourceError),
    #[error("failed to ask the index")]
    Index(#[from] IndexerError),
    #[error("failed to ask the mirror")]
    Mirror(#[from] MirrorError),
    #[error("the {copy} shows block {number}, which the chain does not have")]
    NoSuchBlock { copy: &'static str, number: u64 },
    #[error(
        "the index is of another chain: its block {number} is {indexed}, the chain's is {found}"
    )]
    OtherChain {
        number: u64,
        indexed: B256,
        found: B256,
    },
    #[error(transparent)]
    TimedOut(#[from] wait::TimedOut),
}

/// Waits until index and mirror have everything that the chain has now, then compares. What changes
/// meanwhile is no disagreement.
///
/// # Errors
/// When one of them does not get there within `within`, or does not answer.
pub async fn settle_and_compare(
    network: &Network,
    within: Duration,
) -> Result<Agreement, AgreementError> {
    let block = network.source.finalized().await?;
    let nonce = network.outbox_at(block.hash).await?.nonce;
    let indexed = wait::until("the index to have every block", within, || async {
        match network.indexer.indexed_block().await {
            // One that has just taken over has every block, and answers nothing else until it has seen that
            // none is missing.
            Ok(indexed) if indexed >= block.number => {
                let answered = network.indexer.license("1").await;
                answered.map(drop).map_err(|error| error.to_string())
            }
            Ok(indexed) => Err(format!("block {indexed} of {}", block.number)),
            Err(error) => Err(error.to_string()),
        }
    });
    let mirrored = wait::until("the mirror to have every update", within, || async {
        match network.mirror.progress().await {
            Ok(progress) if progress.nonce < nonce => {
                Err(format!("update {} of {nonce}", progress.nonce))
            }
            Ok(progress) if nonce > 0 && !progress.is_fresh() => {
                Err(format!("its state is {} s old", progress.age()))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    });
    let (indexed, mirrored) = tokio::join!(indexed, mirrored);
    indexed?;
    mirrored?;
    compare(network).await
}

/// Compares all licenses, each copy as far as it is.
///
/// # Errors
/// When one of the places does not answer, or shows a state that the chain never had.
pub async fn compare(network: &Network) -> Result<Agreement, AgreementError> {
    let block = network.source.finalized().await?;
    let issued = network.issued_at(block.hash).await?;
    let mirrored = MirrorState::now(network).await?;
    let licenses = stream::iter(1..=issued)
        .map(|id| compare_one(network, &mirrored, id))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Agreement {
        licenses,
        outbox_nonce: mirrored.outbox_nonce,
        mirrored_nonce: mirrored.nonce,
        has_same_head: mirrored.has_same_head,
    })
}

/// What the copies say of one license otherwise than the chain, each as far as it is, and which of them
/// do not say.
pub async fn differences_of(network: &Network, id: u64) -> Vec<String> {
    let mut looks = 1;
    loop {
        let mut silent = Vec::new();
        let mut heard = |sighting: Result<Sighting, AgreementError>| {
            sighting.unwrap_or_else(|error| {
                silent.push(in_full(&error));
                Sighting::default()
            })
        };
        let in_mirror = async { MirrorState::now(network).await?.shows(network, id).await };
        let (index, mirror) = tokio::join!(in_index(network, id), in_mirror);
        let (index, mirror) = (heard(index), heard(mirror));
        let mut differences = Comparison::of(id, index, mirror).differences;
        if differences.is_empty() || looks == LOOKS {
            differences.extend(silent);
            return differences;
        }
        looks += 1;
    }
}

fn in_full(error: &AgreementError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

async fn compare_one(
    network: &Network,
    mirrored: &MirrorState,
    id: u64,
) -> Result<Comparison, AgreementError> {
    let mut looks = 1;
    loop {
        let (index, mirror) = tokio::try_join!(in_index(network, id), mirrored.shows(network, id))?;
        let comparison = Comparison::of(id, index, mirror);
        if comparison.agrees() || looks == LOOKS {
            return Ok(comparison);
        }
        looks += 1;
    }
}

/// The license in the index, and in the chain at the block that the index's answer is of.
async fn in_index(network: &Network, id: u64) -> Result<Sighting, AgreementError> {
    let (indexed, copy) = network.indexer.license_and_block(&id.to_string()).await?;
    let found = block_hash(network, "index", indexed.number).await?;
    if found != indexed.hash {
        return Err(AgreementError::OtherChain {
            number: indexed.number,
            indexed: indexed.hash,
            found,
        });
    }
    // The index gives the status of this moment, or of its block when that is ahead of our clock.
    let at = unix_now().max(indexed.timestamp);
    Ok(Sighting {
        chain: network.view_at(U256::from(id), found, at).await?,
        copy: copy.as_ref().map(View::from),
    })
}

/// One state of the mirror and the source block that it is a copy of.
struct MirrorState {
    mirror: Mirror,
    /// Unix seconds by the destination's clock.
    time: u64,
    /// `None`: it holds no update, so there is nothing that it could be a copy of.
    source: Option<B256>,
    nonce: u64,
    outbox_nonce: u64,
    has_same_head: bool,
}

impl MirrorState {
    async fn now(network: &Network) -> Result<MirrorState, AgreementError> {
        let (mirror, time) = network.mirror.at_latest().await?;
        let progress = mirror.progress().await?;
        if progress.nonce == 0 {
            return Ok(MirrorState {
                mirror,
                time,
                source: None,
                nonce: 0,
                outbox_nonce: 0,
                has_same_head: true,
            });
        }
        let source = block_hash(network, "mirror", progress.as_of_block).await?;
        let outbox = network.outbox_at(source).await?;
        Ok(MirrorState {
            mirror,
            time,
            source: Some(source),
            nonce: progress.nonce,
            outbox_nonce: outbox.nonce,
            has_same_head: outbox.head == progress.head,
        })
    }

    async fn shows(&self, network: &Network, id: u64) -> Result<Sighting, AgreementError> {
        let Some(source) = self.source else {
            return Ok(Sighting::default());
        };
        let id = U256::from(id);
        let chain = async {
            network
                .view_at(id, source, self.time)
                .await
                .map_err(AgreementError::from)
        };
        let copy = async { Ok(self.mirror.license(id).await?) };
        let (chain, copy) = tokio::try_join!(chain, copy)?;
        Ok(Sighting {
            chain,
            copy: copy.as_ref().map(View::from),
        })
    }
}

async fn block_hash(
    network: &Network,
    copy: &'static str,
    number: u64,
) -> Result<B256, AgreementError> {
    let hash = network.source.block_hash(number).await?;
    hash.ok_or(AgreementError::NoSuchBlock { copy, number })
}
