//! Whether an endpoint is alive and with the network: asked apart from the blocks, so that silence
//! is noticed.

use futures::try_join;

use super::Source;
use super::fetch::block_time;
use crate::block::BlockRef;
use crate::error::SourceError;

/// What an endpoint says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    pub finalized: BlockRef,
    /// The finalized block's time in Unix milliseconds.
    pub time_millis: u64,
    /// `None` where the endpoint keeps it to itself, as public ones may.
    pub network: Option<NetworkState>,
}

/// How an endpoint stands to the rest of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkState {
    /// It knows of blocks that it does not have yet.
    pub is_syncing: bool,
    pub peers: usize,
    /// False for a chain of one node.
    pub should_have_peers: bool,
}

impl NetworkState {
    /// Why what this endpoint calls final may be old.
    pub fn trouble(&self) -> Option<&'static str> {
        if self.is_syncing {
            Some("it is still syncing")
        } else if self.should_have_peers && self.peers == 0 {
            Some("it has no peers")
        } else {
            None
        }
    }
}

impl Source {
    /// Asks for the finalized block, its time, and how the node stands to its network.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn pulse(&self) -> Result<Pulse, SourceError> {
        let (finalized, network) = try_join!(self.node.finalized(), self.network_state())?;
        Ok(Pulse {
            finalized,
            time_millis: block_time(&self.node, finalized.hash).await?,
            network,
        })
    }

    async fn network_state(&self) -> Result<Option<NetworkState>, SourceError> {
        let health = self
            .node
            .ask(|rpc| async move { rpc.system_health().await })
            .await;
        match health {
            Ok(health) => Ok(Some(NetworkState {
                is_syncing: health.is_syncing,
                peers: health.peers,
                should_have_peers: health.should_have_peers,
            })),
            // Some gateways answer for the chain only.
            Err(SourceError::Rpc { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_its_network_is_in_trouble() {
        let alone = NetworkState {
            is_syncing: false,
            peers: 0,
            should_have_peers: false,
        };
        assert_eq!(alone.trouble(), None);
        let lost = NetworkState {
            should_have_peers: true,
            ..alone
        };
        assert_eq!(lost.trouble(), Some("it has no peers"));
        let syncing = NetworkState {
            is_syncing: true,
            peers: 3,
            ..lost
        };
        assert_eq!(syncing.trouble(), Some("it is still syncing"));
    }
}
