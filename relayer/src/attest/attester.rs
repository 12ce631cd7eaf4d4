//! Answers attestation requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use lex_model::{Attestation, Destination, SoftwareKeccak};
use lex_service::Turn;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::{debug, instrument, warn};

use super::epochs::Epochs;
use super::error::AttestError;
use super::rule::{Statement, state};
use crate::api::{AttestationRequest, AttestationResponse, HeadResponse};
use crate::config::SourceSection;
use crate::metrics::AttestMetrics;
use crate::notices::Notices;
use crate::outbox::{HaltSwitch, Progress};
use crate::retry::report;
use crate::store::{AttestationRecord, RecordSignature, Store};

/// One attester's key and everything it needs to use it rightly.
#[derive(Debug)]
pub struct Attester {
    signer: PrivateKeySigner,
    source: SourceSection,
    destinations: HashMap<String, (Destination, Epochs)>,
    max_wait: Duration,
    store: Store,
    progress: watch::Receiver<Progress>,
    halt: HaltSwitch,
    metrics: AttestMetrics,
    /// What was last told of refusals, by their codes.
    notices: Mutex<HashMap<&'static str, Notices>>,
}

impl Attester {
    /// An attester for `destinations`, by name. Requests wait at most `max_wait` for their block.
    pub fn new(
        signer: PrivateKeySigner,
        source: SourceSection,
        destinations: HashMap<String, (Destination, Epochs)>,
        max_wait: Duration,
        store: Store,
        halt: HaltSwitch,
    ) -> Self {
        let progress = halt.progress();
        let metrics = AttestMetrics;
        Self {
            signer,
            source,
            destinations,
            max_wait,
            store,
            progress,
            halt,
            metrics,
            notices: Mutex::default(),
        }
    }

    /// The address that mirrors know this attester by.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Signs what was asked for, if it is verified here by now or within the longest wait. A request that
    /// waits leaves its turn to others meanwhile.
    ///
    /// # Errors
    /// The reason, when it is not signed.
    #[instrument(name = "relay.attest.sign", skip_all, fields(nonce = request.nonce, block = request.source_block))]
    pub async fn attest(
        &self,
        request: &AttestationRequest,
        turn: Option<&Turn>,
    ) -> Result<AttestationResponse, AttestError> {
        let began = Instant::now();
        let answer = self.answer(request, turn).await;
        let outcome = answer.as_ref().map_or_else(AttestError::code, |_| "signed");
        self.metrics.answered(outcome, began.elapsed());
        match &answer {
            Ok(_) => debug!(took = ?began.elapsed(), "attestation signed"),
            Err(error) => self.tell(error),
        }
        answer
    }

    /// Anyone may ask for what is refused, so each kind is told rarely.
    fn tell(&self, error: &AttestError) {
        let (code, text) = (error.code(), report(error));
        // A panic cannot leave it half-changed.
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        match notices
            .entry(code)
            .or_default()
            .news(code, &text, Instant::now())
        {
            Some(silent) => warn!(code, silent, error = %text, "attestation refused"),
            None => debug!(code, error = %text, "attestation refused again"),
        }
    }

    /// Why it signs nothing any more.
    pub(super) fn halted(&self) -> Option<String> {
        self.progress.borrow().halted.clone()
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// The epoch of each destination, by name.
    pub(super) fn epochs(&self) -> impl Iterator<Item = (&str, &Epochs)> {
        let destinations = self.destinations.iter();
        destinations.map(|(name, (_, epochs))| (name.as_str(), epochs))
    }

    /// How far this attester has verified the outbox.
    pub fn head(&self) -> HeadResponse {
        let progress = self.progress.borrow().clone();
        HeadResponse {
            source_block: progress.block,
            source_time: progress.time,
            nonce: progress.nonce,
            head: progress.head,
            attester: Some(self.address()),
            halted: progress.halted,
            waits_for: None,
        }
    }

    async fn answer(
        &self,
        request: &AttestationRequest,
        turn: Option<&Turn>,
    ) -> Result<AttestationResponse, AttestError> {
        let (destination, epochs) = self
            .destinations
            .get(&request.destination)
            .ok_or_else(|| AttestError::UnknownDestination(request.destination.clone()))?;
        self.await_verified(request, turn).await?;
        let statement = self.statement(request).await?;
        let epoch = epochs.current().await.map_err(AttestError::Epoch)?;
        if let Some(requested) = request.epoch
            && requested != epoch
        {
            let current = epoch;
            return Err(AttestError::OtherEpoch { requested, current });
        }
        self.sign(*destination, self.attestation(epoch, statement))
            .await
    }

    /// Waits until block and nonce are verified.
    async fn await_verified(
        &self,
        request: &AttestationRequest,
        turn: Option<&Turn>,
    ) -> Result<(), AttestError> {
        let is_settled = |progress: &Progress| {
            progress.halted.is_some()
                || (progress.has_block(request.source_block) && progress.nonce >= request.nonce)
        };
        if !is_settled(&self.progress.borrow()) {
            let mut progress = self.progress.clone();
            // Both an elapsed wait and a follower that has ended leave it to the state as it is now.
            let waiting = async {
                let _ = timeout(self.max_wait, progress.wait_for(is_settled)).await;
            };
            match turn {
                Some(turn) => turn.leave_for(waiting).await,
                None => waiting.await,
            }
        }
        let now = self.progress.borrow().clone();
        if let Some(reason) = now.halted {
            return Err(AttestError::Halted(reason));
        }
        if !now.has_block(request.source_block) {
            let (requested, verified) = (request.source_block, now.block);
            return Err(AttestError::NotFinalized {
                requested,
                verified,
            });
        }
        if now.nonce < request.nonce {
            let (requested, verified) = (request.nonce, now.nonce);
            return Err(AttestError::NonceNotVerified {
                requested,
                verified,
            });
        }
        Ok(())
    }

    async fn statement(&self, request: &AttestationRequest) -> Result<Statement, AttestError> {
        let (nonce, number) = (request.nonce, request.source_block);
        let block = self
            .store
            .block(number)
            .await?
            .ok_or(AttestError::BlockUnknown(number))?;
        let head = self.head_at(nonce).await?;
        state(nonce, head, block)
    }

    async fn head_at(&self, nonce: u64) -> Result<B256, AttestError> {
        if nonce == 0 {
            let empty = lex_client::empty_outbox(self.source.chain_id, self.source.contract);
            return Ok(empty.head.into());
        }
        let verified = self.progress.borrow().nonce;
        let head = self.store.head(nonce).await?;
        head.map(|(head, _)| head)
            .ok_or(AttestError::NonceNotVerified {
                requested: nonce,
                verified,
            })
    }

    fn attestation(&self, epoch: u64, statement: Statement) -> Attestation {
        Attestation {
            source_chain_id: self.source.chain_id,
            source_genesis: self.source.genesis.0,
            source_contract: self.source.contract.0.0,
            epoch,
            nonce: statement.nonce,
            head: statement.head.0,
            source_block: statement.source_block,
            source_time: statement.source_time,
        }
    }

    /// Signs, records, and only then gives the signature out.
    async fn sign(
        &self,
        destination: Destination,
        attestation: Attestation,
    ) -> Result<AttestationResponse, AttestError> {
        let digest = B256::from(attestation.digest::<SoftwareKeccak>(&destination));
        let signature = self.signer.sign_hash_sync(&digest)?.as_bytes();
        let record = AttestationRecord {
            destination,
            attestation: &attestation,
            digest,
            signature: &signature,
        };
        match self.store.record_signature(record).await? {
            RecordSignature::Recorded => Ok(AttestationResponse {
                attester: self.address(),
                signature: signature.into(),
                digest,
                attestation: (&attestation).into(),
            }),
            RecordSignature::Equivocation(equivocation) => {
                let block = attestation.source_block;
                self.halt
                    .halt(Some(block), equivocation.to_string())
                    .await?;
                Err(equivocation.into())
            }
        }
    }
}
