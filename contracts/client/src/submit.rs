//! Submits contract calls and waits until they are final.

use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;

use crate::block::{BlockRef, ContractEvent};
use crate::error::CallError;
use crate::signer::Signer;
use crate::source::Source;

/// Submits contract calls of one signer. Usable from several tasks at once: nonces are handed out
/// locally, so that many transactions can be on their way together.
#[derive(Clone, Debug)]
pub struct Submitter {
    _source: Source,
    _signer: Signer,
}

/// A transaction that succeeded and is final.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The hash its sender knows, as in [`ContractEvent::transaction_hash`].
    pub transaction_hash: B256,
    pub block: BlockRef,
    /// Events of all contracts in this transaction.
    pub events: Vec<ContractEvent>,
    /// When the signed transaction was handed to the node.
    pub submitted_at: Instant,
    /// When its finality was seen.
    pub finalized_at: Instant,
}

impl Submitter {
    /// `ethereum_rpc` is the chain's Ethereum JSON-RPC (HTTP), needed for Ethereum keys only.
    ///
    /// # Errors
    /// [`CallError::NoEthereumRpc`] or an unreadable URL.
    pub fn new(
        _source: Source,
        _ethereum_rpc: Option<&str>,
        _signer: Signer,
    ) -> Result<Self, CallError> {
        todo!()
    }

    /// How long to wait for finality before [`CallError::Timeout`]; two minutes unless told.
    pub fn with_timeout(self, _timeout: Duration) -> Self {
        todo!()
    }

    /// The signer's account as contracts see it.
    pub fn address(&self) -> Address {
        todo!()
    }

    /// The chain that calls go to.
    pub fn source(&self) -> &Source {
        todo!()
    }

    /// Dry-runs the call, submits it, and waits until it is final.
    ///
    /// # Errors
    /// [`CallError::Refused`] when a rule says no; before any fee is spent if the dry run saw it.
    pub async fn call<C: SolCall>(
        &self,
        _contract: Address,
        _call: &C,
    ) -> Result<Submitted, CallError> {
        todo!()
    }

    /// Submits many calls without waiting in between; the results are in the order of the calls.
    /// Calls may depend on earlier ones, so they are not dry-run one by one.
    pub async fn call_many<C: SolCall>(
        &self,
        _calls: &[(Address, C)],
    ) -> Vec<Result<Submitted, CallError>> {
        todo!()
    }

    /// Uploads `code` (PolkaVM) and creates a contract with ABI-encoded constructor arguments.
    pub async fn deploy(
        &self,
        _code: Vec<u8>,
        _constructor_args: Vec<u8>,
    ) -> Result<(Address, Submitted), CallError> {
        todo!()
    }
}
