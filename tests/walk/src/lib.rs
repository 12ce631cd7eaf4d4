//! Random walks over all contracts against a reference model, on any chain that runs them.
//!
//! [`World`] puts the contracts on a [`Chain`]; [`Reference`] is what they should hold; [`Walk`] sends
//! random messages and compares after each. What it is not: a chain. `chain/trial` has one in its own
//! process, and the whole-system tests have the node.

mod chain;
mod choose;
pub mod committee;
mod expect;
mod interface;
mod invariants;
mod prepare;
mod random;
mod reference;
mod step;
#[cfg(test)]
mod tests;
pub mod values;
mod walk;
mod world;

pub use chain::{Chain, Failure, Log, Receipt, Refused};
pub use interface::Interface;
pub use invariants::Invariants;
pub use prepare::prepare;
pub use random::Random;
pub use reference::{Entry, Question, Reference, Rules, Type};
pub use step::Step;
pub use walk::Walk;
pub use world::{Blobs, Contract, Sent, World, address_in, id, outbox, owner, people, to_refusals};
