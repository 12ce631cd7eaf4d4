//! Extrinsics signed by sr25519 accounts.

use alloy::primitives::{Address, B256};
use subxt::config::substrate::SubstrateExtrinsicParamsBuilder;
use subxt::ext::scale_encode::EncodeAsType;
use subxt::tx;
use subxt_signer::sr25519::Keypair;

use super::{Prepared, Signed};
use crate::account::account_to_address;
use crate::error::{CallError, SourceError};
use crate::source::{Execution, Needs, Node};

/// Codes by which the node says what is wrong with a transaction; all others are about the node.
const POOL_REFUSALS: std::ops::Range<i32> = 1000..1100;

/// `Revive.call`; fields are found by their names.
#[derive(EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
struct Call {
    dest: [u8; 20],
    value: u128,
    weight_limit: WeightLimit,
    storage_deposit_limit: u128,
    data: Vec<u8>,
}

/// `Revive.instantiate_with_code`.
#[derive(EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
struct InstantiateWithCode {
    value: u128,
    weight_limit: WeightLimit,
    storage_deposit_limit: u128,
    code: Vec<u8>,
    data: Vec<u8>,
    salt: Option<[u8; 32]>,
}

#[derive(EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
struct WeightLimit {
    ref_time: u64,
    proof_size: u64,
}

/// An sr25519 account.
pub(super) struct SubstrateAccount {
    pair: Keypair,
}

impl SubstrateAccount {
    pub(super) fn new(pair: Keypair) -> Self {
        Self { pair }
    }

    pub(super) fn account(&self) -> [u8; 32] {
        self.pair.public_key().0
    }

    pub(super) fn address(&self) -> Address {
        account_to_address(&self.account())
    }

    pub(super) async fn sign(
        &self,
        node: &Node,
        nonce: u64,
        prepared: &Prepared,
    ) -> Result<Signed, CallError> {
        let runtime = node.runtime(None).await?;
        // Immortal: the nonce alone keeps it from being executed twice.
        let params = || SubstrateExtrinsicParamsBuilder::new().nonce(nonce).build();
        let client = runtime.client().tx();
        let limits = with_margin(prepared.needs);
        let signed = match &prepared.execution {
            Execution::Call { contract, data } => {
                let call = Call {
                    dest: contract.into_array(),
                    value: 0,
                    weight_limit: limits.weight,
                    storage_deposit_limit: limits.deposit,
                    data: data.clone(),
                };
                let payload = tx::dynamic("Revive", "call", call);
                client
                    .create_signable_offline(&payload, params())
                    .and_then(|mut signable| signable.sign(&self.pair))
            }
            Execution::Deploy { code, data } => {
                let call = InstantiateWithCode {
                    value: 0,
                    weight_limit: limits.weight,
                    storage_deposit_limit: limits.deposit,
                    code: code.clone(),
                    data: data.clone(),
                    salt: None,
                };
                let payload = tx::dynamic("Revive", "instantiate_with_code", call);
                client
                    .create_signable_offline(&payload, params())
                    .and_then(|mut signable| signable.sign(&self.pair))
            }
        };
        let signed = signed.map_err(|error| node.unreadable(format!("Revive calls: {error}")))?;
        let raw = signed.into_encoded();
        Ok(Signed {
            hash: runtime.transaction_hash(&raw),
            raw,
            spec_version: Some(runtime.spec_version()),
        })
    }

    /// Hands a signed extrinsic to the node, which checks it at once.
    pub(super) async fn broadcast(&self, node: &Node, signed: &Signed) -> Result<(), CallError> {
        let raw = &signed.raw;
        let hash: B256 = node
            .ask_once(|rpc| async move { rpc.author_submit_extrinsic(raw).await })
            .await
            .map(|hash| hash.0.into())
            .map_err(|error| match error {
                SourceError::Rpc { code, message, .. } if POOL_REFUSALS.contains(&code) => {
                    CallError::Dispatch(message)
                }
                other => CallError::Source(other),
            })?;
        debug_assert_eq!(hash, signed.hash, "the node hashes extrinsics as we do");
        Ok(())
    }
}

struct Limits {
    weight: WeightLimit,
    deposit: u128,
}

/// Other transactions may come first and make this one cost more than when it was tried out. Only
/// what is used is paid.
fn with_margin(needs: Needs) -> Limits {
    let with_half_more = |amount: u64| amount.saturating_add(amount / 2);
    Limits {
        weight: WeightLimit {
            ref_time: with_half_more(needs.weight.ref_time),
            proof_size: with_half_more(needs.weight.proof_size),
        },
        deposit: needs.deposit.saturating_mul(2),
    }
}
