//! Submit: record, broadcast, and outbid what waits too long.

use alloy::eips::BlockId;
use alloy::primitives::B256;
use alloy::providers::Provider;
use tokio::time::Instant;
use tracing::{info, instrument};

use super::error::LaneError;
use super::fees::worst_case;
use super::lane::Lane;
use super::refusal::Refusal;
use super::simulate::Simulation;
use crate::store::{Delivery, Fees, NewDelivery, TransactionRecord};

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
        let updates = updates(delivery.first_nonce, delivery.attestation.nonce);
        self.metrics.broadcast(updates, began.elapsed());
        info!(hash = %transaction.hash, updates, took = ?began.elapsed(), "delivery submitted");
        Ok(())
    }

    /// Makes sure that the node has the newest transaction of each waiting delivery, and replaces the
    /// first one's when it has waited too long. The others cannot be mined before it, whatever they
    /// offer.
    pub(super) async fn resubmit(&mut self, waiting: &[Delivery]) -> Result<(), LaneError> {
        for (place, delivery) in waiting.iter().enumerate() {
            let Some(newest) = delivery.transactions.first() else {
                continue;
            };
            if self.is_pooled(newest.hash).await? {
                if newest.taken.is_none() {
                    // The process ended between the node's answer and writing it down.
                    self.store.set_broadcast(newest.hash).await?;
                }
                continue;
            }
            // What comes later builds on the first, which the mirror does not hold yet.
            if place == 0 && !self.is_still_accepted(delivery).await? {
                return Ok(());
            }
            let sent = self.broadcast(newest.hash, &newest.raw).await;
            if let Err(LaneError::Refused(refusal)) = sent {
                return self.answer(refusal, delivery, newest).await;
            }
            sent?;
        }
        self.outbid(waiting).await
    }

    /// Does what can be done about a node's refusal.
    async fn answer(
        &mut self,
        refusal: Refusal,
        delivery: &Delivery,
        newest: &TransactionRecord,
    ) -> Result<(), LaneError> {
        match refusal {
            Refusal::Underpriced => self.replace(delivery, newest.fees, Some(newest.fees)).await,
            Refusal::TooLarge => self.halve(delivery).await,
            Refusal::Funds => {
                let needed = worst_case(delivery.gas_limit, newest.fees);
                // Says how much is missing, unless that has changed meanwhile.
                self.check_funds(needed).await?;
                Err(refusal.into())
            }
            Refusal::AlreadyKnown | Refusal::NonceTaken | Refusal::Other(_) => Err(refusal.into()),
        }
    }

    /// Replaces the first delivery's transaction when it has waited too long.
    async fn outbid(&mut self, waiting: &[Delivery]) -> Result<(), LaneError> {
        let Some(first) = waiting.first() else {
            return Ok(());
        };
        let Some(newest) = first.transactions.first() else {
            return Ok(());
        };
        let is_due = newest.taken.is_some_and(|taken| taken >= self.bump_after);
        if !is_due || !self.is_still_accepted(first).await? {
            return Ok(());
        }
        self.replace(first, newest.fees, None).await
    }

    /// Whether the mirror would take the delivery now. If not, it is given up: a reorganisation or the
    /// attesters' rotation has overtaken it, and mined it would only cost.
    async fn is_still_accepted(&mut self, delivery: &Delivery) -> Result<bool, LaneError> {
        let calldata = &delivery.calldata;
        let simulation = self.simulate_at(BlockId::latest(), calldata).await?;
        if matches!(simulation, Simulation::Accepted { .. }) {
            return Ok(true);
        }
        info!(?simulation, "the mirror would refuse what waits");
        self.give_up(delivery, "the mirror would refuse it").await?;
        Ok(false)
    }

    /// Offers more for the delivery, above `floor` if there is one.
    #[instrument(name = "relay.mirror.replace", skip_all, fields(nonce = delivery.nonce))]
    async fn replace(
        &self,
        delivery: &Delivery,
        newest: Fees,
        floor: Option<Fees>,
    ) -> Result<(), LaneError> {
        let (nonce, gas_limit) = (delivery.account_nonce, delivery.gas_limit);
        let counted = worst_case(gas_limit, newest);
        let fees = self.fees_for(nonce, gas_limit, floor, counted).await;
        if matches!(fees, Err(LaneError::Fees(_))) {
            self.metrics.fees_exceeded();
        }
        let fees = fees?;
        let transaction = self.sign(nonce, gas_limit, fees, &delivery.calldata)?;
        self.store
            .add_transaction(delivery.id, &transaction)
            .await?;
        self.metrics.replaced();
        info!(hash = %transaction.hash, max_fee = fees.max_fee_per_gas, "replaced by a better paying transaction");
        self.broadcast(transaction.hash, &transaction.raw).await
    }

    /// Gives up a delivery that is too large for the node, so that a smaller batch is prepared.
    async fn halve(&mut self, delivery: &Delivery) -> Result<(), LaneError> {
        self.give_up(delivery, "too large for the destination")
            .await?;
        if self
            .batches
            .shrink(updates(delivery.first_nonce, delivery.nonce))
        {
            Ok(())
        } else {
            Err(LaneError::TooLarge)
        }
    }

    /// Hands a recorded transaction to the node, and writes down that it took it.
    async fn broadcast(&self, hash: B256, raw: &[u8]) -> Result<(), LaneError> {
        let sent = self.mirror.provider().send_raw_transaction(raw).await;
        match sent {
            Ok(_) => Ok(self.store.set_broadcast(hash).await?),
            Err(error) => match Refusal::of(&error) {
                Some(Refusal::AlreadyKnown) => Ok(self.store.set_broadcast(hash).await?),
                Some(refusal) => Err(refusal.into()),
                None => Err(error.into()),
            },
        }
    }
}

/// How many updates a delivery carries.
fn updates(first_nonce: Option<u64>, nonce: u64) -> u64 {
    first_nonce.map_or(0, |first| nonce.saturating_sub(first).saturating_add(1))
}
