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
use crate::source::{Execution, Source};

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
        })
    }

    pub(super) async fn broadcast(&self, signed: &Signed) -> Result<(), CallError> {
        let sent = self.provider.send_raw_transaction(&signed.raw).await;
        sent.map(drop).map_err(ethereum_error)
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
