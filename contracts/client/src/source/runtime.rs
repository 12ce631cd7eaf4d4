//! One version of the chain's runtime: how to read its events and build its extrinsics.

use alloy::primitives::{B256, keccak256};
use parity_scale_codec::{Compact, Decode, Encode};
use subxt::client::{OfflineClient, OfflineClientAtBlock};
use subxt::config::substrate::{BlakeTwo256, SpecVersionForRange};
use subxt::config::{Hasher, SubstrateConfig};
use subxt::error::DispatchError;
use subxt::metadata::{ArcMetadata, Metadata};
use subxt::rpcs::methods::legacy::RuntimeVersion;

use super::node::{Node, h256};
use crate::error::{CallError, SourceError};

/// Version byte of an extrinsic that carries no signature of its own, in format 4 and 5.
const BARE_EXTRINSIC: [u8; 2] = [4, 5];

pub(crate) struct Runtime {
    spec_version: u32,
    client: OfflineClientAtBlock<SubstrateConfig>,
    /// Pallet and call index of `Revive.eth_transact`.
    ethereum_call: [u8; 2],
}

impl Runtime {
    pub(super) async fn load(
        node: &Node,
        at: Option<B256>,
        version: RuntimeVersion,
    ) -> Result<Self, SourceError> {
        let unknown = |what| node.unknown_runtime(version.spec_version, what);
        let metadata = load_metadata(node, at).await?.map_err(unknown)?;
        require_events(&metadata).map_err(unknown)?;
        let metadata = ArcMetadata::from(metadata);
        let ethereum_call = ethereum_call_index(&metadata)
            .ok_or_else(|| unknown("it has no call Revive.eth_transact".to_owned()))?;
        let every_block = SpecVersionForRange {
            block_range: 0..u64::MAX,
            spec_version: version.spec_version,
            transaction_version: version.transaction_version,
        };
        let config = SubstrateConfig::builder()
            .set_genesis_hash(h256(node.genesis()))
            .set_metadata_for_spec_versions([(version.spec_version, metadata)])
            .set_spec_version_for_block_ranges([every_block])
            .build();
        let client = OfflineClient::new_with_config(config)
            .at_block(0u64)
            .map_err(|error| unknown(error.to_string()))?;
        Ok(Self {
            spec_version: version.spec_version,
            client,
            ethereum_call,
        })
    }

    pub(crate) fn spec_version(&self) -> u32 {
        self.spec_version
    }

    /// The number of the pallet that keeps contracts.
    pub(crate) fn revive_pallet(&self) -> u8 {
        let [pallet, _call] = self.ethereum_call;
        pallet
    }

    /// A client that knows this runtime's types but asks the node nothing.
    pub(crate) fn client(&self) -> &OfflineClientAtBlock<SubstrateConfig> {
        &self.client
    }

    /// The hash by which the sender of an extrinsic knows it.
    pub(crate) fn transaction_hash(&self, extrinsic: &[u8]) -> B256 {
        match self.ethereum_payload(extrinsic) {
            Some(payload) => keccak256(payload),
            None => B256::from(BlakeTwo256.hash(extrinsic).0),
        }
    }

    /// What a failed dispatch means.
    pub(crate) fn dispatch_error(&self, bytes: &[u8]) -> CallError {
        let error = match DispatchError::decode_from(bytes, self.client.metadata()) {
            Ok(error) => error,
            Err(error) => return CallError::Dispatch(error.to_string()),
        };
        let DispatchError::Module(module) = &error else {
            return CallError::Dispatch(error.to_string());
        };
        let name = module.details_string();
        match name.as_str() {
            "Revive::OutOfGas" | "Revive::StorageDepositLimitExhausted" => {
                CallError::OutOfGas(name)
            }
            _ => CallError::Dispatch(name),
        }
    }

    /// The raw Ethereum transaction inside an extrinsic, if it holds one.
    fn ethereum_payload(&self, extrinsic: &[u8]) -> Option<Vec<u8>> {
        let mut input = extrinsic;
        Compact::<u32>::decode(&mut input).ok()?;
        let [version, pallet, call, payload @ ..] = input else {
            return None;
        };
        if !BARE_EXTRINSIC.contains(version) || [*pallet, *call] != self.ethereum_call {
            return None;
        }
        Vec::<u8>::decode(&mut &*payload).ok()
    }
}

/// Newest metadata version that the runtime offers and this program can read, or what is wrong with
/// it.
async fn load_metadata(
    node: &Node,
    at: Option<B256>,
) -> Result<Result<Metadata, String>, SourceError> {
    let versions = node
        .runtime_call(at, "Metadata_metadata_versions", &[])
        .await?;
    let Some(version) = readable_version(&versions) else {
        return Ok(Err("it offers no metadata of a known version".to_owned()));
    };
    let bytes = node
        .runtime_call(at, "Metadata_metadata_at_version", &version.encode())
        .await?;
    Ok(decode_metadata(&bytes))
}

fn readable_version(mut offered: &[u8]) -> Option<u32> {
    const READABLE: std::ops::RangeInclusive<u32> = 14..=16;
    let versions = Vec::<u32>::decode(&mut offered).ok()?.into_iter();
    versions.filter(|version| READABLE.contains(version)).max()
}

fn decode_metadata(mut answer: &[u8]) -> Result<Metadata, String> {
    let metadata = Option::<Vec<u8>>::decode(&mut answer)
        .map_err(|error| format!("metadata: {error}"))?
        .ok_or("it withholds its metadata")?;
    Metadata::decode(&mut metadata.as_slice()).map_err(|error| format!("metadata: {error}"))
}

/// The events that this program lives by, with the fields that it reads, in their order.
const NEEDED_EVENTS: [(&str, &str, &[&str]); 5] = [
    ("Revive", "ContractEmitted", &["contract", "data", "topics"]),
    ("Revive", "Instantiated", &["deployer", "contract"]),
    ("Revive", "EthExtrinsicRevert", &["dispatch_error"]),
    (
        "System",
        "ExtrinsicFailed",
        &["dispatch_error", "dispatch_info"],
    ),
    ("System", "ExtrinsicSuccess", &["dispatch_info"]),
];

/// A runtime that calls an event otherwise, or fills it otherwise, would have it passed over without
/// a word, so it is not read at all.
fn require_events(metadata: &Metadata) -> Result<(), String> {
    for (pallet, name, fields) in NEEDED_EVENTS {
        let events = metadata
            .pallet_by_name(pallet)
            .and_then(|pallet| pallet.event_variants())
            .unwrap_or_default();
        let event = events
            .iter()
            .find(|event| event.name == name)
            .ok_or_else(|| format!("it has no event {pallet}.{name}"))?;
        let found: Vec<_> = event
            .fields
            .iter()
            .map(|field| field.name.as_deref().unwrap_or("_"))
            .collect();
        if found != fields {
            return Err(format!(
                "its event {pallet}.{name} has the fields {found:?}, known are {fields:?}"
            ));
        }
    }
    Ok(())
}

fn ethereum_call_index(metadata: &Metadata) -> Option<[u8; 2]> {
    let pallet = metadata.pallet_by_name("Revive")?;
    let call = pallet.call_variant_by_name("eth_transact")?;
    Some([pallet.call_index(), call.index])
}
