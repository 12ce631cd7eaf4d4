//! Confirm: what became of deliveries that are under way.

use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use tracing::{info, warn};

use super::error::LaneError;
use super::lane::{Lane, Look};
use crate::store::{Delivery, DeliveryState, Inclusion};

/// Where the open deliveries stand.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// In no block yet, in the order of their account nonces.
    pub(super) submitted: Vec<Delivery>,
    /// Some are in a block that is not deep enough yet.
    pub(super) has_included: bool,
    /// A delivery entered or left a block, or was given up.
    pub(super) has_changed: bool,
}

/// What is known about one delivery now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Unchanged,
    Waiting,
    Included,
    Final,
    Reverted,
    Reorganised,
    Superseded(&'static str),
}

impl Lane {
    /// Compares every open delivery with the destination. `look` was taken before the receipts are
    /// read here, so what it shows without a receipt was done by somebody else.
    pub(super) async fn confirm(
        &self,
        open: Vec<Delivery>,
        look: &Look,
    ) -> Result<Standing, LaneError> {
        let mut standing = Standing::default();
        let mut next_nonce = look.account_nonce;
        for delivery in open {
            let receipt = self.receipt(&delivery).await?;
            let verdict = judge(&delivery, receipt.as_ref(), look, self.confirmations);
            let verdict = match verdict {
                // The transaction before it was final, and is gone with a part of the chain that the
                // destination has lost: this one will never be mined.
                Verdict::Waiting if delivery.account_nonce > next_nonce => {
                    Verdict::Superseded("account nonces before it are free")
                }
                verdict => verdict,
            };
            next_nonce = next_nonce.max(delivery.account_nonce.saturating_add(1));
            self.settle(&delivery, verdict, receipt.as_ref()).await?;
            match verdict {
                Verdict::Waiting => standing.submitted.push(delivery),
                Verdict::Unchanged => standing.has_included = true,
                Verdict::Included
                | Verdict::Final
                | Verdict::Reverted
                | Verdict::Reorganised
                | Verdict::Superseded(_) => standing.has_changed = true,
            }
        }
        Ok(standing)
    }

    /// The receipt of whichever of the delivery's transactions was mined.
    async fn receipt(&self, delivery: &Delivery) -> Result<Option<TransactionReceipt>, LaneError> {
        for transaction in &delivery.transactions {
            let receipt = self
                .mirror
                .provider()
                .get_transaction_receipt(transaction.hash)
                .await?;
            if receipt.is_some() {
                return Ok(receipt);
            }
        }
        Ok(None)
    }

    async fn settle(
        &self,
        delivery: &Delivery,
        verdict: Verdict,
        receipt: Option<&TransactionReceipt>,
    ) -> Result<(), LaneError> {
        let (id, nonce) = (delivery.id, delivery.nonce);
        let inclusion = receipt.and_then(inclusion);
        match verdict {
            Verdict::Unchanged | Verdict::Waiting => return Ok(()),
            Verdict::Included => self.include(delivery, inclusion).await?,
            Verdict::Final => {
                self.include(delivery, inclusion).await?;
                self.store.set_final(id).await?;
                info!(nonce, "delivery final");
            }
            Verdict::Reverted => {
                warn!(nonce, ?inclusion, "delivery reverted");
                self.store
                    .set_superseded(id, "reverted", inclusion.as_ref())
                    .await?;
            }
            Verdict::Reorganised => {
                warn!(nonce, "the delivery's block was reorganised away");
                self.store.set_reorganised(id).await?;
            }
            Verdict::Superseded(reason) => {
                info!(nonce, reason, "delivery superseded");
                self.store.set_superseded(id, reason, None).await?;
            }
        }
        self.metrics.settled(verdict.name());
        Ok(())
    }

    async fn include(
        &self,
        delivery: &Delivery,
        inclusion: Option<Inclusion>,
    ) -> Result<(), LaneError> {
        let Some(at) = inclusion else { return Ok(()) };
        self.store.set_included(delivery.id, &at).await?;
        if delivery.state == DeliveryState::Submitted {
            self.metrics.gas(at.gas_used);
            let (nonce, block, hash, gas) = (delivery.nonce, at.block, at.transaction, at.gas_used);
            info!(nonce, block, %hash, gas, "delivery included");
        }
        Ok(())
    }
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Waiting => "waiting",
            Self::Included => "included",
            Self::Final => "final",
            Self::Reverted => "reverted",
            Self::Reorganised => "reorganised",
            Self::Superseded(_) => "superseded",
        }
    }
}

fn judge(
    delivery: &Delivery,
    receipt: Option<&TransactionReceipt>,
    look: &Look,
    confirmations: u64,
) -> Verdict {
    let Some((receipt, at)) = receipt.and_then(|receipt| Some((receipt, inclusion(receipt)?)))
    else {
        return judge_unmined(delivery, look);
    };
    if !receipt.status() {
        return Verdict::Reverted;
    }
    let depth = look.block.saturating_add(1).saturating_sub(at.block);
    match delivery.state {
        _ if depth >= confirmations => Verdict::Final,
        DeliveryState::Included { block, hash } if (block, hash) == (at.block, at.block_hash) => {
            Verdict::Unchanged
        }
        DeliveryState::Included { .. } | DeliveryState::Submitted => Verdict::Included,
    }
}

fn judge_unmined(delivery: &Delivery, look: &Look) -> Verdict {
    if matches!(delivery.state, DeliveryState::Included { .. }) {
        return Verdict::Reorganised;
    }
    let is_done = if delivery.has_updates {
        look.mirror.nonce >= delivery.nonce
    } else {
        look.mirror.as_of_block >= delivery.source_block
    };
    if is_done {
        return Verdict::Superseded("delivered by another");
    }
    if look.account_nonce > delivery.account_nonce {
        return Verdict::Superseded("account nonce taken");
    }
    Verdict::Waiting
}

/// `None` while the receipt is of a pending block.
fn inclusion(receipt: &TransactionReceipt) -> Option<Inclusion> {
    Some(Inclusion {
        transaction: receipt.transaction_hash,
        block: receipt.block_number?,
        block_hash: receipt.block_hash?,
        gas_used: receipt.gas_used,
        paid: u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price),
    })
}
