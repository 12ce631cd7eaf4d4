//! The library behind `lex`: a development stack as an object, deployment, and every license
//! operation. It holds no rule about licenses; those are in `lex-model` and in the contracts.

pub mod deploy;
pub mod deployment;
pub mod progress;
pub mod stack;
