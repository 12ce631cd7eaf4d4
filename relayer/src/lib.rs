//! The relayer: brings the license outbox of the source chain to its mirrors.
//!
//! Two roles of one program, so that no key sits where it is not needed. An *attester* verifies the
//! outbox itself and signs its head on request. A *deliverer* verifies it too, collects enough
//! signatures and pays for the transactions. Neither trusts the other: the mirror checks the
//! signatures, and the signatures cover everything that is written.
//!
//! It is not a bridge for arbitrary messages, and it keeps no license state of its own: see the
//! indexer for that.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use lex_relayer::{config, service};
//!
//! let config: config::AttesterConfig = config::load("attester.toml".as_ref())?;
//! service::attest(config, Default::default(), None).await
//! # }
//! ```

pub mod api;
pub mod attest;
pub mod cli;
pub mod condition;
pub mod config;
pub mod deliver;
pub mod http;
pub mod lead;
pub mod metrics;
pub mod mirror;
mod notices;
pub mod outbox;
pub mod retention;
pub mod retry;
pub mod service;
pub mod startup;
pub mod status;
pub mod store;
pub mod telemetry;
