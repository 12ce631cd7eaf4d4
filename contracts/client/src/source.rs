//! One Substrate endpoint.

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use futures::Stream;

use crate::block::{BlockRef, SourceBlock};
use crate::error::{CallError, SourceError};

/// One Substrate endpoint. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    url: String,
    genesis: B256,
}

impl Source {
    /// Connects to a WebSocket endpoint such as `ws://127.0.0.1:9944`.
    pub async fn connect(_url: &str) -> Result<Self, SourceError> {
        todo!()
    }

    /// The endpoint's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Hash of the chain's first block.
    pub fn genesis(&self) -> B256 {
        self.genesis
    }

    /// The chain's EIP-155 id.
    pub async fn chain_id(&self) -> Result<u64, SourceError> {
        todo!()
    }

    /// The last finalized block.
    pub async fn finalized(&self) -> Result<BlockRef, SourceError> {
        todo!()
    }

    /// Hash of the block of this number on the best chain; `None` when there is none yet.
    pub async fn block_hash(&self, _number: u64) -> Result<Option<B256>, SourceError> {
        todo!()
    }

    /// Finalized block `number` with the events of `contracts`; `None` when it is not finalized yet.
    pub async fn block(
        &self,
        _number: u64,
        _contracts: &[Address],
    ) -> Result<Option<SourceBlock>, SourceError> {
        todo!()
    }

    /// Finalized blocks from `from` on, every one, in order, for ever. Gaps are filled by number; a
    /// silent or broken subscription is noticed and replaced. Errors that waiting cannot mend are
    /// yielded and end the stream.
    pub fn finalized_blocks(
        &self,
        _from: u64,
        _contracts: Vec<Address>,
    ) -> impl Stream<Item = Result<SourceBlock, SourceError>> + Send + 'static {
        futures::stream::once(async { todo!() })
    }

    /// Calls a contract without changing anything, at a block (`None`: the best one).
    pub async fn read<C: SolCall>(
        &self,
        _at: Option<B256>,
        _contract: Address,
        _from: Address,
        _call: &C,
    ) -> Result<C::Return, CallError> {
        todo!()
    }

    /// keccak-256 of the contract's code; `None` when there is no contract.
    pub async fn code_hash(&self, _contract: Address) -> Result<Option<B256>, SourceError> {
        todo!()
    }
}
