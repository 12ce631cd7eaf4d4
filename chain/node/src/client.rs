//! The chain's client: its types, written out once, and what executes the runtime.

use lex_runtime::{OpaqueBlock, RuntimeApi};
use sc_executor::WasmExecutor;
use sc_service::config::ExecutorConfiguration;
use sc_transaction_pool::TransactionPoolHandle;
use std::{env, path::PathBuf};

pub use lex_runtime::{BlockNumber, Hash, OpaqueBlock as Block};

/// Runs the runtime's WASM.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;
/// Blocks, state, and calls into the runtime.
pub type Client = sc_service::TFullClient<OpaqueBlock, RuntimeApi, Executor>;
/// The database behind [`Client`].
pub type Backend = sc_service::TFullBackend<OpaqueBlock>;
/// Transactions that wait for a block.
pub type Pool = TransactionPoolHandle<OpaqueBlock, Client>;

/// What executes the runtime. Compiling its WASM to machine code takes seconds, so the result is
/// kept for every later start on this machine, whatever the chain.
pub fn executor(config: &ExecutorConfiguration) -> Executor {
    let builder = Executor::builder()
        .with_execution_method(config.wasm_method)
        .with_max_runtime_instances(config.max_runtime_instances)
        .with_runtime_cache_size(config.runtime_cache_size);
    match compiled_code_directory() {
        Some(directory) => builder.with_cache_path(directory).build(),
        None => builder.build(),
    }
}

/// The user's cache directory; `None` if the environment does not name it. What lies there is
/// keyed by its content and may be deleted at any time.
fn compiled_code_directory() -> Option<PathBuf> {
    let cache = match env::var_os("XDG_CACHE_HOME") {
        Some(directory) => PathBuf::from(directory),
        None => PathBuf::from(env::var_os("HOME")?).join(".cache"),
    };
    Some(cache.join("lex").join("compiled-runtime"))
}
