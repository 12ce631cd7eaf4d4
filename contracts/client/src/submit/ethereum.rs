//! Ethereum transactions, sent through the chain's Ethereum JSON-RPC.

use std::time::Duration;

use alloy::consensus::TxEnvelope;
use alloy::eips::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, TxKind};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::reqwest::Client;
use alloy::transports::{RpcError, TransportErrorKind};
use tokio::time::timeout;

use super::{Prepared, Signed};
use crate::error::CallError;
use crate::ethereum_rpc::ethereum_rpc;
use crate::source::{Execution, Source};

/// How long the JSON-RPC may take to answer; it waits for a block.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// Code of every failure for which the JSON-RPC has no code of its own.
const GENERAL_FAILURE: i64 = -32_000;

/// How much gas a transaction needs, and its price in the chain's Ethereum unit.
#[derive(Clone, Copy, Default)]
pub(super) struct Gas {
    limit: u64,
    price: u128,
}

/// A secp256k1 key with the JSON-RPC that takes its transactions.
pub(super) struct EthereumAccount {
    address: Address,
    wallet: EthereumWallet,
    provider: DynProvider,
}

impl EthereumAccount {
    pub(super) fn new(key: PrivateKeySigner, url: &str) -> Result<Self, CallError> {
        let url = url
            .parse()
            .map_err(|_| CallError::Ethereum("its URL is not one of HTTP".to_owned()))?;
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .connect_client(ethereum_rpc(Client::new(), url))
            .erased();
        Ok(Self {
            address: key.address(),
            wallet: EthereumWallet::new(key),
            provider,
        })
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }

    /// The gas limit and price of an execution at the best block.
    pub(super) async fn gas(
        &self,
        source: &Source,
        execution: &Execution,
    ) -> Result<Gas, CallError> {
        let (to, input) = recipient_and_input(execution);
        let (limit, price) = source.estimate_gas(self.address, to, &input).await?;
        let limit =
            u64::try_from(limit).map_err(|_| CallError::OutOfGas(format!("{limit} gas")))?;
        let price = u128::try_from(price)
            .map_err(|_| CallError::Ethereum(format!("a gas price of {price} is absurd")))?;
        Ok(Gas { limit, price })
    }

    pub(super) async fn sign(
        &self,
        chain_id: u64,
        nonce: u64,
        prepared: &Prepared,
    ) -> Result<Signed, CallError> {
        let (to, input) = recipient_and_input(&prepared.execution);
        let request = TransactionRequest::default()
            .with_kind(to.map_or(TxKind::Create, TxKind::Call))
            .with_input(input)
            .with_chain_id(chain_id)
            .with_nonce(nonce)
            // Other transactions may come first and make this one need more, or gas dearer. Only
            // what is used is paid, at the price of the block.
            .with_gas_limit(prepared.gas.limit.saturating_add(prepared.gas.limit / 4))
            .with_max_fee_per_gas(prepared.gas.price.saturating_mul(2))
            .with_max_priority_fee_per_gas(0);
        let signed: TxEnvelope = request
            .build(&self.wallet)
            .await
            .map_err(|error| CallError::Ethereum(error.to_string()))?;
        Ok(Signed {
            hash: *signed.tx_hash(),
            raw: signed.encoded_2718(),
            spec_version: None,
        })
    }

    /// Hands a signed transaction to the JSON-RPC, which may wait for its block before it answers.
    /// An answer that leaves open whether the node has it counts as accepted: the finalized chain
    /// will tell.
    pub(super) async fn broadcast(&self, signed: &Signed) -> Result<(), CallError> {
        let sent = timeout(
            ANSWER_TIMEOUT,
            self.provider.send_raw_transaction(&signed.raw),
        )
        .await;
        match sent {
            Ok(Err(error)) if is_rejection(&error) => Err(ethereum_error(error)),
            Ok(Err(error)) => {
                tracing::warn!(transaction = %signed.hash, %error, "unclear answer to a transaction");
                Ok(())
            }
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    }
}

/// Whether the transaction was not taken: the answer says so, or there was none. A transaction that
/// was taken but not seen in a block in time is answered with the general failure.
fn is_rejection(error: &RpcError<TransportErrorKind>) -> bool {
    match error.as_error_resp() {
        Some(answer) => answer.code != GENERAL_FAILURE,
        None => true,
    }
}

/// Constructor arguments stand behind the code; the chain tells them apart.
fn recipient_and_input(execution: &Execution) -> (Option<Address>, Vec<u8>) {
    match execution {
        Execution::Call { contract, data } => (Some(*contract), data.clone()),
        Execution::Deploy { code, data } => (None, [code.as_slice(), data].concat()),
    }
}

fn ethereum_error(error: RpcError<TransportErrorKind>) -> CallError {
    CallError::Ethereum(error.to_string())
}
