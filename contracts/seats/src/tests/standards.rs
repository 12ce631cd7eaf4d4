//! What the standards fix: selectors, topics and interface ids, as literals, against the committed
//! ABI.

use ink::sol::FixedBytes;
use lex_model::{Keccak, SoftwareKeccak};
use serde_json::Value;

use super::world::world;

fn abi() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../abi/Seats.json")).expect("the ABI is JSON")
}

/// `name(types)` of each function or event of the committed ABI.
fn signatures(kind: &str) -> Vec<String> {
    let items = abi();
    let of_kind = items.iter().filter(|item| item["type"] == kind);
    of_kind
        .map(|item| {
            let types: Vec<&str> = item["inputs"]
                .as_array()
                .expect("inputs")
                .iter()
                .map(|input| input["type"].as_str().expect("a type"))
                .collect();
            format!(
                "{}({})",
                item["name"].as_str().expect("a name"),
                types.join(",")
            )
        })
        .collect()
}

fn selector(signature: &str) -> u32 {
    let hash = SoftwareKeccak::keccak256(signature.as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

const ERC165: &[(&str, u32)] = &[("supportsInterface(bytes4)", 0x01ff_c9a7)];
const ERC1155: &[(&str, u32)] = &[
    (
        "safeTransferFrom(address,address,uint256,uint256,bytes)",
        0xf242_432a,
    ),
    (
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
        0x2eb2_c2d6,
    ),
    ("balanceOf(address,uint256)", 0x00fd_d58e),
    ("balanceOfBatch(address[],uint256[])", 0x4e12_73f4),
    ("setApprovalForAll(address,bool)", 0xa22c_b465),
    ("isApprovedForAll(address,address)", 0xe985_e9c5),
];
const METADATA_URI: &[(&str, u32)] = &[("uri(uint256)", 0x0e89_341c)];
const ERC2981: &[(&str, u32)] = &[("royaltyInfo(uint256,uint256)", 0x2a55_205a)];
const ERC7943: &[(&str, u32)] = &[
    ("canSend(address)", 0x2bc0_6a92),
    ("canReceive(address)", 0x90d3_70ba),
    ("canTransfer(address,address,uint256,uint256)", 0xa02f_f685),
    ("getFrozenTokens(address,uint256)", 0xff6e_708c),
    ("setFrozenTokens(address,uint256,uint256)", 0xbd45_6f5c),
    (
        "forcedTransfer(address,address,uint256,uint256)",
        0x18d3_08d0,
    ),
];

#[ink::test]
fn every_message_of_the_standards_has_its_selector_and_every_interface_its_id() {
    let committed = signatures("function");
    let seats = world().seats;
    for (messages, id) in [
        (ERC165, 0x01ff_c9a7_u32),
        (ERC1155, 0xd9b6_7a26),
        (METADATA_URI, 0x0e89_341c),
        (ERC2981, 0x2a55_205a),
        (ERC7943, 0x41c4_fbad),
    ] {
        for (signature, literal) in messages {
            assert_eq!(selector(signature), *literal, "{signature}");
            assert!(
                committed.iter().any(|found| found == signature),
                "{signature}"
            );
        }
        let combined = messages.iter().fold(0, |id, (_, selector)| id ^ selector);
        assert_eq!(combined, id);
        assert!(
            seats.supports_interface(FixedBytes(id.to_be_bytes())),
            "{id:x}"
        );
    }
    assert!(!seats.supports_interface(FixedBytes([0xff; 4])));
    assert!(!seats.supports_interface(FixedBytes([0x80, 0xac, 0x58, 0xcd])));
}

#[test]
fn every_event_of_the_standards_has_its_topic_and_its_indexed_fields() {
    let committed = signatures("event");
    for (signature, topic, indexed) in [
        (
            "TransferSingle(address,address,address,uint256,uint256)",
            "c3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62",
            [true, true, true, false, false].as_slice(),
        ),
        (
            "TransferBatch(address,address,address,uint256[],uint256[])",
            "4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb",
            &[true, true, true, false, false],
        ),
        (
            "ApprovalForAll(address,address,bool)",
            "17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31",
            &[true, true, false],
        ),
        (
            "URI(string,uint256)",
            "6bb7ff708619ba0610cba295a58592e0451dee2622938c8755667688daf3529b",
            &[false, true],
        ),
        (
            "Frozen(address,uint256,uint256)",
            "7b0c29e799ed468266b4d070c03070137a95cb869c5eb7c18063fb7b1a7a09c5",
            &[true, true, false],
        ),
        (
            "ForcedTransfer(address,address,uint256,uint256)",
            "a7f01abbf5b7ec7bac7fb74feb5c1f54af9e430f18a33681c1b9149875339a45",
            &[true, true, true, false],
        ),
    ] {
        let hash = SoftwareKeccak::keccak256(signature.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, topic, "{signature}");
        assert!(
            committed.iter().any(|found| found == signature),
            "{signature}"
        );
        let name = signature.split('(').next().expect("a name");
        let items = abi();
        let event = items
            .iter()
            .find(|item| item["type"] == "event" && item["name"] == name)
            .expect("it is in the ABI");
        let topics: Vec<bool> = event["inputs"]
            .as_array()
            .expect("inputs")
            .iter()
            .map(|input| input["indexed"] == true)
            .collect();
        assert_eq!(topics, indexed, "{signature}");
    }
}

#[test]
fn receivers_are_asked_as_the_standard_says() {
    use crate::receiver::{ON_BATCH_RECEIVED, ON_RECEIVED};
    assert_eq!(ON_RECEIVED, [0xf2, 0x3a, 0x6e, 0x61]);
    assert_eq!(ON_BATCH_RECEIVED, [0xbc, 0x19, 0x7c, 0x81]);
    // ERC-165's id of ERC-1155's receiver.
    let both = u32::from_be_bytes(ON_RECEIVED) ^ u32::from_be_bytes(ON_BATCH_RECEIVED);
    assert_eq!(both, 0x4e23_12e0);
}

/// The messages that committees call have the parameters that their decisions are encoded with.
#[test]
fn what_committees_call_is_there() {
    let committed = signatures("function");
    for signature in [
        "activate(uint256,address,uint64,uint64,uint64,bytes32,tuple)",
        "renewApproved(uint256,uint64,tuple)",
        "suspend(uint256,uint32,bytes32,uint64)",
        "resume(uint256)",
        "revoke(uint256,uint32,bytes32)",
        "forceTransfer(address,address,uint256,uint64,uint32,bytes32)",
        "freezeToken(address,uint256,uint64,uint32,bytes32)",
        "restrict(uint8,address,uint64,uint8)",
    ] {
        assert!(
            committed.iter().any(|found| found == signature),
            "{signature}"
        );
    }
}
