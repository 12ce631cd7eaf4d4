//! The mirror contract on its chain, as both roles read it.

use std::time::Duration;

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::transports::{RpcError, TransportErrorKind};
use lex_client::abi::mirror::LicenseMirror::LicenseMirrorInstance;
use lex_client::ethereum_rpc;
use tracing::debug;

use crate::config::EndpointUrl;

/// Longest time one request to the destination's node may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A mirror and the node it is reached by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mirror {
    provider: DynProvider,
    contract: LicenseMirrorInstance<DynProvider>,
}

/// Looks that may fail, one after the other, because their block is reorganised away meanwhile.
const LOOKS: usize = 4;

/// A block of the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorBlock {
    pub number: u64,
    pub hash: B256,
    /// What all its transactions may use together.
    pub gas_limit: u64,
}

/// The destination at one block: whatever is read belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub block: MirrorBlock,
    pub mirror: MirrorView,
    /// Transactions of the account that are mined: its next nonce.
    pub account_nonce: u64,
}

/// What the mirror holds at one block of the destination.
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
    #[error("the destination was reorganised during each of {LOOKS} looks at it")]
    Restless,
    #[error("the destination's node has no block {0}")]
    NoBlock(BlockNumberOrTag),
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
            .connect_client(ethereum_rpc(client, url.reveal().clone()))
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

    /// The newest block, what the mirror holds in it, and the next nonce of `account`.
    ///
    /// All of it is read by the block's hash: by its number, a reorganisation between two requests
    /// would mix two histories. A block that is gone when everything is read does not count.
    ///
    /// # Errors
    /// When the node does not answer, or no block stays for as long as it takes to read it.
    pub async fn look(&self, account: Address) -> Result<Look, MirrorError> {
        self.look_at(BlockNumberOrTag::Latest, account).await
    }

    /// As [`Self::look`], at the canonical block with a number.
    ///
    /// # Errors
    /// As [`Self::look`], and when there is no such block.
    pub async fn look_at(
        &self,
        block: BlockNumberOrTag,
        account: Address,
    ) -> Result<Look, MirrorError> {
        for _ in 0..LOOKS {
            let block = self.block(block).await?;
            let read = self.read(block, account).await;
            if self.is_canonical(block.number, block.hash).await? {
                return read;
            }
            debug!(block = block.number, hash = %block.hash, "reorganised away while it was read");
        }
        Err(MirrorError::Restless)
    }

    /// What the mirror holds at the newest block.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn view(&self) -> Result<MirrorView, MirrorError> {
        Ok(self.look(Address::ZERO).await?.mirror)
    }

    /// Whether the block is part of the destination's present history.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn is_canonical(&self, number: u64, hash: B256) -> Result<bool, MirrorError> {
        let found = self.provider.get_block_by_number(number.into()).await?;
        Ok(found.is_some_and(|block| block.header.hash == hash))
    }

    /// When a block was made, Unix seconds.
    ///
    /// # Errors
    /// When the node does not answer, or has no such block.
    pub async fn time(&self, block: BlockNumberOrTag) -> Result<u64, MirrorError> {
        let found = self.provider.get_block_by_number(block).await?;
        Ok(found.ok_or(MirrorError::NoBlock(block))?.header.timestamp)
    }

    async fn block(&self, number: BlockNumberOrTag) -> Result<MirrorBlock, MirrorError> {
        let block = self.provider.get_block_by_number(number).await?;
        let header = block.ok_or(MirrorError::NoBlock(number))?.header;
        Ok(MirrorBlock {
            number: header.number,
            hash: header.hash,
            gas_limit: header.gas_limit,
        })
    }

    async fn read(&self, block: MirrorBlock, account: Address) -> Result<Look, MirrorError> {
        let view = self.view_at(block.hash);
        let account_nonce = async {
            let request = self.provider.get_transaction_count(account);
            let answer = request.block_id(BlockId::hash(block.hash)).await;
            answer.map_err(MirrorError::from)
        };
        let (mirror, account_nonce) = tokio::try_join!(view, account_nonce)?;
        Ok(Look {
            block,
            mirror,
            account_nonce,
        })
    }

    async fn view_at(&self, block: B256) -> Result<MirrorView, MirrorError> {
        let at = BlockId::hash(block);
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
