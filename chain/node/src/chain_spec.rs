//! The chain's name and genesis.

use sc_chain_spec::{ChainType, GenericChainSpec, NoExtension, Properties};
use sc_service::ChainSpec;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use std::path::PathBuf;

/// Names the chain on the command line and its folder below the base path.
pub const ID: &str = "lex-dev";

/// The development chain. Its genesis follows from the runtime alone: the same binary always
/// starts the same chain.
///
/// # Errors
///
/// If the node was built without the runtime's WASM (`SKIP_WASM_BUILD`).
pub fn development() -> Result<Box<dyn ChainSpec>, String> {
    let wasm = lex_runtime::WASM_BINARY
        .ok_or("this lex-node was built without its runtime; build it without SKIP_WASM_BUILD")?;
    let spec = GenericChainSpec::<NoExtension>::builder(wasm, None)
        .with_name("LEX Development")
        .with_id(ID)
        .with_chain_type(ChainType::Development)
        .with_properties(token_properties())
        .with_genesis_config_preset_name(DEV_RUNTIME_PRESET)
        .build();
    Ok(Box::new(spec))
}

/// A chain from its specification in JSON.
///
/// # Errors
///
/// If the file cannot be read or is not a chain specification.
pub fn from_file(path: PathBuf) -> Result<Box<dyn ChainSpec>, String> {
    Ok(Box::new(GenericChainSpec::<NoExtension>::from_json_file(
        path,
    )?))
}

/// How wallets show amounts and addresses.
fn token_properties() -> Properties {
    let mut properties = Properties::new();
    properties.insert("tokenSymbol".into(), "LEX".into());
    properties.insert("tokenDecimals".into(), 12.into());
    properties.insert("ss58Format".into(), 42.into());
    properties
}
