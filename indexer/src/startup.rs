//! What must be true of the world before work begins; each failure says what to do about it.

use std::time::Duration;

use lex_client::{Address, B256, Backoff, Source, SourceError, empty_outbox};
use tokio::time::sleep;
use tracing::warn;

use crate::{
    config::{Config, SecretUrl, SourceConfig},
    store::{Checkpoint, Store, StoreError, World},
};

/// The world is not the configured one.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    #[error("source.url: {0}; is the node running and the address right?")]
    Unreachable(SourceError),
    #[error(
        "{url} serves the chain with genesis {found}, the configuration says {expected}: \
         correct source.url or source.genesis"
    )]
    Genesis {
        url: SecretUrl,
        expected: B256,
        found: B256,
    },
    #[error(
        "{url} has chain id {found}, the configuration says {expected}: correct source.chain_id"
    )]
    ChainId {
        url: SecretUrl,
        expected: u64,
        found: u64,
    },
    #[error(
        "there is no {what} contract at {address}: correct source.{what} (deployments/<network>.json \
         has the addresses) or deploy first"
    )]
    NoContract {
        what: &'static str,
        address: Address,
    },
    #[error("the chain has no block {0} yet: correct source.start_block")]
    NoStartBlock(u64),
    #[error(
        "the index ends with block {number} {indexed}, but the chain has {found} there: the chain \
         was started anew; give the index another schema or drop this one"
    )]
    ChainReplaced {
        number: u64,
        indexed: B256,
        found: B256,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StartupError {
    /// Whether it may pass by itself.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Genesis { .. }
            | Self::ChainId { .. }
            | Self::NoContract { .. }
            | Self::NoStartBlock(_)
            | Self::ChainReplaced { .. } => false,
        }
    }

    /// What everyone may read of it.
    pub(crate) fn public_reason(&self) -> String {
        match self {
            Self::Store(_) => "the database does not answer".to_owned(),
            other => other.to_string(),
        }
    }
}

impl From<SourceError> for StartupError {
    fn from(error: SourceError) -> Self {
        Self::Unreachable(error)
    }
}

/// Attempts to reach the node before its failure is the service's.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Connects to the source and checks chain and contracts. What can pass by itself is waited for, but
/// not for long: a wrong address looks the same.
///
/// # Errors
/// One of them is not what the configuration says, or the node does not answer.
pub async fn connect(config: &SourceConfig) -> Result<Source, StartupError> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let mut attempts = 1;
    loop {
        match connect_once(config).await {
            Err(StartupError::Unreachable(error))
                if error.is_transient() && attempts < ATTEMPTS =>
            {
                attempts += 1;
                let delay = backoff.next_delay();
                warn!(%error, ?delay, "the source does not answer yet");
                sleep(delay).await;
            }
            outcome => return outcome,
        }
    }
}

async fn connect_once(config: &SourceConfig) -> Result<Source, StartupError> {
    let source = Source::connect(config.url.expose()).await?;
    if source.genesis() != config.genesis {
        return Err(StartupError::Genesis {
            url: config.url.clone(),
            expected: config.genesis,
            found: source.genesis(),
        });
    }
    let chain_id = source.chain_id().await?;
    if chain_id != config.chain_id {
        return Err(StartupError::ChainId {
            url: config.url.clone(),
            expected: config.chain_id,
            found: chain_id,
        });
    }
    let committees = config
        .committees
        .iter()
        .map(|committee| ("committees", *committee));
    let contracts = [("policy", config.policy), ("license", config.license)];
    for (what, address) in contracts.into_iter().chain(committees) {
        if source.code_hash(address).await?.is_none() {
            return Err(StartupError::NoContract { what, address });
        }
    }
    Ok(source)
}

/// The checkpoint to continue from; that of an empty index is the block before the first.
///
/// # Errors
/// The schema is an index of something else, or of a chain that was replaced.
pub async fn resume(
    config: &Config,
    source: &Source,
    store: &Store,
) -> Result<Checkpoint, StartupError> {
    let world = World::from(&config.source);
    if let Some((found, checkpoint)) = store.checkpoint().await? {
        store.must_be(&world, &found)?;
        must_contain(source, &checkpoint).await?;
        return Ok(checkpoint);
    }
    let block_number = world.start_block.saturating_sub(1);
    let origin = Checkpoint {
        block_number,
        block_hash: source
            .block_hash(block_number)
            .await?
            .ok_or(StartupError::NoStartBlock(world.start_block))?,
        block_time: 0,
        sequence: 0,
        outbox: empty_outbox(world.chain_id, world.license),
    };
    Ok(store.begin(&world, &origin).await?)
}

async fn must_contain(source: &Source, checkpoint: &Checkpoint) -> Result<(), StartupError> {
    match source.block_hash(checkpoint.block_number).await? {
        Some(found) if found == checkpoint.block_hash => Ok(()),
        Some(found) => Err(StartupError::ChainReplaced {
            number: checkpoint.block_number,
            indexed: checkpoint.block_hash,
            found,
        }),
        None => {
            // A node that is still syncing: its blocks will be compared when they come.
            warn!(
                block = checkpoint.block_number,
                "the node is behind the index"
            );
            Ok(())
        }
    }
}
