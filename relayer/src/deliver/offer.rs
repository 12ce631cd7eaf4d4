//! What a transaction offers, given the market, what it competes with and what the account has.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::Encodable2718;
use alloy::network::TransactionResponse;
use alloy::primitives::{B256, Bytes, TxKind, U256};
use alloy::providers::Provider;
use alloy::signers::SignerSync;

use super::error::LaneError;
use super::fees::{higher, worst_case};
use super::lane::Lane;
use crate::store::{Fees, NewTransaction};

/// Newest transactions with one account nonce that are looked for in the node's pool.
const RIVALS: u32 = 32;

impl Lane {
    /// What to offer for a transaction with this account nonce, above `floor` if there is one.
    /// `counted` wei of its worst case are part of the hour's spending already, because it replaces a
    /// transaction that is.
    pub(super) async fn fees_for(
        &self,
        account_nonce: u64,
        gas_limit: u64,
        floor: Option<Fees>,
        counted: u128,
    ) -> Result<Fees, LaneError> {
        let market = self.mirror.provider().estimate_eip1559_fees().await?;
        let market = Fees {
            max_fee_per_gas: market.max_fee_per_gas,
            max_priority_fee_per_gas: market.max_priority_fee_per_gas,
        };
        let waiting = self.offered(account_nonce).await?;
        let fees = self.fees.offer(market, higher(waiting, floor))?;
        let needed = worst_case(gas_limit, fees);
        self.report.needs(needed);
        let spent = self.store.spent_last_hour().await?;
        self.fees.afford(spent, needed.saturating_sub(counted))?;
        self.check_funds(needed).await?;
        Ok(fees)
    }

    /// The highest fees of this account's transactions with this nonce that wait in the node's pool:
    /// a new one has to outbid them. What the node has lost or never took outbids nothing, whatever
    /// it offered.
    async fn offered(&self, account_nonce: u64) -> Result<Option<Fees>, LaneError> {
        let chain_id = self.destination.chain_id;
        let account = self.account();
        let offers = self.store.offers(chain_id, account, account_nonce, RIVALS);
        let mut highest = None;
        for offer in offers.await? {
            if self.is_pooled(offer.hash).await? {
                highest = higher(highest, Some(offer.fees));
            }
        }
        Ok(highest)
    }

    /// Whether the transaction waits in the node's pool.
    pub(super) async fn is_pooled(&self, hash: B256) -> Result<bool, LaneError> {
        let provider = self.mirror.provider();
        let known = provider.get_transaction_by_hash(hash).await?;
        Ok(known.is_some_and(|transaction| transaction.block_number().is_none()))
    }

    /// A transaction that the account cannot pay for is not even recorded: no node would take it.
    pub(super) async fn check_funds(&self, needed: u128) -> Result<(), LaneError> {
        let account = self.account();
        let balance = self.mirror.provider().get_balance(account).await?;
        if balance >= U256::from(needed) {
            return Ok(());
        }
        Err(LaneError::Funds {
            account,
            balance: balance.saturating_to(),
            needed,
        })
    }

    /// A signed transaction to the mirror.
    pub(super) fn sign(
        &self,
        account_nonce: u64,
        gas_limit: u64,
        fees: Fees,
        calldata: &Bytes,
    ) -> Result<NewTransaction, LaneError> {
        let transaction = TxEip1559 {
            chain_id: self.destination.chain_id,
            nonce: account_nonce,
            gas_limit,
            max_fee_per_gas: fees.max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas,
            to: TxKind::Call(self.mirror.address()),
            value: U256::ZERO,
            access_list: Default::default(),
            input: calldata.clone(),
        };
        let signature = self.signer.sign_hash_sync(&transaction.signature_hash())?;
        let signed = TxEnvelope::from(transaction.into_signed(signature));
        Ok(NewTransaction {
            hash: *signed.tx_hash(),
            raw: signed.encoded_2718().into(),
            fees,
        })
    }
}
