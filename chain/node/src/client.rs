//! The types of the chain's client, written out once.

use lex_runtime::{OpaqueBlock, RuntimeApi};
use sc_executor::WasmExecutor;
use sc_transaction_pool::TransactionPoolHandle;

pub use lex_runtime::{BlockNumber, Hash, OpaqueBlock as Block};

/// Runs the runtime's WASM.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;
/// Blocks, state, and calls into the runtime.
pub type Client = sc_service::TFullClient<OpaqueBlock, RuntimeApi, Executor>;
/// The database behind [`Client`].
pub type Backend = sc_service::TFullBackend<OpaqueBlock>;
/// Transactions that wait for a block.
pub type Pool = TransactionPoolHandle<OpaqueBlock, Client>;
