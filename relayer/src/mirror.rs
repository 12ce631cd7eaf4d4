//! The mirror contract on its chain, as both roles read it.

use std::time::Duration;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::transports::{RpcError, TransportErrorKind};
use lex_client::abi::mirror::LicenseMirror::LicenseMirrorInstance;

use crate::config::EndpointUrl;

/// Longest time one request to the destination's node may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A mirror and the node it is reached by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mirror {
    provider: DynProvider,
    contract: LicenseMirrorInstance<DynProvider>,
}

/// What the mirror holds at the destination's newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorView {
    pub nonce: u64,
    pub head: B256,
    /// The source block the mirror is complete up to; 0 before the first delivery.
    pub as_of_block: u64,
    /// That block's time in Unix seconds.
    pub as_of_time: u64,
    pub epoch: u64,
    pub state: LaneState,
}

/// Whether the mirror takes deliveries and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneState {
    /// It does both.
    Open,
    /// Its guardian stopped it: it does neither, until its owner re-bases it, from this time on (Unix
    /// seconds).
    Stopped { rebase_from: u64 },
    /// It was re-based: it takes deliveries from the first update on, and answers when it holds this one.
    Rebasing { nonce: u64 },
}

impl LaneState {
    /// Whether nothing can be delivered at present.
    pub fn is_stopped(self) -> bool {
        matches!(self, Self::Stopped { .. })
    }
}

/// The source the mirror was deployed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorBinding {
    pub chain_id: u64,
    pub genesis: B256,
    pub contract: Address,
}

/// Who may attest in one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttesterSet {
    pub epoch: u64,
    pub members: Vec<Address>,
    pub threshold: usize,
}

/// The destination's node did not answer, or answered something else.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    #[error("failed to set up the HTTP client")]
    Client(#[source] reqwest::Error),
    #[error("the destination's node failed")]
    Rpc(#[from] RpcError<TransportErrorKind>),
    #[error("the mirror's answer is not usable")]
    Contract(#[from] alloy::contract::Error),
    #[error("the mirror's lane is in a state that this version does not know; upgrade the relayer")]
    LaneState,
    #[error("the mirror names a source chain id beyond 64 bits")]
    ChainIdRange,
}

impl Mirror {
    /// The mirror at `address`, reached by `url`. Does not connect yet.
    ///
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(url: &EndpointUrl, address: Address) -> Result<Self, MirrorError> {
        let client = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(MirrorError::Client)?;
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .connect_reqwest(client, url.reveal().clone())
            .erased();
        let contract = LicenseMirrorInstance::new(address, provider.clone());
        Ok(Self { provider, contract })
    }

    /// The mirror's address.
    pub fn address(&self) -> Address {
        *self.contract.address()
    }

    /// The node.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// # Errors
    /// When the node does not answer.
    pub async fn chain_id(&self) -> Result<u64, MirrorError> {
        Ok(self.provider.get_chain_id().await?)
    }

    /// Whether there is code at the mirror's address.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn is_deployed(&self) -> Result<bool, MirrorError> {
        Ok(!self.provider.get_code_at(self.address()).await?.is_empty())
    }

    /// Reads the mirror's state at one block, so that its parts belong together.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn view(&self) -> Result<MirrorView, MirrorError> {
        let at = BlockId::number(self.provider.get_block_number().await?);
        let nonce = self.contract.nonce().block(at);
        let head = self.contract.head().block(at);
        let as_of = self.contract.asOf().block(at);
        let epoch = self.contract.epoch().block(at);
        let lane = self.contract.laneState().block(at);
        let (nonce, head, as_of, epoch, lane) = tokio::try_join!(
            nonce.call().into_future(),
            head.call().into_future(),
            as_of.call().into_future(),
            epoch.call().into_future(),
            lane.call().into_future()
        )?;
        // The order of `LaneState` in the contract.
        let state = match lane.state {
            0 => LaneState::Open,
            1 => LaneState::Stopped {
                rebase_from: lane.rebaseFrom,
            },
            2 => LaneState::Rebasing { nonce: lane.nonce },
            _ => return Err(MirrorError::LaneState),
        };
        Ok(MirrorView {
            nonce,
            head,
            as_of_block: as_of.sourceBlock,
            as_of_time: as_of.sourceTime,
            epoch,
            state,
        })
    }

    /// The current epoch.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn epoch(&self) -> Result<u64, MirrorError> {
        Ok(self.contract.epoch().call().await?)
    }

    /// The attesters of `epoch`; empty when there was no such epoch.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn attesters(&self, epoch: u64) -> Result<AttesterSet, MirrorError> {
        let set = self.contract.attestersOf(epoch).call().await?;
        Ok(AttesterSet {
            epoch,
            members: set.attesters,
            threshold: usize::from(set.threshold),
        })
    }

    /// The source it was deployed for.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn binding(&self) -> Result<MirrorBinding, MirrorError> {
        let source = self.contract.source().call().await?;
        Ok(MirrorBinding {
            chain_id: source
                .chainId
                .try_into()
                .map_err(|_| MirrorError::ChainIdRange)?,
            genesis: source.genesis,
            contract: source.sourceContract,
        })
    }
}
