//! What the whole-system tests share: a stack of their own and actions on it.

mod bench;
mod decide;
mod gated;
mod node_chain;
mod node_control;
mod refusal;
mod system;

pub use bench::{Percentiles, percentiles};
pub use gated::ClearanceTerms;
pub use node_chain::NodeChain;
pub use node_control::NodeControl;
pub use refusal::{reason, reason_of};
pub use system::{ISSUER, System, TypeTerms, YEAR};
