//! The committee without a chain: its targets and the contracts among its members are stand-ins.

mod attacks;
mod decisions;
mod judge;
mod members;
mod replay;
mod signatures;
mod support;
