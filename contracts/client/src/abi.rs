//! Bindings generated from the committed ABI files in `contracts/abi`.

/// License types, issuers and the compliance gate.
#[expect(
    clippy::too_many_arguments,
    reason = "generated for events with many fields"
)]
pub mod policy {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        Policy,
        "../abi/Policy.json"
    );
}

/// The licenses and their outbox.
#[expect(
    clippy::too_many_arguments,
    reason = "generated for events with many fields"
)]
pub mod license {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        License,
        "../abi/License.json"
    );
}

/// The licenses' copy on Ethereum and other EVM chains.
pub mod mirror {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        LicenseMirror,
        "../abi/LicenseMirror.json"
    );
}
