//! What can go wrong, by what the caller can do about it.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};

use crate::endpoint::EndpointName;
use crate::refusal::Refusal;

/// The source chain could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The endpoint could not be reached, broke the connection or did not answer in time.
    #[error("the node at {endpoint} does not answer: {reason}")]
    Connection {
        endpoint: EndpointName,
        reason: String,
    },
    /// After a reconnect another chain answered.
    #[error("the node at {endpoint} serves the chain with genesis {found}, expected {expected}")]
    WrongGenesis {
        endpoint: EndpointName,
        expected: B256,
        found: B256,
    },
    /// A finalized block does not follow the one before it: the node's chain was replaced.
    #[error(
        "the node at {endpoint} replaced finalized history: block {number} follows {found}, expected {expected}"
    )]
    BrokenHistory {
        endpoint: EndpointName,
        number: u64,
        expected: B256,
        found: B256,
    },
    /// The node no longer keeps what was asked for; an archive node is needed.
    #[error(
        "the node at {endpoint} no longer has this state; an archive node is needed ({reason})"
    )]
    PrunedState {
        endpoint: EndpointName,
        reason: String,
    },
    /// The node answered with an error of its own.
    #[error("the node at {endpoint} refused the request: {message} ({code})")]
    Rpc {
        endpoint: EndpointName,
        code: i32,
        message: String,
    },
    /// The chain was upgraded to a runtime that this program does not understand. Nothing that it
    /// does can be read, and none of it is skipped.
    #[error(
        "the chain at {endpoint} runs version {spec_version} of its runtime, which this program does \
         not understand ({what}); upgrade this program"
    )]
    UnknownRuntime {
        endpoint: EndpointName,
        spec_version: u32,
        what: String,
    },
    /// The node's answer does not decode.
    #[error("the node at {endpoint} answered something unreadable: {what}")]
    Unreadable {
        endpoint: EndpointName,
        what: String,
    },
}

impl SourceError {
    /// Whether the same request may succeed later without anybody's help. Whatever a node says for
    /// load or trouble of its own passes.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::Rpc { code, .. } => !MISTAKES.contains(code),
            Self::WrongGenesis { .. }
            | Self::BrokenHistory { .. }
            | Self::PrunedState { .. }
            | Self::UnknownRuntime { .. }
            | Self::Unreadable { .. } => false,
        }
    }
}

/// Codes by which JSON-RPC says that the request itself is wrong, whoever is asked whenever: no
/// JSON, no request, no such method, no such parameters (JSON-RPC 2.0, section 5.1). All others are
/// the server's.
const MISTAKES: [i32; 4] = [-32_700, -32_600, -32_601, -32_602];

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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: i32) -> SourceError {
        SourceError::Rpc {
            endpoint: EndpointName::from("ws://node"),
            code,
            message: "no".to_owned(),
        }
    }

    #[test]
    fn what_a_node_says_for_load_or_trouble_passes() {
        // Internal error, server errors, too many requests, busy, unknown block, banned.
        for code in [
            -32_603, -32_000, -32_029, -32_005, -32_009, -32_099, 429, 4003, 1012,
        ] {
            assert!(answer(code).is_transient(), "{code}");
        }
    }

    #[test]
    fn a_wrong_request_stays_wrong() {
        for code in [-32_700, -32_600, -32_601, -32_602] {
            assert!(!answer(code).is_transient(), "{code}");
        }
    }
}
