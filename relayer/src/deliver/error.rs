//! Why a step of the lane did not succeed.

use alloy::primitives::{Address, B256};
use alloy::transports::{RpcError, TransportErrorKind};

use super::collect::CollectError;
use super::fees::FeeError;
use super::refusal::Refusal;
use super::simulate::ClockLag;
use crate::mirror::MirrorError;
use crate::store::StoreError;

/// The step is tried again later, from what both chains and the database say then.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    #[error("the state cannot be read or written")]
    Store(#[from] StoreError),
    #[error("the mirror cannot be read")]
    Mirror(#[from] MirrorError),
    #[error("the destination's node failed")]
    Rpc(#[from] RpcError<TransportErrorKind>),
    #[error("the destination's node refused")]
    Refused(#[from] Refusal),
    #[error("not enough signatures")]
    Collect(#[from] CollectError),
    #[error("the mirror would refuse the delivery: {0}")]
    Simulation(String),
    #[error(
        "the destination's clock takes what the source held up to {} (Unix seconds), and what comes \
         next is of {}",
        .0.accepted, .0.attested
    )]
    Clock(ClockLag),
    #[error(
        "one update alone is more than a transaction of the destination may be; deliver it by a \
         node or to a chain with a higher gas limit"
    )]
    TooLarge,
    #[error("the transaction has to wait")]
    Fees(#[from] FeeError),
    #[error(
        "account {account} has {balance} wei and the next transaction may cost {needed}; send it \
         funds"
    )]
    Funds {
        account: Address,
        balance: u128,
        needed: u128,
    },
    #[error(
        "in block {block} the mirror holds head {found} at update {nonce}, the verified outbox has \
         {ours}; looking again once that block is final"
    )]
    OtherHistory {
        block: u64,
        nonce: u64,
        found: B256,
        ours: B256,
    },
    #[error("the key cannot sign")]
    Signer(#[from] alloy::signers::Error),
    #[error("update {0} is not recorded, although it is verified")]
    MissingUpdate(u64),
    #[error("block {0} is not recorded, although it is verified")]
    MissingBlock(u64),
}

impl From<ClockLag> for LaneError {
    fn from(lag: ClockLag) -> Self {
        Self::Clock(lag)
    }
}

impl LaneError {
    /// The stage that failed, from a closed set, for metrics.
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::MissingUpdate(_) | Self::MissingBlock(_) => "store",
            Self::Mirror(_) | Self::Rpc(_) | Self::OtherHistory { .. } => "destination",
            Self::Refused(_) => "submit",
            Self::Collect(_) => "collect",
            Self::Simulation(_) | Self::TooLarge => "simulate",
            Self::Clock(_) => "clock",
            Self::Fees(_) => "fees",
            Self::Funds { .. } => "funds",
            Self::Signer(_) => "sign",
        }
    }
}
