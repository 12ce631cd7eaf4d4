//! What the standards fix: selectors, topics and interface ids, as literals, against the committed
//! ABI and against what the contract emits.

use ink::sol::FixedBytes;
use lex_model::{Keccak, SoftwareKeccak};
use serde_json::Value;

use super::world::*;

fn abi() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../abi/License.json")).expect("the ABI is JSON")
}

/// `name(types)` of each function or event of the committed ABI, with how many inputs are indexed.
fn signatures(kind: &str) -> Vec<(String, usize)> {
    let items = abi();
    let of_kind = items.iter().filter(|item| item["type"] == kind);
    of_kind
        .map(|item| {
            let inputs = item["inputs"].as_array().expect("inputs");
            let types: Vec<&str> = inputs
                .iter()
                .map(|input| input["type"].as_str().expect("a type"))
                .collect();
            let indexed = inputs
                .iter()
                .filter(|input| input["indexed"] == true)
                .count();
            let name = item["name"].as_str().expect("a name");
            (format!("{name}({})", types.join(",")), indexed)
        })
        .collect()
}

fn selector(signature: &str) -> u32 {
    let hash = SoftwareKeccak::keccak256(signature.as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

type Interface = &'static [(&'static str, u32)];

const ERC165: Interface = &[("supportsInterface(bytes4)", 0x01ff_c9a7)];
const ERC721: Interface = &[
    ("balanceOf(address)", 0x70a0_8231),
    ("ownerOf(uint256)", 0x6352_211e),
    ("approve(address,uint256)", 0x095e_a7b3),
    ("getApproved(uint256)", 0x0818_12fc),
    ("setApprovalForAll(address,bool)", 0xa22c_b465),
    ("isApprovedForAll(address,address)", 0xe985_e9c5),
    ("transferFrom(address,address,uint256)", 0x23b8_72dd),
    ("safeTransferFrom(address,address,uint256)", 0x4284_2e0e),
    (
        "safeTransferFrom(address,address,uint256,bytes)",
        0xb88d_4fde,
    ),
];
const METADATA: Interface = &[
    ("name()", 0x06fd_de03),
    ("symbol()", 0x95d8_9b41),
    ("tokenURI(uint256)", 0xc87b_56dd),
];
const ERC2981: Interface = &[("royaltyInfo(uint256,uint256)", 0x2a55_205a)];
const ERC4907: Interface = &[
    ("setUser(uint256,address,uint64)", 0xe030_565e),
    ("userOf(uint256)", 0xc2f1_f14a),
    ("userExpires(uint256)", 0x8fc8_8c48),
];
const ERC5192: Interface = &[("locked(uint256)", 0xb45a_3c0e)];
const ERC5643: Interface = &[
    ("renewSubscription(uint256,uint64)", 0x776c_e868),
    ("cancelSubscription(uint256)", 0x2123_5083),
    ("expiresAt(uint256)", 0x17c9_5709),
    ("isRenewable(uint256)", 0xcde3_17af),
];
const ERC7943: Interface = &[
    ("forcedTransfer(address,address,uint256)", 0x9fc1_d0e7),
    ("setFrozenTokens(address,uint256,bool)", 0x80c4_775b),
    ("canSend(address)", 0x2bc0_6a92),
    ("canReceive(address)", 0x90d3_70ba),
    ("getFrozenTokens(address,uint256)", 0xff6e_708c),
    ("canTransfer(address,address,uint256)", 0xe466_38e6),
];

/// Each interface with its id. ERC-4906 has an id and only events.
const INTERFACES: [(Interface, u32); 9] = [
    (ERC165, 0x01ff_c9a7),
    (ERC721, 0x80ac_58cd),
    (METADATA, 0x5b5e_139f),
    (ERC2981, 0x2a55_205a),
    (ERC4907, 0xad09_2b5c),
    (ERC5192, 0xb45a_3c0e),
    (ERC5643, 0x8c65_f84d),
    (ERC7943, 0xbf1e_f5fe),
    (&[], 0x4906_4906),
];

/// The standards' events: signature, topic, indexed inputs.
const EVENTS: [(&str, &str, usize); 10] = [
    (
        "Transfer(address,address,uint256)",
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        3,
    ),
    (
        "Approval(address,address,uint256)",
        "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
        3,
    ),
    (
        "ApprovalForAll(address,address,bool)",
        "17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31",
        2,
    ),
    (
        "MetadataUpdate(uint256)",
        "f8e1a15aba9398e019f0b49df1a4fde98ee17ae345cb5f6b5e2c27f5033e8ce7",
        0,
    ),
    (
        "UpdateUser(uint256,address,uint64)",
        "4e06b4e7000e659094299b3533b47b6aa8ad048e95e872d23d1f4ee55af89cfe",
        2,
    ),
    (
        "Locked(uint256)",
        "032bc66be43dbccb7487781d168eb7bda224628a3b2c3388bdf69b532a3a1611",
        0,
    ),
    (
        "Unlocked(uint256)",
        "f27b6ce5b2f5e68ddb2fd95a8a909d4ecf1daaac270935fff052feacb24f1842",
        0,
    ),
    (
        "SubscriptionUpdate(uint256,uint64)",
        "2ec2be2c4b90c2cf13ecb6751a24daed6bb741ae5ed3f7371aabf9402f6d62e8",
        1,
    ),
    (
        "Frozen(address,uint256,bool)",
        "110a31ef32e319c921a388ad15b3fcbf2dd8f62ab35795b611151ab36ed5b2af",
        3,
    ),
    (
        "ForcedTransfer(address,address,uint256)",
        "7b3ce50c216d2ccf9919c6b9f1bfb33f0350a33010f188750b4af38e00448138",
        3,
    ),
];

#[ink::test]
fn every_selector_is_the_standards() {
    let functions = signatures("function");
    for (interface, id) in INTERFACES {
        for (signature, expected) in interface {
            assert_eq!(selector(signature), *expected, "{signature}");
            assert!(
                functions.iter().any(|(known, _)| known == signature),
                "{signature}"
            );
        }
        let of_selectors = interface.iter().fold(0, |id, (_, selector)| id ^ selector);
        assert!(interface.is_empty() || of_selectors == id, "{id:08x}");
    }
}

#[ink::test]
fn every_topic_is_the_standards() {
    let events = signatures("event");
    for (signature, expected, indexed) in EVENTS {
        let hex: String = topic(signature)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, expected, "{signature}");
        let known = events.iter().find(|(known, _)| known == signature);
        assert_eq!(
            known.map(|(_, indexed)| *indexed),
            Some(indexed),
            "{signature}"
        );
    }
}

/// P3: what is advertised is exactly what is implemented: not ERC-7858, not ERC-5484, not enumerable.
#[ink::test]
fn p3_only_what_is_implemented_is_advertised() {
    let license = world().license;
    let supports = |id: u32| license.supports_interface(FixedBytes(id.to_be_bytes()));
    for (_, id) in INTERFACES {
        assert!(supports(id), "{id:08x}");
    }
    for id in [
        0x3ebd_fa31,
        0xec7f_fd66,
        0x0489_b56f,
        0x780e_9d63,
        0xd9b6_7a26,
        0xffff_ffff,
    ] {
        assert!(!supports(id), "{id:08x}");
    }
}

/// The events come out with the topics of the standards, not only the ABI.
#[ink::test]
fn the_emitted_topics_are_the_standards() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(HOLDER);
    world
        .license
        .approve(account(OTHER), id)
        .expect("its holder");
    world
        .license
        .set_approval_for_all(account(OTHER), true)
        .expect("an account");
    world
        .license
        .set_user(id, account(OTHER), END)
        .expect("its holder");
    world.issue(BOUND);
    by(COMMITTEE);
    world
        .license
        .set_metadata(id, FixedBytes([1; 32]), String::new())
        .expect("the committee");
    world
        .license
        .set_frozen_tokens(account(HOLDER), id, true)
        .expect("the committee");
    world
        .license
        .forced_transfer(account(HOLDER), account(OTHER), id)
        .expect("the committee");
    for (signature, _, indexed) in EVENTS {
        let (_, topics, _) = last_event(signature).unwrap_or_else(|| panic!("{signature}"));
        assert_eq!(topics.len(), indexed + 1, "{signature}");
    }
}
