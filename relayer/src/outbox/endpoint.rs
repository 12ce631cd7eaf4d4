//! What is asked of each node besides the followed blocks.

use std::future::Future;

use alloy::primitives::{Address, B256};
use futures::StreamExt;
use futures::stream::BoxStream;
use lex_client::abi::license::License;
use lex_client::{CallError, Pulse, Source, SourceBlock, SourceError};

/// A node of the source chain.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// How the node is called in logs.
    fn name(&self) -> &str;

    /// Hash of the finalized block `number`; `None` while it is not final there.
    fn finalized_hash(
        &self,
        number: u64,
    ) -> impl Future<Output = Result<Option<B256>, EndpointError>> + Send;

    /// The final blocks from number `from` on, with the events of `contracts`, for as long as they come.
    fn finalized_blocks(
        &self,
        from: u64,
        contracts: Vec<Address>,
    ) -> BoxStream<'static, Result<SourceBlock, SourceError>>;

    /// How the node is.
    fn pulse(&self) -> impl Future<Output = Result<Pulse, EndpointError>> + Send;

    /// Nonce and head that `contract` stores at the end of block `at`.
    fn outbox(
        &self,
        contract: Address,
        at: B256,
    ) -> impl Future<Output = Result<lex_model::Outbox, EndpointError>> + Send;
}

/// A node did not answer the question.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Endpoint for Source {
    fn name(&self) -> &str {
        self.endpoint().as_str()
    }

    async fn finalized_hash(&self, number: u64) -> Result<Option<B256>, EndpointError> {
        if self.finalized().await?.number < number {
            return Ok(None);
        }
        Ok(self.block_hash(number).await?)
    }

    fn finalized_blocks(
        &self,
        from: u64,
        contracts: Vec<Address>,
    ) -> BoxStream<'static, Result<SourceBlock, SourceError>> {
        Source::finalized_blocks(self, from, contracts).boxed()
    }

    async fn pulse(&self) -> Result<Pulse, EndpointError> {
        Ok(Source::pulse(self).await?)
    }

    async fn outbox(
        &self,
        contract: Address,
        at: B256,
    ) -> Result<lex_model::Outbox, EndpointError> {
        let answer = self
            .read(Some(at), contract, Address::ZERO, &License::outboxCall {})
            .await?;
        Ok(lex_client::model_outbox(&answer))
    }
}
