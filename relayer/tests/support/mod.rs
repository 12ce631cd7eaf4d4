//! Shared by the integration tests.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of this"
)]

pub mod anvil;
pub mod attester;
pub mod chain;
pub mod postgres;
pub mod world;

use alloy::primitives::B256;
use lex_relayer::config::SourceSection;

/// The source of the tests.
pub fn source() -> SourceSection {
    SourceSection {
        endpoints: Vec::new(),
        chain_id: chain::CHAIN_ID,
        genesis: B256::repeat_byte(0x9e),
        contract: chain::CONTRACT,
        start_block: 1,
    }
}
