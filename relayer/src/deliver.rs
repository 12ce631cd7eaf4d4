//! The deliverer: brings verified updates to one mirror.
//!
//! One delivery at a time is *prepared* (batch, signatures, simulation), *submitted* (recorded, then
//! broadcast, replaced by better paying ones when it waits too long) and *confirmed* (included, then
//! final). Each step starts from what both chains and the database say, never from memory, so the
//! process may be killed anywhere.

mod batch;
mod calldata;
mod collect;
mod confirm;
mod doubt;
mod error;
mod fees;
mod lane;
mod line;
mod notices;
mod obstacle;
mod offer;
mod prepare;
mod quorum;
mod readiness;
mod refusal;
mod routes;
mod simulate;
mod submit;

pub use batch::{BatchPolicy, Plan};
pub use collect::{Attesters, CollectError};
pub use error::LaneError;
pub use fees::{FeeError, FeePolicy};
pub use lane::{Lane, LaneStatus};
pub use obstacle::Obstacle;
pub use quorum::{Quorum, Rejection};
pub use readiness::DeliverReadiness;
pub use refusal::Refusal;
pub use routes::routes;
