//! How Rust programs talk to LEX contracts: read finalized blocks and their contract events, call
//! contracts, submit transactions with a Substrate or an Ethereum key, and understand refusals.
//!
//! It keeps no state of its own and knows no database: the indexer, the relayer and the command
//! line tool build on it.

pub mod abi;
mod block;
mod error;
mod refusal;
mod signer;
mod source;
mod submit;

pub use alloy::primitives::{Address, B256, Bytes, U256};
pub use block::{BlockRef, ContractEvent, SourceBlock};
pub use error::{CallError, SourceError};
pub use refusal::Refusal;
pub use signer::{InvalidSigner, Signer};
pub use source::Source;
pub use submit::{Submitted, Submitter};
