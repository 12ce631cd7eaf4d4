//! What the license contract and the seats contract do alike: the register of licenses, the outbox of
//! their changes, the restrictions that policy told of, asking policy, and every change of a license
//! that moves no token. The contracts add tokens.
//!
//! # Invariants
//! - A change is made only after policy allowed it in the same transaction, except for
//!   [`Lifecycle::settle`], which states what is so already, and for what policy itself tells.
//! - Every change that a reader must learn of appends exactly one update to the outbox; the update
//!   shows a license as it stands on its own, and names the one above it, from whose updates a reader
//!   learns the rest.
//! - A license is never in force, nor usable, while one above it is not.
//! - Whatever is refused changes nothing: the contracts revert. While a receiver is asked, every change
//!   is refused.
//!
//! # Storage
//! Entries of at most 416 bytes under fixed keys. Both contracts use the same keys for the same
//! things; keys from `0x4c4c_0020` on are their own.

#![cfg_attr(not(feature = "std"), no_std)]

mod amendments;
mod asking;
mod context;
mod enforcement;
pub mod events;
mod lifecycle;
mod outbox;
mod receiver;
mod register;
mod restrictions;
mod terms;
#[cfg(feature = "std")]
pub mod testing;
#[cfg(test)]
mod tests;
mod version;
mod views;

pub use amendments::AmendmentView;
pub use asking::Policy;
pub use context::Context;
pub use lifecycle::{Change, Lifecycle};
pub use outbox::OutboxLog;
pub use receiver::{ask_receiver, require_idle};
pub use register::{Entry, MAX_URI, Marks, Metadata, Register};
pub use restrictions::Restrictions;
pub use terms::{Application, Approved, Issued, Rewrite, require_no_request};
pub use views::{LicenseView, OutboxView, RoyaltyView, lifts_at, place, require_reason};
