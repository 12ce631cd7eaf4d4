//! Why a node did not take a transaction, or could not simulate it.
//!
//! JSON-RPC gives these refusals no codes of their own, so they are told by the words that the common
//! nodes use: geth, reth, erigon, nethermind, besu and anvil.

use alloy::transports::{RpcError, TransportErrorKind};

/// A node's refusal, by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has it already.
    #[error("the node knows the transaction already")]
    AlreadyKnown,
    /// Another transaction was mined with it; the next look shows which.
    #[error("the account nonce is taken")]
    NonceTaken,
    #[error("the account cannot pay for the transaction")]
    Funds,
    /// Another transaction with the account nonce waits and offers more, or the node takes only
    /// those that offer more.
    #[error("the transaction offers too little")]
    Underpriced,
    #[error("the transaction is larger than what the destination takes")]
    TooLarge,
    #[error("the node did not take the transaction: {0}")]
    Other(String),
}

impl Refusal {
    /// What the node answered; `None` when it did not answer.
    pub(super) fn of(error: &RpcError<TransportErrorKind>) -> Option<Self> {
        let response = error.as_error_resp()?;
        Some(Self::read(&response.message))
    }

    fn read(message: &str) -> Self {
        let text = message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["already known", "known transaction", "already imported"]) {
            Self::AlreadyKnown
        } else if says(&["nonce too low", "nonce is too low", "oldnonce"]) {
            Self::NonceTaken
        } else if says(&["insufficient funds", "insufficient balance", "upfront cost"]) {
            Self::Funds
        } else if says(&[
            "underpriced",
            "fee too low",
            "feetoolow",
            "less than block base fee",
        ]) {
            Self::Underpriced
        } else if says(TOO_LARGE) {
            Self::TooLarge
        } else {
            Self::Other(message.to_owned())
        }
    }
}

const TOO_LARGE: &[&str] = &[
    "out of gas",
    "outofgas",
    "gas limit",
    "gas required exceeds",
    "intrinsic gas",
    "oversized data",
    "gas too high",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_common_nodes_are_understood() {
        let cases = [
            ("already known", Refusal::AlreadyKnown),
            ("transaction already imported", Refusal::AlreadyKnown),
            (
                "nonce too low: next nonce 5, tx nonce 4",
                Refusal::NonceTaken,
            ),
            (
                "insufficient funds for gas * price + value: balance 0, tx cost 1",
                Refusal::Funds,
            ),
            ("Insufficient funds for gas * price + value", Refusal::Funds),
            ("replacement transaction underpriced", Refusal::Underpriced),
            (
                "max fee per gas less than block base fee: address 0x0",
                Refusal::Underpriced,
            ),
            ("exceeds block gas limit", Refusal::TooLarge),
            (
                "gas required exceeds allowance (30000000)",
                Refusal::TooLarge,
            ),
            (
                "oversized data: transaction size 131300, limit 131072",
                Refusal::TooLarge,
            ),
            ("EVM error OutOfGas", Refusal::TooLarge),
        ];
        for (message, refusal) in cases {
            assert_eq!(Refusal::read(message), refusal, "{message}");
        }
        let other = "txpool is full";
        assert_eq!(Refusal::read(other), Refusal::Other(other.into()));
    }
}
