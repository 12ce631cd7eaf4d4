//! Endpoints and blocks for tests.

use std::sync::{Arc, Mutex};

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use lex_client::abi::license::License::UpdateAppended;
use lex_client::{ContractEvent, Pulse, SourceBlock, SourceError};
use lex_model::{SoftwareKeccak, TokenId, Update};

use lex_relayer::outbox::{Endpoint, EndpointError, Position};

/// The license contract of the tests.
pub const CONTRACT: Address = Address::repeat_byte(0xc0);
/// Chain id of the tests' source chain.
pub const CHAIN_ID: u64 = 420_420_420;

/// Unix seconds of block 0 of the series.
pub const GENESIS_TIME: u64 = 1_700_000_000;

/// Answers the same to every question; `None` is "not final yet" and "no answer".
#[derive(Clone, Copy, Debug)]
pub struct ScriptedEndpoint {
    pub finalized: Option<B256>,
    pub outbox: Option<lex_model::Outbox>,
}

impl ScriptedEndpoint {
    /// Confirms block `number` of the series, with this outbox at its end.
    pub fn honest(number: u64, outbox: lex_model::Outbox) -> Self {
        Self {
            finalized: Some(block_hash(number)),
            outbox: Some(outbox),
        }
    }
}

/// An outbox without updates.
pub fn empty_outbox() -> lex_model::Outbox {
    lex_model::Outbox::empty::<SoftwareKeccak>(CHAIN_ID, &CONTRACT.0.0)
}

/// Number and hash of a block of the series.
pub fn position(number: u64) -> Position {
    Position {
        number,
        hash: block_hash(number),
    }
}

impl Endpoint for ScriptedEndpoint {
    fn name(&self) -> &str {
        "scripted"
    }

    fn finalized_blocks(
        &self,
        _from: u64,
        _contracts: Vec<Address>,
    ) -> BoxStream<'static, Result<SourceBlock, SourceError>> {
        stream::pending().boxed()
    }

    async fn pulse(&self) -> Result<Pulse, EndpointError> {
        Err(silence().into())
    }

    async fn finalized_hash(&self, _number: u64) -> Result<Option<B256>, EndpointError> {
        Ok(self.finalized)
    }

    async fn outbox(&self, _: Address, _: B256) -> Result<lex_model::Outbox, EndpointError> {
        Ok(self.outbox.ok_or_else(silence)?)
    }
}

fn silence() -> SourceError {
    SourceError::Connection {
        endpoint: "scripted".into(),
        reason: "silent".into(),
    }
}

/// Confirms every block of the series; its outbox is whatever the test last put there.
#[derive(Clone, Debug)]
pub struct SeriesEndpoint(Arc<Mutex<lex_model::Outbox>>);

impl SeriesEndpoint {
    pub fn new(outbox: lex_model::Outbox) -> Self {
        Self(Arc::new(Mutex::new(outbox)))
    }

    pub fn set(&self, outbox: lex_model::Outbox) {
        *self.0.lock().expect("no test panics while it holds this") = outbox;
    }
}

impl Endpoint for SeriesEndpoint {
    fn name(&self) -> &str {
        "series"
    }

    fn finalized_blocks(
        &self,
        _from: u64,
        _contracts: Vec<Address>,
    ) -> BoxStream<'static, Result<SourceBlock, SourceError>> {
        stream::pending().boxed()
    }

    async fn pulse(&self) -> Result<Pulse, EndpointError> {
        Err(silence().into())
    }

    async fn finalized_hash(&self, number: u64) -> Result<Option<B256>, EndpointError> {
        Ok(Some(block_hash(number)))
    }

    async fn outbox(&self, _: Address, _: B256) -> Result<lex_model::Outbox, EndpointError> {
        Ok(*self.0.lock().expect("no test panics while it holds this"))
    }
}

/// The event of the update that follows `end`, and the outbox after it.
pub fn appended(end: lex_model::Outbox) -> (ContractEvent, lex_model::Outbox) {
    let nonce = end.nonce + 1;
    let update = Update {
        nonce,
        kind: lex_model::KIND_LICENSE,
        token_id: TokenId::from(nonce),
        holder: [0xaa; 20],
        license_type: 1,
        status: 2,
        valid_from: 100,
        valid_until: 200,
        grace_until: 230,
        version: 1,
        parent: TokenId::default(),
    };
    let after = end
        .with::<SoftwareKeccak>(&update)
        .expect("the test's own world is in order");
    let event = UpdateAppended {
        nonce,
        tokenId: alloy::primitives::U256::from(nonce),
        holder: update.holder.into(),
        kind: update.kind,
        licenseType: update.license_type,
        status: update.status,
        validFrom: update.valid_from,
        validUntil: update.valid_until,
        graceUntil: update.grace_until,
        version: update.version,
        parent: alloy::primitives::U256::ZERO,
        head: after.head.into(),
    };
    let log = event.encode_log_data();
    let event = ContractEvent {
        index: 0,
        extrinsic_index: Some(1),
        transaction_hash: None,
        contract: CONTRACT,
        topics: log.topics().to_vec(),
        data: log.data,
    };
    (event, after)
}

/// Block `number` on top of the block of the same series before it.
pub fn block(number: u64, events: Vec<ContractEvent>) -> SourceBlock {
    SourceBlock {
        number,
        hash: block_hash(number),
        parent_hash: block_hash(number - 1),
        time: GENESIS_TIME + number,
        time_millis: (GENESIS_TIME + number) * 1000,
        events,
    }
}

/// The hash of block `number` of the series.
pub fn block_hash(number: u64) -> B256 {
    alloy::primitives::keccak256(number.to_be_bytes())
}
