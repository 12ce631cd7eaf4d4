//! Ethereum transactions, sent through the chain's Ethereum JSON-RPC.

use alloy::consensus::TxEnvelope;
use alloy::eips::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, TxKind};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::{RpcError, TransportErrorKind};

use super::{Prepared, Signed};
use crate::error::CallError;
use crate::source::Execution;

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
            .connect_http(url)
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

    pub(super) async fn next_nonce(&self) -> Result<u64, CallError> {
        let count = self
            .provider
            .get_transaction_count(self.address)
            .pending()
            .await;
        count.map_err(ethereum_error)
    }

    /// The gas limit of an execution: what it needs, and a quarter for what may come first.
    pub(super) async fn gas_limit(&self, execution: &Execution) -> Result<u64, CallError> {
        let request = request(self.address, execution);
        let gas = self
            .provider
            .estimate_gas(request)
            .await
            .map_err(ethereum_error)?;
        Ok(gas.saturating_add(gas / 4))
    }

    pub(super) async fn sign(
        &self,
        chain_id: u64,
        nonce: u64,
        prepared: &Prepared,
    ) -> Result<Signed, CallError> {
        let gas_price = self
            .provider
            .get_gas_price()
            .await
            .map_err(ethereum_error)?;
        let request = request(self.address, &prepared.execution)
            .with_chain_id(chain_id)
            .with_nonce(nonce)
            .with_gas_limit(prepared.gas_limit)
            .with_max_fee_per_gas(gas_price.saturating_mul(2))
            .with_max_priority_fee_per_gas(0);
        let signed: TxEnvelope = request
            .build(&self.wallet)
            .await
            .map_err(|error| CallError::Ethereum(error.to_string()))?;
        Ok(Signed {
            hash: *signed.tx_hash(),
            raw: signed.encoded_2718(),
        })
    }

    pub(super) async fn broadcast(&self, signed: &Signed) -> Result<(), CallError> {
        let sent = self.provider.send_raw_transaction(&signed.raw).await;
        sent.map(drop).map_err(ethereum_error)
    }
}

/// Constructor arguments stand behind the code; the chain tells them apart.
fn request(from: Address, execution: &Execution) -> TransactionRequest {
    let (kind, input) = match execution {
        Execution::Call { contract, data } => (TxKind::Call(*contract), data.clone()),
        Execution::Deploy { code, data } => (TxKind::Create, [code.as_slice(), data].concat()),
    };
    TransactionRequest::default()
        .with_from(from)
        .with_kind(kind)
        .with_input(input)
}

fn ethereum_error(error: RpcError<TransportErrorKind>) -> CallError {
    CallError::Ethereum(error.to_string())
}
