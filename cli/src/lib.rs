//! The library behind `lex`: a development stack as an object ([`stack::Stack`]), deployment, the
//! journey, and every license operation. It holds no rule about licenses; those are in `lex-model`
//! and in the contracts.
//!
//! Results go to stdout, progress and warnings to stderr; [`failure`] lists the exit codes.

pub mod account;
pub mod agreement;
pub mod args;
pub mod chain;
pub mod commands;
pub mod committee;
pub mod deploy;
pub mod deployment;
pub mod evidence;
pub mod failure;
mod history;
pub mod holding;
pub mod indexer;
pub mod journey;
pub mod mirror;
pub mod output;
pub mod progress;
pub mod rules;
pub mod signer;
pub mod stack;
pub mod target;
