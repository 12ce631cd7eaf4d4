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
pub mod proxy;
pub mod site;
pub mod source;
pub mod world;

use std::time::Duration;

use alloy::primitives::B256;
use axum::Router;
use lex_relayer::config::SourceSection;
use lex_relayer::http;
use lex_service::DoorsConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The source of the tests.
pub fn source() -> SourceSection {
    SourceSection {
        endpoints: Vec::new(),
        chain_id: chain::CHAIN_ID,
        genesis: B256::repeat_byte(0x9e),
        contract: chain::CONTRACT,
        start_block: 1,
        longest_silence: Duration::from_secs(120),
    }
}

/// Serves as the service does, until the test ends.
pub fn serve(listener: TcpListener, router: Router) {
    let doors = http::doors(DoorsConfig::default());
    tokio::spawn(lex_service::serve(
        listener,
        router,
        doors,
        CancellationToken::new(),
    ));
}
