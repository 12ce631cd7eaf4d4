//! What the whole-system tests share: a stack of their own and actions on it.

mod bench;
pub mod costs;
mod decide;
mod faulty_node;
mod gated;
mod heads;
mod next_runtime;
mod node_chain;
mod node_control;
mod proof;
mod refusal;
mod system;
mod wallets;

pub use bench::{Percentiles, percentiles};
pub use faulty_node::{Fault, FaultyNode};
pub use gated::ClearanceTerms;
pub use heads::Heads;
pub use next_runtime::NextRuntime;
pub use node_chain::NodeChain;
pub use node_control::NodeControl;
pub use proof::{number, verifying_key};
pub use refusal::{reason, reason_of};
pub use system::{ISSUER, System, TypeTerms, YEAR};
pub use wallets::{Assertion, passkey, viem_signature};
