//! What can go wrong, by what the caller can do about it.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};

use crate::refusal::Refusal;

/// The source chain could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The endpoint could not be reached, broke the connection or did not answer in time.
    #[error("the node at {url} does not answer: {reason}")]
    Connection { url: String, reason: String },
    /// After a reconnect another chain answered.
    #[error("the node at {url} serves the chain with genesis {found}, expected {expected}")]
    WrongGenesis {
        url: String,
        expected: B256,
        found: B256,
    },
    /// A finalized block does not follow the one before it: the node's chain was replaced.
    #[error(
        "the node at {url} replaced finalized history: block {number} follows {found}, expected {expected}"
    )]
    BrokenHistory {
        url: String,
        number: u64,
        expected: B256,
        found: B256,
    },
    /// The node no longer keeps what was asked for; an archive node is needed.
    #[error("the node at {url} no longer has this state; an archive node is needed ({reason})")]
    PrunedState { url: String, reason: String },
    /// The node answered with an error of its own.
    #[error("the node at {url} refused the request: {message} ({code})")]
    Rpc {
        url: String,
        code: i32,
        message: String,
    },
    /// The node's answer does not decode: its runtime is not one this program understands.
    #[error("the node at {url} answered something unreadable: {what}")]
    Unreadable { url: String, what: String },
}

impl SourceError {
    /// Whether the same request may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::WrongGenesis { .. }
            | Self::BrokenHistory { .. }
            | Self::PrunedState { .. }
            | Self::Rpc { .. }
            | Self::Unreadable { .. } => false,
        }
    }
}

/// A contract call, tried out or submitted, that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The contract refused by rule. Nothing was changed.
    #[error("{0}")]
    Refused(Refusal),
    /// The contract reverted with data that is not a refusal.
    #[error("the contract reverted with {0}")]
    Reverted(Bytes),
    /// The call ran into the weight or deposit limit.
    #[error("the call needs more resources than it may use: {0}")]
    OutOfGas(String),
    /// There is no contract at this address.
    #[error("there is no contract at {0}")]
    UnknownContract(Address),
    /// The runtime refused the call before any contract ran, for example for lack of funds.
    #[error("the chain refused the call: {0}")]
    Dispatch(String),
    /// The answer of the contract does not fit its ABI.
    #[error("the contract's answer does not decode: {0}")]
    Decode(#[from] alloy::sol_types::Error),
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The Ethereum JSON-RPC failed or refused the transaction.
    #[error("the Ethereum JSON-RPC failed: {0}")]
    Ethereum(String),
    /// An Ethereum key needs the address of the chain's Ethereum JSON-RPC.
    #[error("an Ethereum key needs the chain's Ethereum JSON-RPC; none is configured")]
    NoEthereumRpc,
    /// The transaction was sent but was not final in time; it may still become so.
    #[error("transaction {transaction_hash} was not final after {}s", waited.as_secs())]
    Timeout {
        transaction_hash: B256,
        waited: Duration,
    },
}
