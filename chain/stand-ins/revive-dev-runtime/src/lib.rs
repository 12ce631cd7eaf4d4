//! Stands in for the crate of the same name (see `[patch.crates-io]` in the workspace): the
//! Ethereum JSON-RPC generates its client from the metadata of `Runtime`.

pub use lex_runtime::Runtime;
