//! The runtime of the LEX development chain.
//!
//! As small as a chain with contracts can be: accounts, time, balances, fees, a sudo key, batches
//! and `pallet-revive`. Contracts see what they would see on Polkadot Hub (address mapping, units
//! of value, gas, precompiles), because the types and parameters that they can observe are those
//! of the SDK's own development runtime for `pallet-revive`.
//!
//! What it is not: a parachain, or a chain with consensus. Blocks are sealed by the node.

#![cfg_attr(not(feature = "std"), no_std)]
// Executive, the event enum and the metadata nest deeply in one generic type.
#![recursion_limit = "256"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

mod apis;
mod configs;
mod extensions;
mod genesis;

use alloc::{borrow::Cow, vec::Vec};
use frame::{
    deps::{frame_executive, frame_system, sp_core, sp_runtime},
    runtime::prelude::*,
};

pub use apis::{RuntimeApi, RUNTIME_API_VERSIONS};
pub use extensions::EthExtraImpl;
pub use frame::runtime::types_common::{AccountId, BlockNumber, OpaqueBlock, Signature};

/// Amounts of the native token; [`DOLLARS`] is one whole token. Ethereum tools see
/// a million times as much (18 decimals), see `NativeToEthRatio`.
pub type Balance = u128;
/// Number of transactions an account has signed.
pub type Nonce = u32;
/// Block and storage hashes.
pub type Hash = sp_core::H256;
/// Block header with 32-bit numbers, hashed by Blake2.
pub type Header = sp_runtime::generic::Header<BlockNumber, sp_runtime::traits::BlakeTwo256>;
/// How extrinsics name accounts.
pub type Address = sp_runtime::MultiAddress<AccountId, ()>;
/// A signed Substrate extrinsic, or an Ethereum transaction in disguise.
pub type UncheckedExtrinsic =
    pallet_revive::evm::runtime::UncheckedExtrinsic<Address, Signature, EthExtraImpl>;
/// A block with decoded extrinsics; the node handles [`OpaqueBlock`]s.
pub type Block = sp_runtime::generic::Block<Header, UncheckedExtrinsic>;

/// One whole token: 12 decimals.
pub const DOLLARS: Balance = 1_000_000_000_000;
/// A hundredth of a token.
pub const CENTS: Balance = DOLLARS / 100;
/// A thousandth of a cent.
pub const MILLICENTS: Balance = CENTS / 1_000;

type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    Runtime,
    AllPalletsWithSystem,
>;

/// The runtime's name and versions. A change of `spec_version` tells clients to fetch metadata.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("lex"),
    impl_name: Cow::Borrowed("lex-runtime"),
    authoring_version: 1,
    spec_version: 1,
    impl_version: 1,
    apis: RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

#[frame_construct_runtime]
mod runtime {
    /// The runtime: every pallet below and what they share.
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    /// Accounts, blocks and events.
    #[runtime::pallet_index(0)]
    pub type System = frame_system::Pallet<Runtime>;

    /// The chain's time, set once per block.
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp::Pallet<Runtime>;

    /// The native token.
    #[runtime::pallet_index(2)]
    pub type Balances = pallet_balances::Pallet<Runtime>;

    /// One key that may do anything; development only.
    #[runtime::pallet_index(3)]
    pub type Sudo = pallet_sudo::Pallet<Runtime>;

    /// Fees by weight and length.
    #[runtime::pallet_index(4)]
    pub type TransactionPayment = pallet_transaction_payment::Pallet<Runtime>;

    /// Smart contracts: PolkaVM and EVM bytecode.
    #[runtime::pallet_index(5)]
    pub type Revive = pallet_revive::Pallet<Runtime>;

    /// Several calls in one extrinsic.
    #[runtime::pallet_index(6)]
    pub type Utility = pallet_utility::Pallet<Runtime>;
}

/// Storage key of the time of a block: a SCALE-encoded `u64` in milliseconds since the Unix epoch,
/// absent before the first block.
pub fn timestamp_storage_key() -> Vec<u8> {
    pallet_timestamp::Now::<Runtime>::hashed_key().to_vec()
}

/// The state of the development chain before its first block, built without running the WASM:
/// compiling that takes seconds.
///
/// # Errors
///
/// If a pallet refuses its configuration, or this crate was built without the WASM.
#[cfg(feature = "std")]
pub fn development_genesis_storage() -> Result<sp_core::storage::Storage, String> {
    use sp_runtime::BuildStorage;

    let wasm = WASM_BINARY.ok_or("the runtime was built without its WASM (SKIP_WASM_BUILD)")?;
    let mut storage = genesis::development().build_storage()?;
    storage.top.insert(
        sp_core::storage::well_known_keys::CODE.to_vec(),
        wasm.to_vec(),
    );
    Ok(storage)
}
