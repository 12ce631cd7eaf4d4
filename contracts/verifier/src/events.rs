//! What the verifier tells the world.

use ink::{Address, prelude::string::String, sol::FixedBytes};

/// Another account governs the keys from now on.
#[ink::event]
pub struct AdminChanged {
    /// Who governed them before; zero when the contract was created.
    #[ink(topic)]
    pub previous: Address,
    /// Who governs them now.
    #[ink(topic)]
    pub current: Address,
}

/// A verifying key can be used from now on, and is never replaced.
#[ink::event]
pub struct KeyRegistered {
    /// The circuit.
    #[ink(topic)]
    pub circuit: u64,
    /// Version of the circuit.
    #[ink(topic)]
    pub version: u32,
    /// Name for people.
    pub name: String,
    /// How many public inputs the circuit has.
    pub inputs: u8,
    /// Keccak-256 of the key's numbers in the order of `registerKey`.
    pub key_hash: FixedBytes<32>,
}

/// A verifying key is never valid again.
#[ink::event]
pub struct KeyRevoked {
    /// The circuit.
    #[ink(topic)]
    pub circuit: u64,
    /// Version of the circuit.
    #[ink(topic)]
    pub version: u32,
}
