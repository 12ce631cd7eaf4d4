//! Confirm: what became of deliveries that are under way.

use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use tracing::{info, warn};

use super::error::LaneError;
use super::lane::Lane;
use super::line::fitting;
use crate::mirror::Look;
use crate::store::{Delivery, DeliveryState, Inclusion};

/// Account nonces before the newest that are looked through after a start.
const RECENT_NONCES: u64 = 8;

/// Where the open deliveries stand.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// In no block yet, in the order of their account nonces; each can be mined after the one before.
    pub(super) submitted: Vec<Delivery>,
    /// Some are in a block that is not deep enough yet.
    pub(super) has_included: bool,
    /// A delivery entered a block, or was given up.
    pub(super) has_settled: bool,
    /// The look is older than what is known of a delivery, or a delivery left its block.
    pub(super) is_unclear: bool,
}

/// What is known about one delivery now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Unchanged,
    Waiting,
    /// In a block that the look does not know.
    Newer,
    Included,
    Final,
    Reverted,
    Reorganised,
    Superseded(&'static str),
}

/// One of a delivery's transactions in a block of the destination's present history.
#[derive(Clone, Copy, Debug)]
struct Mined {
    at: Inclusion,
    is_success: bool,
}

impl Lane {
    /// Compares every delivery that the destination may still change its mind about with `look`, which
    /// was taken before the receipts are read here.
    pub(super) async fn confirm(&mut self, look: &Look) -> Result<Standing, LaneError> {
        let mut standing = Standing {
            is_unclear: self.reopen(look).await?,
            ..Standing::default()
        };
        self.account_for(look).await?;
        let open = self.store.open_deliveries(&self.destination).await?;
        let undisturbed = self.undisturbed(&open, look).await?;
        for delivery in open {
            if self.stays(&delivery, undisturbed, look) {
                standing.has_included = true;
                continue;
            }
            let mined = self.mined(&delivery).await?;
            let mut verdict = judge(&delivery, mined.as_ref(), look, self.confirmations);
            if verdict.needs_current_look() && !self.is_current(look).await? {
                verdict = Verdict::Newer;
            }
            self.settle(&delivery, verdict, mined.as_ref()).await?;
            standing.add(delivery, verdict);
        }
        if !standing.is_unclear {
            self.give_up_unfit(look, &mut standing).await?;
        }
        Ok(standing)
    }

    /// Up to which block the included deliveries are as they were: where the newest one's block still
    /// is, those before it are, too, and need no request each.
    async fn undisturbed(&self, open: &[Delivery], look: &Look) -> Result<Option<u64>, LaneError> {
        let newest = open.iter().filter_map(included).max();
        let Some((block, hash)) = newest.filter(|(block, _)| *block <= look.block.number) else {
            return Ok(None);
        };
        let is_there = self.mirror.is_canonical(block, hash).await?;
        Ok(is_there.then_some(block))
    }

    /// Whether nothing is to be found out about the delivery: it is included, and not final yet.
    fn stays(&self, delivery: &Delivery, undisturbed: Option<u64>, look: &Look) -> bool {
        included(delivery).is_some_and(|(block, _)| {
            undisturbed >= Some(block)
                && delivery.account_nonce < look.account_nonce
                && depth(block, look) < self.confirmations
        })
    }

    async fn is_current(&self, look: &Look) -> Result<bool, LaneError> {
        let block = look.block;
        Ok(self.mirror.is_canonical(block.number, block.hash).await?)
    }

    /// Puts deliveries on their way again that were final and are in no block any more: the destination
    /// was reorganised deeper than it was configured to be. Says whether there are any.
    async fn reopen(&self, look: &Look) -> Result<bool, LaneError> {
        let (destination, account) = (&self.destination, self.account());
        let nonce = look.account_nonce;
        let undone = self.store.undone_deliveries(destination, account, nonce);
        let undone = undone.await?;
        for delivery in &undone {
            self.store.set_reorganised(*delivery).await?;
        }
        if !undone.is_empty() {
            let deliveries = undone.len();
            warn!(
                deliveries,
                account_nonce = nonce,
                "final deliveries were reorganised away"
            );
        }
        Ok(!undone.is_empty())
    }

    /// Finds out which deliveries were mined although they were given up, and what they cost.
    async fn account_for(&mut self, look: &Look) -> Result<(), LaneError> {
        let (account, next) = (self.account(), look.account_nonce);
        let from = match self.accounted {
            Some(accounted) => accounted,
            None => {
                self.store.leave_other_accounts(account).await?;
                next.saturating_sub(RECENT_NONCES)
            }
        };
        if from < next {
            let given_up = self
                .store
                .given_up_deliveries(&self.destination, account, from..next);
            for delivery in given_up.await? {
                let mined = self.mined(&delivery).await?;
                let verdict = match mined {
                    None => Verdict::Unchanged,
                    Some(mined) if mined.is_success => Verdict::Included,
                    Some(_) => Verdict::Reverted,
                };
                self.settle(&delivery, verdict, mined.as_ref()).await?;
            }
        }
        self.accounted = Some(next);
        Ok(())
    }

    /// Gives up what a reorganisation left without a place, so that it is prepared anew.
    async fn give_up_unfit(
        &mut self,
        look: &Look,
        standing: &mut Standing,
    ) -> Result<(), LaneError> {
        let fitting = fitting(&standing.submitted, look);
        if fitting == standing.submitted.len() {
            return Ok(());
        }
        if !self.is_current(look).await? {
            standing.is_unclear = true;
            return Ok(());
        }
        for delivery in standing.submitted.drain(fitting..) {
            let reason = if delivery.account_nonce > look.account_nonce {
                "account nonces before it are free"
            } else {
                "it does not continue what the mirror holds"
            };
            self.give_up(&delivery, reason).await?;
            standing.has_settled = true;
        }
        Ok(())
    }

    /// Whichever of the delivery's transactions was mined. A receipt whose block was reorganised away
    /// says nothing.
    async fn mined(&self, delivery: &Delivery) -> Result<Option<Mined>, LaneError> {
        for transaction in &delivery.transactions {
            let provider = self.mirror.provider();
            let receipt = provider.get_transaction_receipt(transaction.hash).await?;
            let Some(mined) = receipt.as_ref().and_then(Mined::of) else {
                continue;
            };
            let (block, hash) = (mined.at.block, mined.at.block_hash);
            if self.mirror.is_canonical(block, hash).await? {
                return Ok(Some(mined));
            }
        }
        Ok(None)
    }

    async fn settle(
        &mut self,
        delivery: &Delivery,
        verdict: Verdict,
        mined: Option<&Mined>,
    ) -> Result<(), LaneError> {
        let (id, nonce) = (delivery.id, delivery.nonce);
        let inclusion = mined.map(|mined| mined.at);
        match verdict {
            Verdict::Unchanged | Verdict::Waiting | Verdict::Newer => return Ok(()),
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

    /// Gives up a delivery that waits.
    pub(super) async fn give_up(
        &mut self,
        delivery: &Delivery,
        reason: &'static str,
    ) -> Result<(), LaneError> {
        let verdict = Verdict::Superseded(reason);
        self.settle(delivery, verdict, None).await
    }

    async fn include(
        &mut self,
        delivery: &Delivery,
        inclusion: Option<Inclusion>,
    ) -> Result<(), LaneError> {
        let Some(at) = inclusion else { return Ok(()) };
        self.store.set_included(delivery.id, &at).await?;
        if delivery.state == DeliveryState::Submitted {
            self.metrics.gas(at.gas_used);
            if delivery.first_nonce.is_some() {
                self.batches.grow();
            }
            let (nonce, block, hash, gas) = (delivery.nonce, at.block, at.transaction, at.gas_used);
            info!(nonce, block, %hash, gas, "delivery included");
        }
        Ok(())
    }
}

impl Standing {
    fn add(&mut self, delivery: Delivery, verdict: Verdict) {
        match verdict {
            Verdict::Waiting => self.submitted.push(delivery),
            Verdict::Unchanged => self.has_included = true,
            Verdict::Newer | Verdict::Reorganised => self.is_unclear = true,
            Verdict::Included | Verdict::Final | Verdict::Reverted | Verdict::Superseded(_) => {
                self.has_settled = true;
            }
        }
    }
}

impl Verdict {
    /// Whether the verdict rests on what the look did not show. If its block was reorganised away before
    /// the receipts were read, it may be this very delivery that the look saw mirrored.
    fn needs_current_look(self) -> bool {
        match self {
            Self::Reorganised | Self::Superseded(_) => true,
            Self::Unchanged
            | Self::Waiting
            | Self::Newer
            | Self::Included
            | Self::Final
            | Self::Reverted => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Waiting => "waiting",
            Self::Newer => "newer",
            Self::Included => "included",
            Self::Final => "final",
            Self::Reverted => "reverted",
            Self::Reorganised => "reorganised",
            Self::Superseded(_) => "superseded",
        }
    }
}

impl Mined {
    /// `None` while the receipt is of a pending block.
    fn of(receipt: &TransactionReceipt) -> Option<Self> {
        let at = Inclusion {
            transaction: receipt.transaction_hash,
            block: receipt.block_number?,
            block_hash: receipt.block_hash?,
            gas_used: receipt.gas_used,
            paid: u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price),
        };
        let is_success = receipt.status();
        Some(Self { at, is_success })
    }
}

/// The block that a delivery was last seen in.
fn included(delivery: &Delivery) -> Option<(u64, B256)> {
    match delivery.state {
        DeliveryState::Included { block, hash } => Some((block, hash)),
        DeliveryState::Submitted => None,
    }
}

/// Blocks from this one to the newest, both counted.
fn depth(block: u64, look: &Look) -> u64 {
    look.block.number.saturating_add(1).saturating_sub(block)
}

fn judge(delivery: &Delivery, mined: Option<&Mined>, look: &Look, confirmations: u64) -> Verdict {
    let Some(Mined { at, is_success }) = mined else {
        return judge_unmined(delivery, look);
    };
    if at.block > look.block.number {
        return Verdict::Newer;
    }
    if delivery.account_nonce >= look.account_nonce {
        // The node still has the block, and the state of its history without it. What is to be done
        // follows from the state.
        return judge_unmined(delivery, look);
    }
    if !is_success {
        return Verdict::Reverted;
    }
    match delivery.state {
        _ if depth(at.block, look) >= confirmations => Verdict::Final,
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
    let is_done = match delivery.first_nonce {
        Some(_) => look.mirror.nonce >= delivery.nonce,
        None => look.mirror.as_of_block >= delivery.source_block,
    };
    if is_done {
        return Verdict::Superseded("delivered by another");
    }
    if look.account_nonce > delivery.account_nonce {
        return Verdict::Superseded("account nonce taken");
    }
    Verdict::Waiting
}
