//! What the chain does for the contracts: host functions and precompiles that ink! does not wrap, or
//! not safely. Unit tests run on software stand-ins of the same crates that the chain uses.

#![cfg_attr(not(feature = "std"), no_std)]

mod call;
mod chain;
mod contract;
pub mod curve;
mod signature;
#[cfg(feature = "std")]
mod software;

pub use call::{PrecompileError, call_precompile};
pub use chain::{HostKeccak, chain_id};
#[cfg(feature = "std")]
pub use contract::stand_in;
pub use contract::{
    Bounds, CallFailure, MAX_REVERT_DATA, ask_contract, call_contract, is_asking, is_contract,
    query, request, request_open, revert,
};
pub use signature::{PasskeyPoint, SIGNATURE_LENGTH, contract_accepts, recover, sha256};
