//! `lex-node` as its users see it: a process with RPCs. Every test starts its own.

mod blocks;
mod ethereum;
mod persistence;
mod support;
