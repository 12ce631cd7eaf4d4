//! The attackers' handbook: what somebody may want who should not have it, tried on real nodes. Each
//! attack is named by what its attacker wants, and ends with what stands in the way.

mod committee;
mod flood;
mod lend;
mod mirror;
mod rules;
