//! How Rust programs talk to LEX contracts: follow finalized blocks and their contract events, read
//! contracts, submit calls with a Substrate or an Ethereum key, and understand refusals.
//!
//! It keeps no state of its own and knows no database: the indexer, the relayer and the command
//! line tool build on it.
//!
//! ```no_run
//! use lex_client::abi::license::License;
//! use lex_client::{Address, Signer, Source, Submitter, U256};
//!
//! # async fn example(license: Address) -> Result<(), Box<dyn std::error::Error>> {
//! let source = Source::connect("ws://127.0.0.1:9944").await?;
//! let issuer = Submitter::new(source.clone(), None, Signer::from_uri("//Alice")?)?;
//! let renewed = issuer.call(license, &License::renewCall { tokenId: U256::from(1) }).await?;
//! println!("renewed in block {}", renewed.block.number);
//! # Ok(())
//! # }
//! ```

pub mod abi;
mod account;
mod backoff;
mod block;
mod endpoint;
mod error;
mod ethereum_rpc;
mod foreign;
mod freshness;
pub mod groth16;
mod model;
mod refusal;
mod revive;
mod signer;
mod source;
mod submit;
mod task;

pub use account::{account_from_ss58, account_to_address, address_to_account};
pub use alloy::primitives::{Address, B256, Bytes, U256};
pub use backoff::Backoff;
pub use block::{BlockRef, ContractEvent, SourceBlock};
pub use endpoint::{EndpointAddress, EndpointName, QUIET_LIBRARIES};
pub use error::{CallError, SourceError};
pub use ethereum_rpc::ethereum_rpc;
pub use foreign::{ForeignText, VisibleWriter, visible, visible_lines};
pub use freshness::Freshness;
pub use model::{empty_outbox, model_outbox, model_token_id, model_update, token_id};
pub use refusal::Refusal;
pub use revive::Weight;
pub use signer::{InvalidSigner, Signer};
pub use source::{NetworkState, Pulse, Source};
pub use submit::{Cost, Submitted, Submitter};
