//! Why a step of the lane did not succeed.

use alloy::transports::{RpcError, TransportErrorKind};

use super::collect::CollectError;
use super::fees::FeeError;
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
    #[error("not enough signatures")]
    Collect(#[from] CollectError),
    #[error("the mirror would refuse the delivery: {0}")]
    Simulation(String),
    #[error("the transaction has to wait")]
    Fees(#[from] FeeError),
    #[error("the key cannot sign")]
    Signer(#[from] alloy::signers::Error),
    #[error("update {0} is not recorded, although it is verified")]
    MissingUpdate(u64),
    #[error("block {0} is not recorded, although it is verified")]
    MissingBlock(u64),
}

impl LaneError {
    /// The stage that failed, from a closed set, for metrics.
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::MissingUpdate(_) | Self::MissingBlock(_) => "store",
            Self::Mirror(_) | Self::Rpc(_) => "destination",
            Self::Collect(_) => "collect",
            Self::Simulation(_) => "simulate",
            Self::Fees(_) => "fees",
            Self::Signer(_) => "sign",
        }
    }
}
