//! Following and verifying the license contract's outbox: shared by both roles.
//!
//! The first configured endpoint is followed. Each block's updates extend the chain of heads that
//! is recomputed here; the result must equal what the contract itself stores at that block, on
//! every endpoint. Only then the block is recorded and announced as [`Progress`]. What does not
//! agree is never recorded: the instance halts until an operator resumes it.

mod compare;
mod endpoint;
mod follower;
mod halt;
mod liveness;
mod progress;
mod verify;

pub use compare::{Comparison, compare};
pub use endpoint::{Endpoint, EndpointError};
pub use follower::{FollowError, Follower, Outcome};
pub use halt::HaltSwitch;
pub use liveness::Liveness;
pub use progress::{Interruption, Progress};
pub use verify::{Outbox, Position, VerifiedBlock, VerifiedUpdate, Violation};
