//! What the chain does for the contracts: host functions and precompiles that ink! does not wrap, or
//! not safely. Unit tests run on software stand-ins of the same crates that the chain uses.

#![cfg_attr(not(feature = "std"), no_std)]

mod call;
mod chain;
pub mod curve;
#[cfg(feature = "std")]
mod software;

pub use call::{PrecompileError, call_precompile};
pub use chain::{HostKeccak, chain_id};
