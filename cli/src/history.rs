//! What a contract has said since LEX was deployed.

use futures::{StreamExt, TryStreamExt, stream};
use lex_client::{Address, ContractEvent, SourceError};

use crate::target::Network;

/// Blocks that are read at the same time.
const AT_ONCE: usize = 16;

impl Network {
    /// All final events of a contract, the oldest first. Reads every block since the deployment: the
    /// chain's Ethereum JSON-RPC keeps no events of transactions by Substrate accounts.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn history(&self, contract: Address) -> Result<Vec<ContractEvent>, SourceError> {
        let first = self.deployment.source.block;
        let last = self.source.finalized().await?.number;
        stream::iter(first..=last)
            .map(|number| async move { self.source.block(number, &[contract]).await })
            .buffered(AT_ONCE)
            .try_fold(Vec::new(), |mut events, block| async move {
                events.extend(block.into_iter().flat_map(|block| block.events));
                Ok(events)
            })
            .await
    }
}
