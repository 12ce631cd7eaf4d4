//! Runtimes of the generated source chain: what they say about themselves, and how they encode events.

use alloy::primitives::{Address, B256};
use frame_metadata::RuntimeMetadataPrefixed;
use frame_metadata::v15::{
    CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletCallMetadata, PalletConstantMetadata,
    PalletEventMetadata, PalletMetadata, RuntimeMetadataV15,
};
use parity_scale_codec::{Compact, Encode};
use scale_info::{Field, MetaType, Path, Type, TypeDefVariant, TypeInfo, Variant, meta_type};

/// The version of the metadata's format.
pub(super) const METADATA_VERSION: u32 = 15;

/// A runtime, told by its specification's version. Each has its pallet of contracts, and the events of
/// that pallet, at other numbers, so that reading a block by the wrong one fails or shows nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    First = 1,
    Second = 2,
}

const SYSTEM: u8 = 0;
/// What both `ExtrinsicSuccess` and `ExtrinsicFailed` end with: weight, class, whether a fee is paid.
type DispatchInfo = (Compact<u64>, Compact<u64>, u8, u8);

impl Runtime {
    /// The version of its specification.
    pub fn version(self) -> u32 {
        self as u32
    }

    fn revive(self) -> u8 {
        match self {
            Self::First => 8,
            Self::Second => 11,
        }
    }

    /// What is added to the numbers of the events of the pallet of contracts.
    fn shift(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Second => 3,
        }
    }

    /// Its encoded description, for a chain of this id.
    pub(super) fn metadata(self, chain_id: u64) -> Vec<u8> {
        let events = match self {
            Self::First => meta_type::<ReviveEvent<0>>(),
            Self::Second => meta_type::<ReviveEvent<3>>(),
        };
        let system = PalletMetadata {
            event: Some(PalletEventMetadata {
                ty: meta_type::<SystemEvent>(),
            }),
            ..pallet("System", SYSTEM)
        };
        let revive = PalletMetadata {
            calls: Some(PalletCallMetadata {
                ty: meta_type::<ReviveCall>(),
            }),
            event: Some(PalletEventMetadata { ty: events }),
            constants: vec![PalletConstantMetadata {
                name: "ChainId",
                ty: meta_type::<u64>(),
                value: chain_id.encode(),
                docs: Vec::new(),
            }],
            ..pallet("Revive", self.revive())
        };
        let nothing = meta_type::<()>();
        let extrinsic = ExtrinsicMetadata {
            version: 4,
            address_ty: nothing,
            call_ty: nothing,
            signature_ty: nothing,
            extra_ty: nothing,
            signed_extensions: Vec::new(),
        };
        let outer_enums = OuterEnums {
            call_enum_ty: nothing,
            event_enum_ty: nothing,
            error_enum_ty: nothing,
        };
        let custom = CustomMetadata {
            map: Default::default(),
        };
        let metadata = RuntimeMetadataV15::new(
            vec![system, revive],
            extrinsic,
            nothing,
            Vec::new(),
            outer_enums,
            custom,
        );
        RuntimeMetadataPrefixed::from(metadata).encode()
    }

    /// The events of a block whose contracts emitted `emitted`, one extrinsic each, as `System.Events`
    /// holds them.
    pub(super) fn encode_events<'a>(
        self,
        emitted: impl ExactSizeIterator<Item = (Address, &'a [B256], &'a [u8])>,
    ) -> Vec<u8> {
        let count = u32::try_from(emitted.len()).expect("a block holds few events");
        let mut bytes = Compact(2 * count).encode();
        for (extrinsic, (contract, topics, data)) in (0u32..).zip(emitted) {
            let contract_emitted = (
                [self.revive(), self.shift() + CONTRACT_EMITTED],
                contract.0.0,
                data.to_vec(),
                topics.iter().map(|topic| topic.0).collect::<Vec<_>>(),
            );
            let weight = (Compact(1u64), Compact(1u64), 0u8, 0u8);
            let success = ([SYSTEM, EXTRINSIC_SUCCESS], weight);
            put(&mut bytes, extrinsic, &contract_emitted);
            put(&mut bytes, extrinsic, &success);
        }
        bytes
    }
}

/// One event of an extrinsic, without topics of the chain's own.
fn put(bytes: &mut Vec<u8>, extrinsic: u32, event: &impl Encode) {
    const APPLY_EXTRINSIC: u8 = 0;
    const NO_TOPICS: u8 = 0;
    (APPLY_EXTRINSIC, extrinsic).encode_to(bytes);
    event.encode_to(bytes);
    bytes.push(NO_TOPICS);
}

fn pallet(name: &'static str, index: u8) -> PalletMetadata {
    PalletMetadata {
        name,
        storage: None,
        calls: None,
        event: None,
        constants: Vec::new(),
        error: None,
        index,
        docs: Vec::new(),
    }
}

const EXTRINSIC_SUCCESS: u8 = 0;
const EXTRINSIC_FAILED: u8 = 1;
const CONTRACT_EMITTED: u8 = 0;
const INSTANTIATED: u8 = 1;
const ETH_EXTRINSIC_REVERT: u8 = 2;

struct SystemEvent;

impl TypeInfo for SystemEvent {
    type Identity = Self;

    fn type_info() -> Type {
        let variants = [
            (
                "ExtrinsicSuccess",
                EXTRINSIC_SUCCESS,
                vec![("dispatch_info", meta_type::<DispatchInfo>())],
            ),
            (
                "ExtrinsicFailed",
                EXTRINSIC_FAILED,
                vec![
                    ("dispatch_error", meta_type::<u8>()),
                    ("dispatch_info", meta_type::<DispatchInfo>()),
                ],
            ),
        ];
        enumeration("frame_system", "Event", variants)
    }
}

struct ReviveEvent<const SHIFT: u8>;

impl<const SHIFT: u8> TypeInfo for ReviveEvent<SHIFT> {
    type Identity = Self;

    fn type_info() -> Type {
        let address = || meta_type::<[u8; 20]>();
        let variants = [
            (
                "ContractEmitted",
                SHIFT + CONTRACT_EMITTED,
                vec![
                    ("contract", address()),
                    ("data", meta_type::<Vec<u8>>()),
                    ("topics", meta_type::<Vec<[u8; 32]>>()),
                ],
            ),
            (
                "Instantiated",
                SHIFT + INSTANTIATED,
                vec![("deployer", address()), ("contract", address())],
            ),
            (
                "EthExtrinsicRevert",
                SHIFT + ETH_EXTRINSIC_REVERT,
                vec![("dispatch_error", meta_type::<u8>())],
            ),
        ];
        enumeration("pallet_revive", "Event", variants)
    }
}

struct ReviveCall;

impl TypeInfo for ReviveCall {
    type Identity = Self;

    fn type_info() -> Type {
        enumeration(
            "pallet_revive",
            "Call",
            [("eth_transact", 0, vec![("payload", meta_type::<Vec<u8>>())])],
        )
    }
}

/// Name, number, and fields by name.
type Named = (&'static str, u8, Vec<(&'static str, MetaType)>);

fn enumeration<const N: usize>(
    module: &'static str,
    name: &'static str,
    variants: [Named; N],
) -> Type {
    let variants = variants.map(|(name, index, fields)| {
        let fields = fields
            .into_iter()
            .map(|(name, ty)| Field::new(Some(name), ty, None, Vec::new()));
        Variant::new(name, fields.collect(), index, Vec::new())
    });
    Type::new(
        Path::new(name, module),
        Vec::new(),
        TypeDefVariant::new(variants),
        Vec::new(),
    )
}
