//! Seeded runs of relayer and indexer in one process, against chains, nodes and databases that fail on
//! purpose.
//!
//! # What has to be true
//!
//! The *reference* is the source chain's own list of updates and the state after each of its blocks
//! ([`truth`]), kept by plain code that shares nothing with the services. Whatever happens to them, to
//! their nodes, to their databases and to both chains:
//!
//! 1. *Nothing false is ever shown.* At every block of the destination, in whatever history, the mirror's
//!    head is the source's at the same nonce, all of it final; the final block as of which it says that it
//!    is complete held nothing after that nonce, and has the time that it says; each license is as it was
//!    after that update. Every answer of the index holds exactly the licenses of the final block that it
//!    names. Every statement that an attester signs is true in the same sense.
//! 2. *Nothing is lost.* When the faults end, mirror and index reach the source's newest final block, and
//!    no delivery stays on its way.
//! 3. *Nothing is doubled.* In the destination's history each update was written once, in order; the index
//!    holds each event once, and its tables are what its raw events say.
//! 4. *A halt is for lies only.* Who was lied to halts or waits; everybody else goes on by itself.
//!
//! # What is real
//!
//! Three attesters, two deliverers and the indexer are the services' own code, whole, as their programs
//! run it ([`services`]), each in a runtime of its own that is killed and started again ([`process`]).
//! PostgreSQL is real, behind a gate that knows each durable step ([`gate`]). The destination is a real
//! anvil ([`destination`]), behind a proxy ([`proxy`]). The source is generated ([`source`]): nodes serve it
//! through what the client asks real ones, its runtime's description included.
//!
//! # What a seed fixes
//!
//! What happens on the source, which faults meet which message, who is killed at which step, when a chain
//! is reorganised and how deep. The order in which threads run is the machine's: a failed seed is likely to
//! fail again, and not sure to.

pub mod destination;
pub mod faults;
pub mod findings;
pub mod gate;
pub mod matrix;
pub mod process;
pub mod proxy;
pub mod services;
pub mod source;
pub mod storm;
pub mod truth;
pub mod wait;
pub mod watch;
pub mod world;
