//! Random walks over all contracts against a reference model, on any chain that runs them.
//!
//! [`World`] puts all contracts on a [`Chain`], with licenses or with seats. A [`Ground`] is contracts
//! together with a reference of what they should hold: [`license::LicenseGround`],
//! [`seats::SeatsGround`] and [`committee::CommitteeGround`]. A [`Walk`] sends random messages and
//! compares after each. What it is not: a chain. `chain/trial` has one in its own process, and the
//! whole-system tests have the node.

mod chain;
mod choose;
pub mod committee;
mod compare;
mod decided;
mod evidence;
mod interface;
pub mod judge;
pub mod license;
pub mod lifecycle;
mod message;
mod modules;
pub mod people;
mod prepare;
mod random;
mod repository;
pub mod rules;
pub mod seats;
mod trapdoor;
pub mod values;
mod walk;
mod world;

pub use chain::{Chain, Failure, Log, Receipt, Refused};
pub use evidence::{Clearing, Evidence, Proving};
pub use interface::Interface;
pub use message::{Message, To};
pub use prepare::prepare;
pub use random::Random;
pub use repository::in_repository;
pub use rules::{Rulebook, Ruling};
pub use trapdoor::Trapdoor;
pub use walk::{Ground, Outcome, Walk};
pub use world::{
    Blobs, Contract, Deployed, Sent, World, address_in, id, issue, outbox, owner, to_refusals,
};
