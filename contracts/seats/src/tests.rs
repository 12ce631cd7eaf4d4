//! The contract with a stand-in for policy that asks the model's own gate, and its books alone.
//! Everything together is tested in the chain's own runtime.

mod explain;
mod holdings;
mod lending;
mod licenses;
mod moves;
mod position;
mod restricted;
mod standards;
mod world;
