//! The deliverer: brings verified updates to one mirror.
//!
//! One delivery at a time is *prepared* (batch, signatures, simulation), *submitted* (recorded, then
//! broadcast, replaced by better paying ones when it waits too long) and *confirmed* (included, then
//! final). Each step starts from what both chains and the database say, never from memory, so the
//! process may be killed anywhere.

mod advance;
mod answers;
mod batch;
mod calldata;
mod collect;
mod confirm;
mod destination;
mod doubt;
mod error;
mod fees;
mod lane;
mod line;
mod obstacle;
mod offer;
mod prepare;
mod quorum;
mod readiness;
mod refusal;
mod report;
mod routes;
mod simulate;
mod submit;

pub use answers::{AttesterAnswer, AttesterCondition};
pub use batch::{BatchPolicy, Plan};
pub use collect::{Attesters, CollectError};
pub use destination::DestinationWatch;
pub use error::LaneError;
pub use fees::{FeeError, FeePolicy};
pub use lane::Lane;
pub use obstacle::Obstacle;
pub use quorum::{Quorum, Rejection};
pub use readiness::DeliverReadiness;
pub use refusal::Refusal;
pub use report::LaneStatus;
pub use routes::routes;
pub use simulate::ClockLag;
