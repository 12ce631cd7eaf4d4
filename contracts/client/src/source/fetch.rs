//! Reads one block: its header, its clock and those of its events that concern contracts.

use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes};
use futures::try_join;
use parity_scale_codec::Decode;
use subxt::SubstrateConfig;
use subxt::events::{Event, Phase};

use super::node::{Node, h256};
use super::runtime::Runtime;
use crate::block::{BlockRef, ContractEvent, SourceBlock};
use crate::error::SourceError;
use crate::revive::{ContractEmitted, Instantiated, Weight};

/// Storage key of `System.Events`.
const EVENTS_KEY: [u8; 32] =
    alloy::primitives::hex!("26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7");
/// Storage key of `Timestamp.Now`, in Unix milliseconds.
const NOW_KEY: [u8; 32] =
    alloy::primitives::hex!("f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb");

/// A block as it was read, before anything is selected from it.
pub(crate) struct RawBlock {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    pub(crate) parent_hash: B256,
    pub(crate) time_millis: u64,
    pub(crate) events: Vec<RawEvent>,
    /// That which executed the block.
    pub(crate) runtime: Arc<Runtime>,
}

/// An event that concerns contracts or the fate of an extrinsic.
pub(crate) struct RawEvent {
    pub(crate) index: u32,
    pub(crate) extrinsic_index: Option<u32>,
    pub(crate) kind: RawEventKind,
}

pub(crate) enum RawEventKind {
    Emitted {
        contract: Address,
        topics: Vec<B256>,
        data: Bytes,
    },
    Instantiated {
        deployer: Address,
        contract: Address,
    },
    /// The extrinsic failed, or the Ethereum transaction in it did; an encoded `DispatchError`.
    Failed(Vec<u8>),
    /// The extrinsic succeeded and took this much of the block.
    Succeeded(Weight),
    /// What the extrinsic's fee came to, in the chain's own smallest unit.
    FeePaid(u128),
    /// A storage deposit in the same unit, negative when it was given back.
    Deposited(i128),
}

impl RawBlock {
    /// Reads a block of the best chain; `None` when there is none of this number yet.
    pub(crate) async fn fetch(node: &Node, number: u64) -> Result<Option<Self>, SourceError> {
        let Some(hash) = node.block_hash(number).await? else {
            return Ok(None);
        };
        let (header, events, time_millis) = try_join!(
            node.ask(|rpc| async move { rpc.chain_get_header(Some(h256(hash))).await }),
            storage(node, &EVENTS_KEY, hash),
            block_time(node, hash),
        )?;
        let Some(header) = header else {
            return Ok(None);
        };
        let parent_hash = B256::from(header.parent_hash.0);
        // What executes a block is the runtime in its parent's state. A block that replaces the
        // runtime leaves the next one's behind, with its own events in the words of the old one.
        let executed_by = if number == 0 { hash } else { parent_hash };
        let runtime = node.runtime(Some(executed_by)).await?;
        let events = read_events(node, &runtime, events.unwrap_or_default())?;
        Ok(Some(Self {
            number,
            hash,
            parent_hash,
            time_millis,
            events,
            runtime,
        }))
    }

    pub(crate) fn reference(&self) -> BlockRef {
        BlockRef {
            number: self.number,
            hash: self.hash,
        }
    }

    /// Hashes of the block's extrinsics as their senders know them, in order.
    pub(crate) async fn transaction_hashes(&self, node: &Node) -> Result<Vec<B256>, SourceError> {
        let hash = h256(self.hash);
        let details = node
            .ask(|rpc| async move { rpc.chain_get_block(Some(hash)).await })
            .await?
            .ok_or_else(|| node.unreadable("a block has a header but no body"))?;
        let extrinsics = details.block.extrinsics.iter();
        Ok(extrinsics
            .map(|extrinsic| self.runtime.transaction_hash(&extrinsic.0))
            .collect())
    }

    /// Keeps the events of `contracts` and finds out which transactions they belong to.
    pub(crate) async fn select(
        self,
        node: &Node,
        contracts: &[Address],
    ) -> Result<SourceBlock, SourceError> {
        let is_wanted = |event: &RawEvent| matches!(&event.kind, RawEventKind::Emitted { contract, .. } if contracts.contains(contract));
        let transactions = if self.events.iter().any(is_wanted) {
            self.transaction_hashes(node).await?
        } else {
            Vec::new()
        };
        let hash_of = |index: Option<u32>| transactions.get(index? as usize).copied();
        let events = self
            .events
            .iter()
            .filter(|event| is_wanted(event))
            .filter_map(|event| event.to_contract_event(hash_of(event.extrinsic_index)))
            .collect();
        Ok(SourceBlock {
            number: self.number,
            hash: self.hash,
            parent_hash: self.parent_hash,
            time: self.time_millis / 1000,
            time_millis: self.time_millis,
            events,
        })
    }
}

impl RawEvent {
    /// The event as it is handed out; `None` for events that no contract emitted.
    pub(crate) fn to_contract_event(&self, transaction: Option<B256>) -> Option<ContractEvent> {
        let RawEventKind::Emitted {
            contract,
            topics,
            data,
        } = &self.kind
        else {
            return None;
        };
        Some(ContractEvent {
            index: self.index,
            extrinsic_index: self.extrinsic_index,
            transaction_hash: transaction,
            contract: *contract,
            topics: topics.clone(),
            data: data.clone(),
        })
    }
}

/// The time of a block in Unix milliseconds.
pub(super) async fn block_time(node: &Node, at: B256) -> Result<u64, SourceError> {
    match storage(node, &NOW_KEY, at).await? {
        Some(bytes) => u64::decode(&mut bytes.as_slice())
            .map_err(|_| node.unreadable("the block's time does not decode")),
        // Only the first block has no time yet.
        None => Ok(0),
    }
}

async fn storage(node: &Node, key: &[u8], at: B256) -> Result<Option<Vec<u8>>, SourceError> {
    node.ask(|rpc| async move { rpc.state_get_storage(key, Some(h256(at))).await })
        .await
}

fn read_events(
    node: &Node,
    runtime: &Runtime,
    bytes: Vec<u8>,
) -> Result<Vec<RawEvent>, SourceError> {
    let mut selected = Vec::new();
    for event in runtime.client().events().from_bytes(bytes).iter() {
        let event = event.map_err(|error| node.unreadable(format!("events: {error}")))?;
        let kind = event_kind(&event, runtime.revive_pallet())
            .map_err(|error| node.unreadable(format!("event {}: {error}", event.index())))?;
        let extrinsic_index = match event.phase() {
            Phase::ApplyExtrinsic(index) => Some(index),
            Phase::Initialization | Phase::Finalization => None,
        };
        let index = event.index();
        selected.extend(kind.map(|kind| RawEvent {
            index,
            extrinsic_index,
            kind,
        }));
    }
    Ok(selected)
}

fn event_kind(
    event: &Event<'_, SubstrateConfig>,
    revive: u8,
) -> Result<Option<RawEventKind>, parity_scale_codec::Error> {
    let fields = &mut event.field_bytes();
    let kind = match (event.pallet_name(), event.event_name()) {
        ("Revive", "ContractEmitted") => {
            let emitted = ContractEmitted::decode(fields)?;
            RawEventKind::Emitted {
                contract: emitted.contract.into(),
                topics: emitted.topics.into_iter().map(B256::from).collect(),
                data: emitted.data.into(),
            }
        }
        ("Revive", "Instantiated") => {
            let created = Instantiated::decode(fields)?;
            RawEventKind::Instantiated {
                deployer: created.deployer.into(),
                contract: created.contract.into(),
            }
        }
        ("Revive", "EthExtrinsicRevert") | ("System", "ExtrinsicFailed") => {
            RawEventKind::Failed(fields.to_vec())
        }
        // `DispatchInfo` begins with the weight.
        ("System", "ExtrinsicSuccess") => RawEventKind::Succeeded(Weight::decode(fields)?),
        ("TransactionPayment", "TransactionFeePaid") => {
            let (_payer, fee) = <([u8; 32], u128)>::decode(fields)?;
            RawEventKind::FeePaid(fee)
        }
        ("Balances", name) => {
            let deposit = deposited(name, fields, revive)?;
            return Ok(deposit.map(RawEventKind::Deposited));
        }
        _ => return Ok(None),
    };
    Ok(Some(kind))
}

/// A storage deposit in an event of the pallet of balances: what is put or kept on hold for a reason
/// of the contracts' pallet. Extrinsics move it from and to their sender, Ethereum transactions
/// through the fee that they have paid.
fn deposited(
    event: &str,
    fields: &mut &[u8],
    revive: u8,
) -> Result<Option<i128>, parity_scale_codec::Error> {
    let (accounts, sign) = match event {
        "TransferAndHold" => (2, 1),
        "TransferOnHold" => (2, -1),
        "Held" => (1, 1),
        "Released" => (1, -1),
        _ => return Ok(None),
    };
    // What the reasons of other pallets look like is theirs to say.
    if fields.first() != Some(&revive) {
        return Ok(None);
    }
    let _reason = <[u8; 2]>::decode(fields)?;
    for _ in 0..accounts {
        let _account = <[u8; 32]>::decode(fields)?;
    }
    let amount = i128::try_from(u128::decode(fields)?).map_err(|_| "more than there can be")?;
    Ok(Some(sign * amount))
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::Encode;

    use super::*;

    const REVIVE: u8 = 8;

    fn on_hold(event: &str, reason: [u8; 2], accounts: &[[u8; 32]], amount: u128) -> Option<i128> {
        let accounts = accounts.iter().flat_map(Encode::encode);
        let bytes: Vec<u8> = reason
            .into_iter()
            .chain(accounts)
            .chain(amount.encode())
            .collect();
        deposited(event, &mut bytes.as_slice(), REVIVE).unwrap()
    }

    #[test]
    fn deposits_are_what_contracts_have_on_hold() {
        let (payer, contract) = ([1; 32], [2; 32]);
        let reason = [REVIVE, 1];
        let two = [payer, contract];
        assert_eq!(on_hold("TransferAndHold", reason, &two, 7), Some(7));
        assert_eq!(on_hold("TransferOnHold", reason, &two, 7), Some(-7));
        assert_eq!(on_hold("Held", reason, &[contract], 7), Some(7));
        assert_eq!(on_hold("Released", reason, &[contract], 7), Some(-7));
        assert_eq!(on_hold("Transfer", reason, &two, 7), None);
        assert_eq!(on_hold("Held", [3, 1], &[contract], 7), None);
    }

    #[test]
    fn a_deposit_that_is_cut_does_not_decode() {
        let bytes = [REVIVE, 1, 0];
        assert!(deposited("Held", &mut bytes.as_slice(), REVIVE).is_err());
    }
}
