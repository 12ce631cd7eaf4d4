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

/// The licenses of many seats and their outbox.
#[expect(
    clippy::too_many_arguments,
    reason = "generated for events with many fields"
)]
pub mod seats {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        Seats,
        "../abi/Seats.json"
    );
}

/// Verifying keys of zero-knowledge circuits, and the verification of proofs.
#[expect(
    clippy::too_many_arguments,
    reason = "generated for messages with many arguments"
)]
pub mod verifier {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        Verifier,
        "../abi/Verifier.json"
    );
}

/// Members who approve typed decisions together.
#[expect(
    clippy::too_many_arguments,
    reason = "generated for messages with many arguments"
)]
pub mod committee {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        Committee,
        "../abi/Committee.json"
    );
}

/// The proxy in front of a license or seats contract: what it says and refuses itself.
pub mod proxy {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        Proxy,
        "../abi/Proxy.json"
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
