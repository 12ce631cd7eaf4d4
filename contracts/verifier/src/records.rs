//! What the verifier stores.

use ink::{
    prelude::vec::Vec,
    scale::{Decode, Encode},
};
use lex_model::Hash;

use crate::groth16::Key;

/// What is known of a circuit's version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct KeyRecord {
    /// Whether the key is never valid again.
    pub revoked: bool,
    /// How many public inputs the circuit has.
    pub inputs: u8,
    /// Keccak-256 of the key's numbers.
    pub key_hash: Hash,
}

lex_policy_interface::stored_in_one_piece!(KeyRecord);

/// Bytes of a key in one storage entry, which holds 416 with the page's own length.
const PAGE: usize = 400;

/// Bytes of a key without its points for public inputs, and of each of these.
const FIXED: usize = 64 + 3 * 128 + 1;
const POINT: usize = 64;

/// The key in pieces that fit into a storage entry each.
pub fn into_pages(key: &Key) -> Vec<Vec<u8>> {
    key.encode().chunks(PAGE).map(<[u8]>::to_vec).collect()
}

/// The key whose pieces these are; `None` when some are missing.
pub fn from_pages(pages: impl Iterator<Item = Vec<u8>>) -> Option<Key> {
    let bytes = pages.flatten().collect::<Vec<_>>();
    Key::decode(&mut &bytes[..]).ok()
}

/// How many pieces a key for so many public inputs has.
pub fn page_count(inputs: u8) -> u8 {
    let bytes = FIXED + POINT * (usize::from(inputs) + 1);
    u8::try_from(bytes.div_ceil(PAGE)).unwrap_or(u8::MAX)
}
