//! What attester and deliverer say to each other over HTTP.

use alloy::primitives::{Address, B256, Bytes};
use lex_model::Attestation;
use serde::{Deserialize, Serialize};

/// `POST /v1/attestations`: please sign that the outbox held nothing after `nonce` by the end of
/// `source_block`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationRequest {
    /// Name of the mirror, as both sides configure it.
    pub destination: String,
    pub nonce: u64,
    pub source_block: u64,
    /// The epoch whose attesters are to sign; `None` for whichever it is by now.
    #[serde(default)]
    pub epoch: Option<u64>,
}

/// The answer to an [`AttestationRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestationResponse {
    pub attester: Address,
    /// r, s, v; 65 bytes.
    pub signature: Bytes,
    /// The EIP-712 digest that was signed.
    pub digest: B256,
    pub attestation: AttestationBody,
}

/// The signed statement, with the field names of its EIP-712 type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestationBody {
    pub source_chain_id: u64,
    pub source_genesis: B256,
    pub source_contract: Address,
    pub epoch: u64,
    pub nonce: u64,
    pub head: B256,
    pub source_block: u64,
    pub source_time: u64,
}

impl From<&Attestation> for AttestationBody {
    fn from(attestation: &Attestation) -> Self {
        Self {
            source_chain_id: attestation.source_chain_id,
            source_genesis: attestation.source_genesis.into(),
            source_contract: attestation.source_contract.into(),
            epoch: attestation.epoch,
            nonce: attestation.nonce,
            head: attestation.head.into(),
            source_block: attestation.source_block,
            source_time: attestation.source_time,
        }
    }
}

/// `GET /v1/head`: how far this instance has verified the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadResponse {
    /// `None` before the first verified block.
    pub source_block: Option<u64>,
    /// Unix seconds.
    pub source_time: u64,
    pub nonce: u64,
    pub head: B256,
    /// The key that this attester signs with; `None` for a deliverer.
    pub attester: Option<Address>,
    /// Why nothing is signed any more.
    pub halted: Option<String>,
    /// What keeps it from working at present.
    #[serde(default)]
    pub waits_for: Option<String>,
}

/// The body of every refused request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

/// A stable code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    pub code: String,
    pub message: String,
}
