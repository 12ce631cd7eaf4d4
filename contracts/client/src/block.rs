//! Finalized blocks as this crate hands them out.

use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::{self, SolEventInterface};

/// Number and hash of one block of the source chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockRef {
    pub number: u64,
    pub hash: B256,
}

/// One finalized block with the events of the contracts that were asked for, in block order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceBlock {
    pub number: u64,
    pub hash: B256,
    pub parent_hash: B256,
    /// Unix seconds: the clock that contracts see in this block.
    pub time: u64,
    /// Unix milliseconds: the same clock before it is cut to seconds.
    pub time_millis: u64,
    pub events: Vec<ContractEvent>,
}

impl SourceBlock {
    /// Number and hash of this block.
    pub fn reference(&self) -> BlockRef {
        BlockRef {
            number: self.number,
            hash: self.hash,
        }
    }
}

/// One event that a contract emitted. Block hash and `index` together identify it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEvent {
    /// Position among all events of the block, those of other contracts and pallets included.
    pub index: u32,
    /// Position of the extrinsic that caused it; `None` for events of block initialization.
    pub extrinsic_index: Option<u32>,
    /// The hash its sender knows: blake2-256 of the extrinsic, or keccak-256 of the raw transaction
    /// when it came as an Ethereum transaction.
    pub transaction_hash: Option<B256>,
    pub contract: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
}

impl ContractEvent {
    /// Decodes the event as one of a contract's events, for example `LicenseEvents`.
    ///
    /// # Errors
    /// When the first topic is of no event of `E`, or the data does not fit it.
    pub fn decode<E: SolEventInterface>(&self) -> Result<E, sol_types::Error> {
        E::decode_raw_log(&self.topics, &self.data)
    }
}
