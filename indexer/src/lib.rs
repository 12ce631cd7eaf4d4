//! The indexer: finalized license events of one chain, in Postgres, served as GraphQL.
//!
//! A block is read by [`lex_client::Source`], its events are decoded ([`event`]), the outbox head
//! is verified ([`outbox`]), and rows are derived by one pure function ([`fold`]). A run of blocks
//! is one serializable transaction that also moves the checkpoint ([`store`]), so a process that is
//! killed at any moment resumes without gaps or duplicates ([`follow`]). [`graphql`] and [`http`]
//! answer questions; they read and never write.
//!
//! It is no source of truth: the chain is. Everything here can be rebuilt from the raw events, and
//! these from the chain.
//!
//! ```
//! use lex_indexer::config::Config;
//!
//! let example = include_str!("../../deployments/examples/indexer.toml");
//! assert_eq!(Config::parse(example)?.indexing.batch_blocks, 200);
//! # Ok::<(), lex_indexer::config::ConfigError>(())
//! ```

pub mod cli;
pub mod clock;
pub mod config;
pub mod event;
pub mod fold;
pub mod follow;
pub mod freshness;
pub mod graphql;
pub mod http;
pub mod metrics;
pub mod outbox;
pub mod progress;
pub mod service;
pub mod startup;
pub mod store;
