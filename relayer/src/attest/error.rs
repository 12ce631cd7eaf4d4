//! Why a signature was refused.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::http::ApiError;
use crate::mirror::MirrorError;
use crate::store::{Equivocation, StoreError};

/// A refused attestation request. [`AttestError::code`] is stable.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    #[error("destination {0:?} is not configured here")]
    UnknownDestination(String),
    #[error("this attester has halted and signs nothing: {0}")]
    Halted(String),
    #[error("block {requested} is not verified here yet; the newest is {verified:?}")]
    NotFinalized {
        requested: u64,
        verified: Option<u64>,
    },
    #[error("update {requested} is not verified here yet; the newest is {verified}")]
    NonceNotVerified { requested: u64, verified: u64 },
    #[error(
        "block {0} is not kept here: it lies before the contract's first block, or far behind the \
         newest and neither holds an update nor precedes one"
    )]
    BlockUnknown(u64),
    #[error("by the end of block {block} the outbox held {held} updates, more than {requested}")]
    BlockTooNew {
        block: u64,
        held: u64,
        requested: u64,
    },
    #[error("epoch {requested} was asked for, and the destination is in epoch {current}")]
    OtherEpoch { requested: u64, current: u64 },
    #[error("{0}; halted")]
    Equivocation(#[from] Equivocation),
    #[error("the epoch of the destination cannot be read")]
    Epoch(#[source] Arc<MirrorError>),
    #[error("the state cannot be read or written")]
    Store(#[from] StoreError),
    #[error("the key cannot sign")]
    Signer(#[from] alloy::signers::Error),
}

impl AttestError {
    /// The stable code of the refusal, for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownDestination(_) => "unknown_destination",
            Self::Halted(_) => "halted",
            Self::NotFinalized { .. } => "not_finalized",
            Self::NonceNotVerified { .. } => "nonce_not_verified",
            Self::BlockUnknown(_) => "block_unknown",
            Self::BlockTooNew { .. } => "block_too_new",
            Self::OtherEpoch { .. } => "other_epoch",
            Self::Equivocation(_) => "equivocation",
            Self::Epoch(_) | Self::Store(_) | Self::Signer(_) => "unavailable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownDestination(_) | Self::BlockUnknown(_) => StatusCode::NOT_FOUND,
            Self::NotFinalized { .. }
            | Self::NonceNotVerified { .. }
            | Self::OtherEpoch { .. }
            | Self::Equivocation(_) => StatusCode::CONFLICT,
            Self::BlockTooNew { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Halted(_) | Self::Epoch(_) | Self::Store(_) | Self::Signer(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

impl From<&AttestError> for ApiError {
    fn from(error: &AttestError) -> Self {
        Self::new(error.status(), error.code(), error.to_string())
    }
}
