//! The chain's name and genesis.

use sc_chain_spec::{
    ChainSpec, ChainSpecBuilder, ChainType, GenericChainSpec, NoExtension, Properties,
};
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
    let genesis = lex_runtime::development_genesis_storage()?;
    // The builder would compile and run the WASM for the genesis; ours is ready.
    let mut spec = builder(&[]).build();
    spec.set_storage(genesis);
    Ok(Box::new(spec))
}

fn builder(wasm: &[u8]) -> ChainSpecBuilder {
    GenericChainSpec::builder(wasm, NoExtension::None)
        .with_name("LEX Development")
        .with_id(ID)
        .with_chain_type(ChainType::Development)
        .with_properties(token_properties())
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

#[cfg(test)]
mod tests {
    use super::*;
    use sp_genesis_builder::DEV_RUNTIME_PRESET;
    use sp_runtime::BuildStorage;

    #[test]
    fn genesis_is_what_the_wasm_would_make_of_its_preset() {
        let wasm = lex_runtime::WASM_BINARY.expect("tests are built with the WASM");
        let by_wasm = builder(wasm)
            .with_genesis_config_preset_name(DEV_RUNTIME_PRESET)
            .build();
        let ours = development().expect("the runtime is built in");
        let (by_wasm, ours) = (
            by_wasm.build_storage(),
            ours.as_storage_builder().build_storage(),
        );
        assert_eq!(
            ours.expect("valid genesis").top,
            by_wasm.expect("valid genesis").top
        );
    }
}
