//! Submit: record, broadcast, and outbid what waits too long.

use alloy::primitives::B256;
use alloy::providers::Provider;
use tokio::time::Instant;
use tracing::{info, instrument, warn};

use super::error::LaneError;
use super::fees::worst_case;
use super::lane::Lane;
use crate::store::{Delivery, Fees, NewDelivery};

impl Lane {
    /// Records the delivery and its transaction, then broadcasts.
    #[instrument(name = "relay.mirror.submit", skip_all, fields(nonce = delivery.attestation.nonce))]
    pub(super) async fn submit(
        &self,
        delivery: &NewDelivery,
        began: Instant,
    ) -> Result<(), LaneError> {
        self.store.add_delivery(delivery).await?;
        let transaction = &delivery.transaction;
        self.broadcast(transaction.hash, &transaction.raw).await?;
        let updates = delivery.first_nonce.map_or(0, |first| {
            delivery
                .attestation
                .nonce
                .saturating_sub(first)
                .saturating_add(1)
        });
        self.metrics.broadcast(updates, began.elapsed());
        info!(hash = %transaction.hash, updates, took = ?began.elapsed(), "delivery submitted");
        Ok(())
    }

    /// Makes sure that the node knows the delivery's newest transaction, and replaces it when it has
    /// waited too long.
    #[instrument(name = "relay.mirror.resubmit", skip_all, fields(nonce = delivery.nonce))]
    pub(super) async fn resubmit(&self, delivery: &Delivery) -> Result<(), LaneError> {
        let Some(newest) = delivery.transactions.first() else {
            return Ok(());
        };
        if self
            .mirror
            .provider()
            .get_transaction_by_hash(newest.hash)
            .await?
            .is_none()
        {
            self.broadcast(newest.hash, &newest.raw).await?;
        }
        if newest.age >= self.bump_after {
            self.replace(delivery, newest.fees).await?;
        }
        Ok(())
    }

    async fn replace(&self, delivery: &Delivery, newest: Fees) -> Result<(), LaneError> {
        let (nonce, gas_limit) = (delivery.account_nonce, delivery.gas_limit);
        let fees = match self
            .fees_for(nonce, gas_limit, worst_case(gas_limit, newest))
            .await
        {
            Err(LaneError::Fees(error)) => {
                self.metrics.fees_exceeded();
                warn!(%error, "the waiting transaction is not replaced");
                return Ok(());
            }
            fees => fees?,
        };
        let transaction = self.sign(nonce, gas_limit, fees, &delivery.calldata)?;
        self.store
            .add_transaction(delivery.id, &transaction)
            .await?;
        self.metrics.replaced();
        info!(hash = %transaction.hash, max_fee = fees.max_fee_per_gas, "replaced by a better paying transaction");
        self.broadcast(transaction.hash, &transaction.raw).await
    }

    /// Hands a recorded transaction to the node. A refusal is no failure of the step: the node may
    /// know it already, or its account nonce may be taken, and the next look will tell which.
    async fn broadcast(&self, hash: B256, raw: &[u8]) -> Result<(), LaneError> {
        match self.mirror.provider().send_raw_transaction(raw).await {
            Ok(_) => Ok(self.store.set_broadcast(hash).await?),
            Err(error) if error.is_error_resp() => {
                warn!(%hash, %error, "the node did not take the transaction");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
