//! The contract with a stand-in for policy that asks the model's own gate. Everything together is
//! tested in the chain's own runtime.

mod amendments;
mod explain;
mod lending;
mod lifecycle;
mod moves;
mod parts;
mod receivers;
mod restricted;
mod standards;
mod sublicenses;
mod world;
