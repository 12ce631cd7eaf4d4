//! What the whole-system tests share: a stack of their own and actions on it.

mod bench;
mod node_control;
mod system;

pub use bench::{Percentiles, percentiles};
pub use node_control::NodeControl;
pub use system::{ISSUER, System, TypeTerms, YEAR};
