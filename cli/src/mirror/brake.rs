//! Stopping a mirror's lane and re-basing it, and what its attesters have to say for that.

use std::time::Duration;

use alloy::contract::{CallBuilder, CallDecoder};
use alloy::providers::Provider;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_client::{Address, B256, Signer, U256};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Mirror, MirrorError};
use crate::deploy::{DeployError, ethereum};

/// Longest time one attester may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Whether a mirror takes deliveries and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(
    tag = "name",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum LaneState {
    /// It does both.
    Open,
    /// Its guardian stopped it; its owner can re-base it from this time on (Unix seconds).
    Stopped { rebase_from: u64 },
    /// It was re-based, and answers when it holds this update.
    Rebasing { nonce: u64 },
}

/// Why a lane was not stopped or re-based.
#[derive(Debug, Error)]
pub enum BrakeError {
    #[error("the signer of a mirror is an Ethereum key (0x and 64 hexadecimal digits in a file)")]
    SignerKind,
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    #[error(transparent)]
    Url(#[from] DeployError),
    #[error("the mirror refuses: {0}")]
    Refused(String),
    #[error("the attester at {url} does not answer: {reason}")]
    Attester { url: String, reason: String },
    #[error("the attester at {url} says that the head at update {nonce} is {found}, not {wanted}")]
    OtherHead {
        url: String,
        nonce: u64,
        wanted: B256,
        found: B256,
    },
    #[error("no attester signed")]
    Unsigned,
}

/// An attester's HTTP interface.
#[derive(Clone, Debug)]
pub struct Attester {
    url: String,
}

/// How far an attester has verified the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedHead {
    pub source_block: u64,
    pub nonce: u64,
    pub head: B256,
}

/// What attesters signed about one head.
#[derive(Clone, Debug)]
pub struct Proof {
    attestation: ILicenseMirror::Attestation,
    /// In ascending order of signer.
    signatures: Vec<alloy::primitives::Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
struct HeadAnswer {
    source_block: Option<u64>,
    nonce: u64,
    head: B256,
}

#[derive(Deserialize)]
struct SignedAnswer {
    attester: Address,
    signature: alloy::primitives::Bytes,
    attestation: SignedBody,
}

#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct SignedBody {
    source_chain_id: u64,
    source_genesis: B256,
    source_contract: Address,
    epoch: u64,
    nonce: u64,
    head: B256,
    source_block: u64,
    source_time: u64,
}

impl Attester {
    /// The attester whose base URL this is.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self {
            url: url.as_ref().trim_end_matches('/').to_owned(),
        }
    }

    /// How far it is.
    ///
    /// # Errors
    /// When it does not answer, or has verified nothing yet.
    pub async fn head(&self) -> Result<VerifiedHead, BrakeError> {
        let request = self.client()?.get(format!("{}/v1/head", self.url));
        let answer: HeadAnswer = self.answer(request).await?;
        Ok(VerifiedHead {
            source_block: answer
                .source_block
                .ok_or_else(|| self.silent("it has verified nothing yet"))?,
            nonce: answer.nonce,
            head: answer.head,
        })
    }

    async fn sign(
        &self,
        destination: &str,
        nonce: u64,
        source_block: u64,
    ) -> Result<SignedAnswer, BrakeError> {
        let request = self
            .client()?
            .post(format!("{}/v1/attestations", self.url))
            .json(&serde_json::json!({
                "destination": destination, "nonce": nonce, "source_block": source_block,
            }));
        self.answer(request).await
    }

    fn client(&self) -> Result<reqwest::Client, BrakeError> {
        reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| self.silent(error))
    }

    async fn answer<T: serde::de::DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, BrakeError> {
        let response = request.send().await.map_err(|error| self.silent(error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| self.silent(error))?;
        if !status.is_success() {
            return Err(self.silent(text));
        }
        serde_json::from_str(&text).map_err(|error| self.silent(error))
    }

    fn silent(&self, reason: impl std::fmt::Display) -> BrakeError {
        BrakeError::Attester {
            url: self.url.clone(),
            reason: reason.to_string(),
        }
    }
}

impl Proof {
    /// Asks every attester to sign that the outbox had `head` at `nonce`, and nothing after it by the end
    /// of `source_block`. The mirror counts and checks the signatures.
    ///
    /// # Errors
    /// When one does not answer, or names another head.
    pub async fn collect(
        destination: &str,
        attesters: &[Attester],
        nonce: u64,
        head: B256,
        source_block: u64,
    ) -> Result<Self, BrakeError> {
        let mut signed = Vec::new();
        for attester in attesters {
            let answer = attester.sign(destination, nonce, source_block).await?;
            if answer.attestation.head != head {
                return Err(BrakeError::OtherHead {
                    url: attester.url.clone(),
                    nonce,
                    wanted: head,
                    found: answer.attestation.head,
                });
            }
            signed.push(answer);
        }
        signed.sort_by_key(|answer| answer.attester);
        let body = signed.first().ok_or(BrakeError::Unsigned)?;
        let attestation = ILicenseMirror::Attestation {
            sourceChainId: U256::from(body.attestation.source_chain_id),
            sourceGenesis: body.attestation.source_genesis,
            sourceContract: body.attestation.source_contract,
            epoch: body.attestation.epoch,
            nonce: body.attestation.nonce,
            head: body.attestation.head,
            sourceBlock: body.attestation.source_block,
            sourceTime: body.attestation.source_time,
        };
        Ok(Self {
            attestation,
            signatures: signed.into_iter().map(|answer| answer.signature).collect(),
        })
    }
}

impl Mirror {
    /// The same mirror, with a key that signs transactions to it.
    ///
    /// # Errors
    /// When the key is no Ethereum key or the URL cannot be used.
    pub fn signed(&self, url: &str, signer: Signer) -> Result<Self, BrakeError> {
        let Signer::Ethereum(key) = signer else {
            return Err(BrakeError::SignerKind);
        };
        Ok(Self {
            provider: ethereum(url, Some(key))?,
            ..self.clone()
        })
    }

    /// Whether it takes deliveries and answers.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn state(&self) -> Result<LaneState, MirrorError> {
        let contract = self.contract();
        let lane = contract.laneState().block(self.block).call().await;
        let lane = lane.map_err(|error| self.error(error))?;
        // The order of `LaneState` in the contract.
        match lane.state {
            0 => Ok(LaneState::Open),
            1 => Ok(LaneState::Stopped {
                rebase_from: lane.rebaseFrom,
            }),
            2 => Ok(LaneState::Rebasing { nonce: lane.nonce }),
            other => Err(self.error(format!("lane state {other} is unknown to this version"))),
        }
    }

    /// Stops the lane; the signer is its guardian.
    ///
    /// # Errors
    /// When the mirror refuses or the chain does not answer.
    pub async fn stop(&self) -> Result<B256, BrakeError> {
        self.send(self.contract().setUnknown()).await
    }

    /// Names the guardian; the signer is the owner.
    ///
    /// # Errors
    /// When the mirror refuses or the chain does not answer.
    pub async fn set_guardian(&self, guardian: Address) -> Result<B256, BrakeError> {
        self.send(self.contract().setGuardian(guardian)).await
    }

    /// Re-bases a stopped lane to `head`; the signer is the owner.
    ///
    /// # Errors
    /// When the mirror refuses or the chain does not answer.
    pub async fn rebase(&self, head: B256, proof: Proof) -> Result<B256, BrakeError> {
        let Proof {
            attestation,
            signatures,
        } = proof;
        self.send(self.contract().rebase(head, attestation, signatures))
            .await
    }

    async fn send<P: Provider, D: CallDecoder>(
        &self,
        call: CallBuilder<P, D>,
    ) -> Result<B256, BrakeError> {
        let refused = |error: alloy::contract::Error| {
            let decoded = error.as_decoded_interface_error::<LicenseMirror::LicenseMirrorErrors>();
            BrakeError::Refused(
                decoded.map_or_else(|| error.to_string(), |refusal| format!("{refusal:?}")),
            )
        };
        let pending = call.send().await.map_err(refused)?;
        let receipt = pending
            .get_receipt()
            .await
            .map_err(|error| self.error(error))?;
        if receipt.status() {
            Ok(receipt.transaction_hash)
        } else {
            Err(BrakeError::Refused(format!(
                "transaction {} reverted",
                receipt.transaction_hash
            )))
        }
    }
}
