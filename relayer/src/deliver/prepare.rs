//! Prepare: batch, signatures, simulation, fees, a signed transaction.

use alloy::primitives::{Address, B256, Bytes};
use lex_model::{Attestation, SoftwareKeccak, Update};
use tokio::time::Instant;
use tracing::{debug, info};

use super::batch::Plan;
use super::calldata::calldata;
use super::error::LaneError;
use super::lane::Lane;
use super::simulate::Simulation;
use crate::api::AttestationRequest;
use crate::mirror::{AttesterSet, Look};
use crate::outbox::Progress;
use crate::store::NewDelivery;

/// Added to the estimate, which is exact for the state it was made on.
const GAS_MARGIN_PERCENT: u64 = 15;
const GAS_MARGIN: u64 = 20_000;

/// What preparing led to.
pub(super) enum Prepared {
    /// A delivery to submit, and when work on it began.
    Delivery(Box<NewDelivery>, Instant),
    /// Another was faster, or a smaller batch is to be tried.
    LookAgain,
    /// Nothing to deliver before more is verified.
    Nothing,
}

/// The statement to be signed, before signatures.
struct Draft {
    first_nonce: Option<u64>,
    updates: Vec<Update>,
    nonce: u64,
    source_block: u64,
}

impl Lane {
    /// Prepares the next delivery from where the mirror stands. Where the destination's clock is behind
    /// the source's, it goes up to the newest block that this clock takes: late, but not stopped.
    pub(super) async fn prepare(&mut self, look: &Look) -> Result<Prepared, LaneError> {
        let verified = self.progress.borrow().clone();
        let lag = match self.prepare_up_to(&verified, look).await {
            Err(LaneError::Clock(lag)) => lag,
            Err(error) => return Err(error),
            Ok(prepared) => {
                self.clock_lag = None;
                return Ok(prepared);
            }
        };
        self.clock_lag = Some(lag);
        let newest = self.store.checkpoint_at(lag.accepted).await?;
        let taken = verified.back_at(&newest.ok_or(lag)?);
        match self.prepare_up_to(&taken, look).await? {
            Prepared::Nothing => Err(lag.into()),
            prepared @ (Prepared::Delivery(..) | Prepared::LookAgain) => Ok(prepared),
        }
    }

    /// Prepares the next delivery of what is verified.
    async fn prepare_up_to(
        &mut self,
        verified: &Progress,
        look: &Look,
    ) -> Result<Prepared, LaneError> {
        let began = Instant::now();
        let Some(draft) = self.draft(verified, look).await? else {
            return Ok(Prepared::Nothing);
        };
        let attestation = self.attestation(&draft, look.mirror.epoch).await?;
        let signatures = self.signatures(&attestation).await?;
        self.metrics.collected(began.elapsed());
        let calldata = calldata(&draft.updates, &attestation, &signatures);
        let gas_limit = match self.simulate(&look.mirror, &calldata).await? {
            Simulation::Accepted { gas } => with_margin(gas),
            Simulation::AlreadyDelivered => {
                debug!(nonce = draft.nonce, "delivered by another already");
                return Ok(Prepared::LookAgain);
            }
            Simulation::FromFuture(lag) => return Err(lag.into()),
            Simulation::TooLarge => return self.shrink(&draft),
            Simulation::Refused(reason) => {
                // Perhaps another set attests this epoch since the destination was reorganised.
                self.attester_set = None;
                return Err(LaneError::Simulation(reason));
            }
        };
        if gas_limit > look.block.gas_limit {
            return self.shrink(&draft);
        }
        let account_nonce = look.account_nonce;
        let fees = self.fees_for(account_nonce, gas_limit, None, 0).await?;
        let transaction = self.sign(account_nonce, gas_limit, fees, &calldata)?;
        let delivery = NewDelivery {
            destination: self.destination,
            first_nonce: draft.first_nonce,
            attestation,
            signatures,
            account: self.account(),
            account_nonce,
            calldata,
            gas_limit,
            transaction,
        };
        Ok(Prepared::Delivery(Box::new(delivery), began))
    }

    fn shrink(&mut self, draft: &Draft) -> Result<Prepared, LaneError> {
        let updates = draft.updates.len() as u64;
        if !self.batches.shrink(updates) {
            return Err(LaneError::TooLarge);
        }
        info!(
            updates,
            "the batch is too large for the destination; half of it is tried"
        );
        Ok(Prepared::LookAgain)
    }

    /// The next batch or heartbeat; `None` when there is nothing to deliver.
    async fn draft(
        &mut self,
        verified: &Progress,
        look: &Look,
    ) -> Result<Option<Draft>, LaneError> {
        // A lane that its guardian stopped takes nothing, and may hold what thieves of keys wrote: that it
        // is not ours is why it was stopped, and no news.
        if verified.halted.is_some() || look.mirror.state.is_stopped() {
            return Ok(None);
        }
        let plan = self.batches.plan(&look.mirror, verified);
        debug!(?plan, "planned");
        if plan == Plan::Behind {
            return Ok(None);
        }
        if !self.continues(look).await? {
            return Ok(None);
        }
        match plan {
            Plan::All {
                first,
                last,
                source_block,
            } => self.batch(first, last, source_block).await.map(Some),
            Plan::Part { first, last } => self.part(first, last).await.map(Some),
            Plan::Heartbeat {
                nonce,
                source_block,
            } => Ok(Some(Draft {
                first_nonce: None,
                updates: Vec::new(),
                nonce,
                source_block,
            })),
            Plan::Behind | Plan::Idle => Ok(None),
        }
    }

    pub(super) async fn head_at(&self, nonce: u64) -> Result<B256, LaneError> {
        if nonce == 0 {
            let empty = lex_client::empty_outbox(self.source.chain_id, self.source.contract);
            return Ok(empty.head.into());
        }
        let head = self.store.head(nonce).await?;
        head.map(|(head, _)| head)
            .ok_or(LaneError::MissingUpdate(nonce))
    }

    async fn batch(&self, first: u64, last: u64, source_block: u64) -> Result<Draft, LaneError> {
        let updates = self.store.updates(first, last).await?;
        if let Some(missing) = (first..=last)
            .zip(&updates)
            .find_map(|(n, u)| (u.nonce != n).then_some(n))
        {
            return Err(LaneError::MissingUpdate(missing));
        }
        if updates.len() as u64 != last - first + 1 {
            return Err(LaneError::MissingUpdate(last));
        }
        Ok(Draft {
            first_nonce: Some(first),
            updates,
            nonce: last,
            source_block,
        })
    }

    /// The updates `first..=last` of more, as of the newest block that holds none after `last`. The
    /// contract's first block has none before it; its updates go together, whatever the limit.
    async fn part(&self, first: u64, last: u64) -> Result<Draft, LaneError> {
        let next = last.saturating_add(1);
        let (_, block_of_next) = self
            .store
            .head(next)
            .await?
            .ok_or(LaneError::MissingUpdate(next))?;
        let before = block_of_next.saturating_sub(1);
        if self.store.block(before).await?.is_some() {
            return self.batch(first, last, before).await;
        }
        let block = self.store.block(block_of_next).await?;
        let block = block.ok_or(LaneError::MissingBlock(block_of_next))?;
        self.batch(first, block.nonce, block.number).await
    }

    async fn attestation(&self, draft: &Draft, epoch: u64) -> Result<Attestation, LaneError> {
        let number = draft.source_block;
        let block = self
            .store
            .block(number)
            .await?
            .ok_or(LaneError::MissingBlock(number))?;
        Ok(Attestation {
            source_chain_id: self.source.chain_id,
            source_genesis: self.source.genesis.0,
            source_contract: self.source.contract.0.0,
            epoch,
            nonce: draft.nonce,
            head: self.head_at(draft.nonce).await?.0,
            source_block: number,
            source_time: block.time,
        })
    }

    async fn signatures(
        &mut self,
        attestation: &Attestation,
    ) -> Result<Vec<(Address, Bytes)>, LaneError> {
        let set = self.set_of(attestation.epoch).await?;
        let digest = B256::from(attestation.digest::<SoftwareKeccak>(&self.destination));
        let request = AttestationRequest {
            destination: self.name.clone(),
            nonce: attestation.nonce,
            source_block: attestation.source_block,
            epoch: Some(attestation.epoch),
        };
        let collected = self.attesters.collect(&request, digest, &set).await;
        if collected.is_err() {
            // Perhaps another set attests this epoch since the destination was reorganised.
            self.attester_set = None;
        }
        Ok(collected?)
    }

    /// The epoch's attesters. Only a reorganisation of the destination gives an epoch another set, so
    /// it is read once, and again when nobody of it signs or the mirror does not take its signatures.
    pub(super) async fn set_of(&mut self, epoch: u64) -> Result<AttesterSet, LaneError> {
        match &self.attester_set {
            Some(set) if set.epoch == epoch => Ok(set.clone()),
            _ => {
                let set = self.mirror.attesters(epoch).await?;
                info!(
                    epoch,
                    threshold = set.threshold,
                    members = set.members.len(),
                    "attester set read"
                );
                self.report.needs_signatures(set.threshold);
                Ok(self.attester_set.insert(set).clone())
            }
        }
    }
}

fn with_margin(gas: u64) -> u64 {
    gas.saturating_add(gas / 100 * GAS_MARGIN_PERCENT + GAS_MARGIN)
}
