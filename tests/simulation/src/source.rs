//! The source chain: generated, served by nodes that speak what real ones do, and lie when told to.

mod chain;
mod lie;
mod metadata;
mod node;

pub use chain::{Block, CHAIN_ID, Chain, Event, LICENSE, LICENSES, POLICY};
pub use lie::Lie;
pub use metadata::Runtime;
pub use node::{Node, Shared};
