//! The call that delivers, as the mirror decodes it.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_model::{Attestation, Update};

/// `deliver(updates, attestation, signatures)`; the signatures in the order of their signers.
pub(super) fn calldata(
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
