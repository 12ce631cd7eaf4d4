//! One Substrate endpoint: finalized blocks, contract events, reads.

mod fetch;
mod follow;
mod node;
mod pulse;
mod runtime;
mod trial;

use alloy::primitives::{Address, B256};
use futures::Stream;
use subxt::constants;

pub(crate) use fetch::{RawBlock, RawEventKind};
pub(crate) use follow::{Linked, follow};
pub(crate) use node::Node;
pub use pulse::{NetworkState, Pulse};
pub(crate) use trial::{Execution, Needs};

use crate::block::{BlockRef, SourceBlock};
use crate::endpoint::EndpointName;
use crate::error::SourceError;

/// One Substrate endpoint. Cheap to clone. A broken connection is replaced at the next request.
#[derive(Clone, Debug)]
pub struct Source {
    pub(crate) node: Node,
}

impl Source {
    /// Connects to a WebSocket endpoint such as `ws://127.0.0.1:9944`.
    ///
    /// # Errors
    /// [`SourceError::Connection`] when nothing answers there.
    pub async fn connect(url: &str) -> Result<Self, SourceError> {
        Ok(Self {
            node: Node::connect(url).await?,
        })
    }

    /// What the endpoint is called: its address without what may be a token.
    pub fn endpoint(&self) -> &EndpointName {
        self.node.endpoint()
    }

    /// Hash of the chain's first block.
    pub fn genesis(&self) -> B256 {
        self.node.genesis()
    }

    /// The chain's EIP-155 id.
    pub async fn chain_id(&self) -> Result<u64, SourceError> {
        let runtime = self.node.runtime(None).await?;
        let address = constants::dynamic::<u64>("Revive", "ChainId");
        runtime
            .client()
            .constants()
            .entry(address)
            .map_err(|error| self.node.unreadable(format!("Revive.ChainId: {error}")))
    }

    /// The last finalized block.
    pub async fn finalized(&self) -> Result<BlockRef, SourceError> {
        self.node.finalized().await
    }

    /// Hash of the block of this number on the best chain; `None` when there is none yet.
    pub async fn block_hash(&self, number: u64) -> Result<Option<B256>, SourceError> {
        self.node.block_hash(number).await
    }

    /// Finalized block `number` with the events of `contracts`; `None` when it is not final yet.
    ///
    /// # Errors
    /// [`SourceError::PrunedState`] when the node no longer has its events.
    pub async fn block(
        &self,
        number: u64,
        contracts: &[Address],
    ) -> Result<Option<SourceBlock>, SourceError> {
        if !self.node.is_finalized(number).await? {
            return Ok(None);
        }
        select_block(&self.node, number, contracts).await
    }

    /// Finalized blocks from `from` on, every one, in order, for ever. Gaps are filled by number; a
    /// silent or broken subscription is noticed and replaced. An error that waiting cannot mend is
    /// yielded and ends the stream.
    pub fn finalized_blocks(
        &self,
        from: u64,
        contracts: Vec<Address>,
    ) -> impl Stream<Item = Result<SourceBlock, SourceError>> + Send + 'static {
        follow(self.node.clone(), from, move |node, number| {
            let contracts = contracts.clone();
            async move { select_block(&node, number, &contracts).await }
        })
    }
}

async fn select_block(
    node: &Node,
    number: u64,
    contracts: &[Address],
) -> Result<Option<SourceBlock>, SourceError> {
    match RawBlock::fetch(node, number).await? {
        Some(block) => block.select(node, contracts).await.map(Some),
        None => Ok(None),
    }
}

impl Linked for SourceBlock {
    fn number(&self) -> u64 {
        self.number
    }

    fn hash(&self) -> B256 {
        self.hash
    }

    fn parent_hash(&self) -> B256 {
        self.parent_hash
    }
}
