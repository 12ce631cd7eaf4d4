//! What the chain does for the contract.

use ink::env::hash::Keccak256;
use lex_model::{Hash, Keccak};

/// Keccak-256 by the chain's host function.
pub enum HostKeccak {}

impl Keccak for HostKeccak {
    fn keccak256(bytes: &[u8]) -> Hash {
        let mut hash = Hash::default();
        ink::env::hash_bytes::<Keccak256>(bytes, &mut hash);
        hash
    }
}

/// The EIP-155 id of the chain. ink! does not wrap this host function.
#[cfg(not(feature = "std"))]
pub fn chain_id() -> u64 {
    use pallet_revive_uapi::{HostFn, HostFnImpl};

    let mut little_endian = [0; 32];
    HostFnImpl::chain_id(&mut little_endian);
    // pallet-revive keeps chain ids as u64.
    ink::U256::from_little_endian(&little_endian).low_u64()
}

/// The id of the chain that unit tests run on.
#[cfg(feature = "std")]
pub fn chain_id() -> u64 {
    31_337
}
