//! Members and targets of the committee's test that are tiny programs for the EVM, and what its steps
//! have in common.

use alloy::primitives::Bytes;
use alloy::sol_types::SolConstructor;
use anyhow::Result;
use lex_cli::deploy::ContractCode;
use lex_cli::stack::find_contracts;
use lex_cli::target::repository;
use lex_client::abi::committee::Committee;
use lex_client::{Address, Submitter, U256};
use lex_model::Nonce;

alloy::sol! {
    /// The message of a license contract that a suspension calls.
    function suspend(uint256 tokenId, uint32 reason, bytes32 evidence, uint64 liftsAt);
}

/// What comes before a target's own code: a question with one argument, how a license stands, is
/// answered with five words of zeros, like seats that have no version yet.
const ANSWERING: [u8; 14] = [
    0x36, 0x60, 0x24, 0x14, 0x15, 0x60, 0x0d, 0x57, 0x60, 0xa0, 0x60, 0, 0xf3, 0x5b,
];

/// Logs its call data under its caller's address.
const RECORD: [u8; 11] = [0x36, 0x60, 0, 0x60, 0, 0x37, 0x33, 0x36, 0x60, 0, 0xa1];

/// Reverts with its call data.
const REVERT: [u8; 10] = [0x36, 0x60, 0, 0x60, 0, 0x37, 0x36, 0x60, 0, 0xfd];

/// A target that logs its call data under its caller's address.
pub(super) fn recorder() -> Vec<u8> {
    program(&[&ANSWERING[..], &RECORD].concat())
}

/// A target that reverts with its call data.
pub(super) fn echo() -> Vec<u8> {
    program(&[&ANSWERING[..], &REVERT].concat())
}

/// ERC-1271: takes a signature whose first word is the hash itself.
pub(super) const WALLET: [u8; 24] = [
    0x60, 0x64, 0x35, 0x60, 0x04, 0x35, 0x14, 0x63, 0x16, 0x26, 0xba, 0x7e, 0x02, 0x60, 0xe0, 0x1b,
    0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3,
];

/// Never ends.
pub(super) const RUNAWAY: [u8; 4] = [0x5b, 0x60, 0, 0x56];

/// The code that creates a contract with this code.
pub(super) fn program(code: &[u8]) -> Vec<u8> {
    let length = u8::try_from(code.len()).expect("a tiny program");
    let create = [0x60, length, 0x80, 0x60, 0x0b, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    [&create[..], code].concat()
}

/// Creates a committee whose members all have weight 1.
pub(super) async fn create(
    submitter: &Submitter,
    members: Vec<Address>,
    threshold: u32,
) -> Result<Address> {
    let code = ContractCode::read(&find_contracts(&repository())?)?.committee;
    let arguments = Committee::constructorCall {
        weights: vec![1; members.len()],
        members,
        threshold,
    };
    let (committee, _) = submitter.deploy(code, arguments.abi_encode()).await?;
    Ok(committee)
}

/// A place in a lane.
pub(super) fn nonce(lane: u64, sequence: u64) -> [u8; 32] {
    let mut key = [0; 24];
    key[16..].copy_from_slice(&lane.to_be_bytes());
    Nonce { key, sequence }.into()
}

pub(super) fn no_evidence() -> Committee::Evidence {
    Committee::Evidence {
        clearance: Committee::Clearance {
            score: 0,
            expiresAt: 0,
            nonce: U256::ZERO,
            signature: Bytes::new(),
        },
        proof: Committee::Proof {
            points: [U256::ZERO; 8],
            nullifier: U256::ZERO,
            roots: [U256::ZERO; 3],
            provenAt: 0,
        },
    }
}

/// The other signature of the same key over the same thing, with the high s.
pub(super) fn high_s(signature: &[u8; 65]) -> Bytes {
    let order = U256::from_be_bytes(alloy::primitives::hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let s = order - U256::from_be_slice(&signature[32..64]);
    let v = 55 - signature[64];
    [&signature[..32], &s.to_be_bytes::<32>(), &[v]]
        .concat()
        .into()
}
