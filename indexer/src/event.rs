//! Contract events as the fold sees them: decoded, with their place on the chain.

use alloy::sol_types::SolEventInterface;
use lex_client::{
    Address, B256, ContractEvent, SourceBlock,
    abi::{
        committee::Committee::CommitteeEvents, license::License::LicenseEvents,
        policy::Policy::PolicyEvents, proxy::Proxy::ProxyEvents,
    },
};

use crate::store::World;

/// Where an event stands on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub block_number: u64,
    pub block_hash: B256,
    /// Unix seconds.
    pub block_time: u64,
    /// Place among all events of the block.
    pub event_index: u32,
    pub transaction_hash: Option<B256>,
}

/// What one of our contracts said.
#[derive(Clone, Debug)]
pub enum Message {
    Policy(PolicyEvents),
    License(LicenseEvents),
    /// What the committee at this address said.
    Committee(Address, CommitteeEvents),
    /// The proxy in front of the license contract has other code or another upgrader from now on.
    Proxy(ProxyEvents),
}

/// One decoded event.
#[derive(Clone, Debug)]
pub struct Event {
    pub place: Place,
    pub message: Message,
}

/// An event of one of our contracts that this program does not know.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error(
        "event {index} of block {block}, of contract {contract}, is unknown to this version: {cause}; \
         upgrade lex-indexer to the version of the deployed contracts"
    )]
    Unknown {
        block: u64,
        index: u32,
        contract: Address,
        cause: alloy::sol_types::Error,
    },
    #[error("event {index} of block {block} is of contract {contract}, which was not asked for")]
    Foreign {
        block: u64,
        index: u32,
        contract: Address,
    },
}

/// The events of a block, decoded, in their order.
///
/// # Errors
/// An event is unknown: to leave it out could show something false, so indexing stops.
pub fn decode_block(world: &World, block: &SourceBlock) -> Result<Vec<Event>, DecodeError> {
    let place = |event: &ContractEvent| Place {
        block_number: block.number,
        block_hash: block.hash,
        block_time: block.time,
        event_index: event.index,
        transaction_hash: event.transaction_hash,
    };
    block
        .events
        .iter()
        .map(|event| decode(world, event, place(event)))
        .collect()
}

/// One event, decoded.
///
/// # Errors
/// As for [`decode_block`].
pub fn decode(world: &World, event: &ContractEvent, place: Place) -> Result<Event, DecodeError> {
    let of_proxy = event
        .topics
        .first()
        .is_some_and(|topic| ProxyEvents::SELECTORS.contains(topic));
    let message = if event.contract == world.license && of_proxy {
        ProxyEvents::decode_raw_log(&event.topics, &event.data).map(Message::Proxy)
    } else if event.contract == world.license {
        LicenseEvents::decode_raw_log(&event.topics, &event.data).map(Message::License)
    } else if event.contract == world.policy {
        PolicyEvents::decode_raw_log(&event.topics, &event.data).map(Message::Policy)
    } else if world.committees.contains(&event.contract) {
        CommitteeEvents::decode_raw_log(&event.topics, &event.data)
            .map(|message| Message::Committee(event.contract, message))
    } else {
        return Err(DecodeError::Foreign {
            block: place.block_number,
            index: event.index,
            contract: event.contract,
        });
    };
    let message = message.map_err(|cause| DecodeError::Unknown {
        block: place.block_number,
        index: event.index,
        contract: event.contract,
        cause,
    })?;
    Ok(Event { place, message })
}
