//! How far the index is.

use async_graphql::{InputObject, SimpleObject};

use super::{
    QueryError,
    scalars::{BigInt, HashScalar, UnixTime},
    snapshot::Snapshot,
};

/// The state of the index.
#[derive(SimpleObject)]
#[graphql(name = "Meta")]
pub(super) struct Meta {
    /// The last block that is in every answer of this request.
    block: BlockInfo,
    /// The last block that the chain has finalized; null until the chain told it.
    finalized_block: Option<BigInt>,
    /// Final blocks that are not indexed yet.
    lag_blocks: Option<BigInt>,
    /// Whether indexing fails at present and is being tried again.
    has_indexing_errors: bool,
    /// Seconds since the chain made the newest indexed block, by this server's clock; null until
    /// one was indexed. A chain that stands still shows here and not in `lagBlocks`.
    age_seconds: Option<BigInt>,
    /// Why the index may be old, in a sentence; null while it is fresh.
    stale: Option<String>,
}

#[derive(SimpleObject)]
#[graphql(name = "Block")]
struct BlockInfo {
    number: BigInt,
    hash: HashScalar,
    timestamp: UnixTime,
}

/// Which blocks an answer must contain.
#[derive(InputObject)]
#[graphql(name = "BlockConstraint")]
pub(super) struct BlockConstraint {
    /// Wait until this block is indexed, for a bounded time; then the error BLOCK_NOT_INDEXED. So a
    /// client reads what it has written.
    number_gte: BigInt,
}

impl BlockConstraint {
    /// # Errors
    /// The block does not come in time, or can never come.
    pub(super) async fn wait(this: Option<&Self>, snapshot: &Snapshot) -> Result<(), QueryError> {
        let Some(constraint) = this else {
            return Ok(());
        };
        let block = constraint
            .number_gte
            .as_u64()
            .ok_or(QueryError::InvalidArgument {
                argument: "block.numberGte",
                rule: "must be below 2^64".to_owned(),
            })?;
        snapshot.at_least(block).await
    }
}

impl Meta {
    pub(super) async fn read(snapshot: &Snapshot) -> Result<Self, QueryError> {
        let head = snapshot.head().await?;
        let backend = snapshot.backend();
        let summary = backend.progress.summary();
        let now = backend.clock.millis();
        let age = backend.progress.block_age(now);
        let judged = backend.freshness.judge(&backend.progress, now);
        Ok(Self {
            block: BlockInfo {
                number: head.number.into(),
                hash: HashScalar(head.hash),
                timestamp: UnixTime(head.time),
            },
            finalized_block: summary.finalized.map(BigInt::from),
            lag_blocks: summary.lag_blocks().map(BigInt::from),
            has_indexing_errors: summary.has_errors,
            age_seconds: age.map(|age| age.as_secs().into()),
            stale: judged.err().map(|stale| stale.to_string()),
        })
    }
}
