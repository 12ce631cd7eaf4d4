//! What the whole-system tests share: a stack of their own and actions on it.

mod aftermath;
mod bench;
mod beside;
pub mod costs;
mod database;
mod decide;
mod exchange;
mod faulty_node;
mod gated;
mod heads;
mod next_runtime;
mod node_chain;
mod node_control;
mod proof;
mod refusal;
mod system;
mod up;
mod wallets;

pub use aftermath::{every_update_was_mirrored_once, the_index_follows_from_its_raw_events};
pub use bench::{Percentiles, percentiles};
pub use beside::Beside;
pub use database::run_sql;
pub use exchange::{Exchange, ISSUER, TypeTerms, YEAR};
pub use faulty_node::{Fault, FaultyNode};
pub use gated::ClearanceTerms;
pub use heads::Heads;
pub use next_runtime::NextRuntime;
pub use node_chain::NodeChain;
pub use node_control::NodeControl;
pub use proof::{number, verifying_key};
pub use refusal::{reason, reason_of};
pub use system::System;
pub use up::{SUPERVISOR, Up, said};
pub use wallets::{Assertion, passkey, viem_signature};
