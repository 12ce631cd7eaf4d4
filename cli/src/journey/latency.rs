//! How long a final transaction takes to be seen elsewhere.

use std::time::{Duration, Instant};

use lex_client::Submitted;
use lex_client::abi::license::License::LicenseEvents;

use super::{JourneyError, WITHIN};
use crate::stack::wait;
use crate::target::Network;

/// Pause between two looks: the resolution of what is measured.
const RESOLUTION: Duration = Duration::from_millis(5);

/// When a transaction was seen, counted from the moment its finality was.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// When the index contained the transaction's block.
    pub indexed: Duration,
    /// `None` when the transaction changed nothing that a mirror shows.
    pub mirrored: Option<Duration>,
}

/// Waits until the index contains the transaction's block and the mirror its updates.
///
/// # Errors
/// When one of them does not within a minute.
pub async fn until_seen(network: &Network, submitted: &Submitted) -> Result<Seen, JourneyError> {
    let since = submitted.finalized_at;
    let block = submitted.block.number;
    let indexed = async {
        let label = format!("indexing of block {block}");
        wait::until_every(RESOLUTION, label, WITHIN, || async {
            match network.indexer.indexed_block().await {
                Ok(indexed) if indexed >= block => Ok(since.elapsed()),
                Ok(indexed) => Err(format!("the index is at block {indexed}")),
                Err(error) => Err(error.to_string()),
            }
        })
        .await
    };
    let mirrored = async {
        match last_nonce(network, submitted) {
            Some(nonce) => until_mirrored(network, nonce, since).await.map(Some),
            None => Ok(None),
        }
    };
    let (indexed, mirrored) = tokio::join!(indexed, mirrored);
    Ok(Seen {
        indexed: indexed?,
        mirrored: mirrored?,
    })
}

async fn until_mirrored(
    network: &Network,
    nonce: u64,
    since: Instant,
) -> Result<Duration, wait::TimedOut> {
    let label = format!("mirroring of update {nonce}");
    wait::until_every(RESOLUTION, label, WITHIN, || async {
        match network.mirror.nonce().await {
            Ok(mirrored) if mirrored >= nonce => Ok(since.elapsed()),
            Ok(mirrored) => Err(format!("the mirror is at update {mirrored}")),
            Err(error) => Err(error.to_string()),
        }
    })
    .await
}

/// Nonce of the last update that the transaction appended to the license contract's outbox.
fn last_nonce(network: &Network, submitted: &Submitted) -> Option<u64> {
    submitted
        .events
        .iter()
        .filter(|event| event.contract == network.license())
        .filter_map(|event| match event.decode::<LicenseEvents>() {
            Ok(LicenseEvents::UpdateAppended(update)) => Some(update.nonce),
            _ => None,
        })
        .max()
}
