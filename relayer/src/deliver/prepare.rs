//! Prepare: batch, signatures, simulation, fees, a signed transaction.

use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::Encodable2718;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use alloy::sol_types::{SolCall, SolInterface};
use alloy::transports::{RpcError, TransportErrorKind};
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_model::{Attestation, SoftwareKeccak, Update};
use tokio::time::Instant;
use tracing::{debug, info};

use super::batch::Plan;
use super::error::LaneError;
use super::fees::worst_case;
use super::lane::{Lane, Look, now};
use crate::api::AttestationRequest;
use crate::mirror::{AttesterSet, MirrorView};
use crate::store::{Fees, NewDelivery, NewTransaction};

/// Added to the estimate, which is exact for the state it was made on.
const GAS_MARGIN_PERCENT: u64 = 15;
const GAS_MARGIN: u64 = 20_000;
/// Until what another delivered shows at the newest block.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What preparing led to.
pub(super) enum Prepared {
    /// A delivery to submit, and when work on it began.
    Delivery(Box<NewDelivery>, Instant),
    /// Nothing to deliver before more is verified or this time has passed.
    Nothing { look_again_in: Duration },
}

/// The statement to be signed, before signatures.
struct Draft {
    first_nonce: Option<u64>,
    updates: Vec<Update>,
    nonce: u64,
    source_block: u64,
}

/// How the mirror took the simulated delivery.
enum Simulation {
    Accepted { gas: u64 },
    AlreadyDelivered,
}

impl Lane {
    /// Prepares the next delivery from where the mirror stands.
    pub(super) async fn prepare(&mut self, look: &Look) -> Result<Prepared, LaneError> {
        let began = Instant::now();
        let Some(draft) = self.draft(&look.mirror).await? else {
            return Ok(Prepared::Nothing {
                look_again_in: self.heartbeat_in(&look.mirror),
            });
        };
        let attestation = self.attestation(&draft, look.mirror.epoch).await?;
        let signatures = self.signatures(&attestation).await?;
        self.metrics.collected(began.elapsed());
        let calldata = calldata(&draft.updates, &attestation, &signatures);
        let Simulation::Accepted { gas } = self.simulate(&calldata).await? else {
            info!(nonce = draft.nonce, "delivered by another already");
            return Ok(Prepared::Nothing {
                look_again_in: LOOK_AGAIN,
            });
        };
        let gas_limit = gas.saturating_add(gas / 100 * GAS_MARGIN_PERCENT + GAS_MARGIN);
        let account_nonce = look.account_nonce;
        let fees = self.fees_for(account_nonce, gas_limit, 0).await?;
        let transaction = self.sign(account_nonce, gas_limit, fees, &calldata)?;
        let delivery = NewDelivery {
            destination: self.destination,
            first_nonce: draft.first_nonce,
            attestation,
            signatures,
            account_nonce,
            calldata,
            gas_limit,
            transaction,
        };
        Ok(Prepared::Delivery(Box::new(delivery), began))
    }

    /// The next batch or heartbeat; `None` when there is nothing to deliver.
    async fn draft(&mut self, mirror: &MirrorView) -> Result<Option<Draft>, LaneError> {
        let verified = self.progress.borrow().clone();
        // A lane that its guardian stopped takes nothing, and may hold what thieves of keys wrote: that it
        // is not ours is why it was stopped, and no news.
        if verified.halted.is_some() || mirror.state.is_stopped() {
            return Ok(None);
        }
        let plan = self.batches.plan(mirror, &verified, now());
        debug!(?plan, "planned");
        if matches!(plan, Plan::Behind | Plan::Idle { .. }) {
            return Ok(None);
        }
        if !self.continues(mirror).await? {
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
            Plan::Behind | Plan::Idle { .. } => Ok(None),
        }
    }

    fn heartbeat_in(&self, mirror: &MirrorView) -> Duration {
        match self.batches.plan(mirror, &self.progress.borrow(), now()) {
            Plan::Idle { heartbeat_in } => heartbeat_in,
            _ => Duration::MAX,
        }
    }

    /// Whether what the mirror holds is the beginning of the verified outbox. If not, this lane
    /// halts: the mirror was told something false, or is another contract's.
    async fn continues(&self, mirror: &MirrorView) -> Result<bool, LaneError> {
        let ours = self.head_at(mirror.nonce).await?;
        if ours == mirror.head {
            return Ok(true);
        }
        let reason = format!(
            "the mirror holds head {} at update {}, the verified outbox has {ours}",
            mirror.head, mirror.nonce
        );
        self.halt.halt(None, reason).await?;
        Ok(false)
    }

    async fn head_at(&self, nonce: u64) -> Result<B256, LaneError> {
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
        };
        Ok(self.attesters.collect(&request, digest, &set).await?)
    }

    /// The epoch's attesters. An epoch's set never changes, so it is read once.
    async fn set_of(&mut self, epoch: u64) -> Result<AttesterSet, LaneError> {
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
                Ok(self.attester_set.insert(set).clone())
            }
        }
    }

    async fn simulate(&self, calldata: &Bytes) -> Result<Simulation, LaneError> {
        let request = TransactionRequest::default()
            .with_from(self.account())
            .with_to(self.mirror.address())
            .with_input(calldata.clone());
        let provider = self.mirror.provider();
        let simulated = async {
            provider.call(request.clone()).await?;
            provider.estimate_gas(request).await
        };
        match simulated.await {
            Ok(gas) => Ok(Simulation::Accepted { gas }),
            Err(error) => refused(error),
        }
    }

    /// What to offer for a transaction with this account nonce. `counted` wei of its worst case are
    /// part of the hour's spending already, because it replaces a transaction that is.
    pub(super) async fn fees_for(
        &self,
        account_nonce: u64,
        gas_limit: u64,
        counted: u128,
    ) -> Result<Fees, LaneError> {
        let market = self.mirror.provider().estimate_eip1559_fees().await?;
        let market = Fees {
            max_fee_per_gas: market.max_fee_per_gas,
            max_priority_fee_per_gas: market.max_priority_fee_per_gas,
        };
        let chain_id = self.destination.chain_id;
        let outbid = self.store.fees_offered(chain_id, account_nonce).await?;
        let fees = self.fees.offer(market, outbid)?;
        let spent = self.store.spent_last_hour().await?;
        self.fees
            .afford(spent, worst_case(gas_limit, fees).saturating_sub(counted))?;
        Ok(fees)
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

/// Understands why the simulation failed.
fn refused(error: RpcError<TransportErrorKind>) -> Result<Simulation, LaneError> {
    let Some(data) = error
        .as_error_resp()
        .and_then(|response| response.as_revert_data())
    else {
        return Err(error.into());
    };
    match LicenseMirror::LicenseMirrorErrors::abi_decode(&data) {
        Ok(LicenseMirror::LicenseMirrorErrors::AlreadyDelivered(_)) => {
            Ok(Simulation::AlreadyDelivered)
        }
        Ok(refusal) => Err(LaneError::Simulation(format!("{refusal:?}"))),
        Err(_) => Err(LaneError::Simulation(data.to_string())),
    }
}

fn calldata(
    updates: &[Update],
    attestation: &Attestation,
    signatures: &[(Address, Bytes)],
) -> Bytes {
    let call = LicenseMirror::deliverCall {
        updates: updates.iter().map(abi_update).collect(),
        attestation: ILicenseMirror::Attestation {
            sourceChainId: U256::from(attestation.source_chain_id),
            sourceGenesis: attestation.source_genesis.into(),
            sourceContract: attestation.source_contract.into(),
            epoch: attestation.epoch,
            nonce: attestation.nonce,
            head: attestation.head.into(),
            sourceBlock: attestation.source_block,
            sourceTime: attestation.source_time,
        },
        signatures: signatures
            .iter()
            .map(|(_, signature)| signature.clone())
            .collect(),
    };
    call.abi_encode().into()
}

fn abi_update(update: &Update) -> ILicenseMirror::Update {
    ILicenseMirror::Update {
        nonce: update.nonce,
        kind: update.kind,
        tokenId: U256::from_be_bytes(update.token_id.0),
        holder: update.holder.into(),
        licenseType: update.license_type,
        status: update.status,
        validFrom: update.valid_from,
        validUntil: update.valid_until,
        graceUntil: update.grace_until,
        version: update.version,
        parent: U256::from_be_bytes(update.parent.0),
    }
}
