//! The proxy's rules on a chain in memory. The entry points are tested in the chain's own runtime.

use std::collections::HashMap;

use lex_model::{Address, Hash, Keccak, Reason, SoftwareKeccak};

use crate::{
    upgrade::{
        Chain, Delegation, IMPLEMENTATION_SLOT, LAYOUT_SLOT, LAYOUT_VERSION, Refusal, UPGRADE_TO,
        UPGRADED, UPGRADER_SLOT, construct, implementation, upgrade_to,
    },
    words::{Word, number_in, word_at, word_of_address, word_of_number},
};

const FIRST: Address = [1; 20];
const SAME_LAYOUT: Address = [2; 20];
const NEXT_LAYOUT: Address = [3; 20];
const FAR_LAYOUT: Address = [4; 20];
const OLD_LAYOUT: Address = [5; 20];
const SILENT: Address = [6; 20];
const NO_LAYOUT: Address = [7; 20];
const LARGE_LAYOUT: Address = [8; 20];
const NOBODY: Address = [9; 20];
const UPGRADER: Address = [0xaa; 20];
const STRANGER: Address = [0xbb; 20];

/// A chain on which each contract answers its layout version.
#[derive(Default)]
struct Memory {
    caller: Address,
    storage: HashMap<Word, Word>,
    events: Vec<Vec<Hash>>,
}

impl Chain for Memory {
    fn caller(&self) -> Address {
        self.caller
    }

    fn is_contract(&self, address: &Address) -> bool {
        (1..=8).contains(&address[0])
    }

    fn ask(&self, contract: &Address, selector: [u8; 4]) -> Option<Word> {
        assert_eq!(selector, LAYOUT_VERSION);
        match *contract {
            FIRST | SAME_LAYOUT => Some(word_of_number(5)),
            NEXT_LAYOUT => Some(word_of_number(6)),
            FAR_LAYOUT => Some(word_of_number(7)),
            OLD_LAYOUT => Some(word_of_number(4)),
            NO_LAYOUT => Some([0; 32]),
            LARGE_LAYOUT => Some([0xff; 32]),
            _ => None,
        }
    }

    fn load(&self, slot: &Word) -> Word {
        self.storage.get(slot).copied().unwrap_or_default()
    }

    fn store(&mut self, slot: &Word, word: &Word) {
        self.storage.insert(*slot, *word);
    }

    fn emit(&mut self, topics: &[Hash]) {
        self.events.push(topics.to_vec());
    }
}

fn arguments(implementation: Address, upgrader: Address, input: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    encoded.extend(word_of_address(&implementation));
    encoded.extend(word_of_address(&upgrader));
    encoded.extend(word_of_number(96));
    encoded.extend(word_of_number(input.len() as u32));
    encoded.extend(input);
    encoded.resize(encoded.len().next_multiple_of(32), 0);
    encoded
}

fn proxy() -> Memory {
    let mut chain = Memory::default();
    construct(&mut chain, &arguments(FIRST, UPGRADER, &[])).expect("valid");
    chain.caller = UPGRADER;
    chain
}

/// The reason and the detail of `Refused(uint16 code, uint32 ruleVersion, uint256 detail)`.
fn refused<T: core::fmt::Debug>(result: Result<T, Refusal>) -> (Reason, u32) {
    let data = result.expect_err("refused").encode();
    assert_eq!(data[..4], selector("Refused(uint16,uint32,uint256)"));
    let number = |at| number_in(word_at(&data, at).expect("a word")).expect("a number");
    assert_eq!(number(36), 0, "no rule has a version here");
    let code = u16::try_from(number(4)).expect("a code");
    (Reason::from_code(code).expect("known"), number(68))
}

fn selector(signature: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = SoftwareKeccak::keccak256(signature.as_bytes());
    [a, b, c, d]
}

/// `keccak256(name) - 1`, as ERC-1967 names slots.
fn slot(name: &str) -> Word {
    let mut slot = SoftwareKeccak::keccak256(name.as_bytes());
    // None of the names' hashes ends in a zero byte.
    slot[31] -= 1;
    slot
}

fn upgrade(chain: &mut Memory, to: Address) -> Result<(), Refusal> {
    upgrade_to(chain, word_of_address(&to))
}

#[test]
fn slots_selectors_and_topics_are_the_hashes_of_their_names() {
    assert_eq!(IMPLEMENTATION_SLOT, slot("eip1967.proxy.implementation"));
    assert_eq!(UPGRADER_SLOT, slot("eip1967.proxy.admin"));
    assert_eq!(LAYOUT_SLOT, slot("lex.proxy.layout"));
    assert_eq!(UPGRADE_TO, selector("upgradeTo(address)"));
    assert_eq!(LAYOUT_VERSION, selector("layoutVersion()"));
    assert_eq!(UPGRADED, SoftwareKeccak::keccak256(b"Upgraded(address)"));
}

#[test]
fn a_new_proxy_knows_its_implementation_its_upgrader_and_the_layout() {
    let chain = proxy();
    assert_eq!(implementation(&chain), FIRST);
    assert_eq!(chain.load(&UPGRADER_SLOT), word_of_address(&UPGRADER));
    assert_eq!(chain.load(&LAYOUT_SLOT), word_of_number(5));
    assert_eq!(chain.events, [[UPGRADED, word_of_address(&FIRST)]]);
}

#[test]
fn the_constructor_hands_on_the_call_that_initializes() {
    let input = [7; 36];
    let arguments = arguments(FIRST, UPGRADER, &input);
    assert_eq!(
        construct(&mut Memory::default(), &arguments),
        Ok(Some(Delegation {
            implementation: FIRST,
            input: &input
        }))
    );
}

#[test]
fn a_constructor_without_initialization_makes_no_call() {
    let arguments = arguments(FIRST, UPGRADER, &[]);
    assert_eq!(construct(&mut Memory::default(), &arguments), Ok(None));
}

#[test]
fn arguments_that_do_not_decode_are_refused() {
    let whole = arguments(FIRST, UPGRADER, &[7; 36]);
    for length in 0..96 + 32 + 36 {
        let result = construct(&mut Memory::default(), &whole[..length]);
        assert_eq!(refused(result), (Reason::WrongLength, 1024), "{length}");
    }
    for (place, byte) in [
        (0, 1),
        (32, 1),
        (64, 0xff),
        (95, 0xff),
        (124, 0xff),
        (127, 0xff),
    ] {
        let mut broken = whole.clone();
        broken[place] = byte;
        let result = construct(&mut Memory::default(), &broken);
        assert_eq!(refused(result), (Reason::WrongLength, 1024), "{place}");
    }
}

#[test]
fn a_proxy_needs_an_upgrader_and_a_contract() {
    let construct = |implementation, upgrader| {
        refused(construct(
            &mut Memory::default(),
            &arguments(implementation, upgrader, &[]),
        ))
    };
    assert_eq!(construct(FIRST, [0; 20]), (Reason::ZeroAddress, 0));
    assert_eq!(construct(NOBODY, UPGRADER), (Reason::NotAContract, 0));
    assert_eq!(construct(SILENT, UPGRADER), (Reason::LayoutMismatch, 0));
}

#[test]
fn the_upgrader_replaces_the_implementation() {
    let mut chain = proxy();
    for (to, layout) in [(SAME_LAYOUT, 5), (NEXT_LAYOUT, 6), (FAR_LAYOUT, 7)] {
        assert_eq!(upgrade(&mut chain, to), Ok(()));
        assert_eq!(implementation(&chain), to);
        assert_eq!(chain.load(&LAYOUT_SLOT), word_of_number(layout));
        assert_eq!(
            chain.events.last(),
            Some(&vec![UPGRADED, word_of_address(&to)])
        );
    }
}

#[test]
fn nobody_else_replaces_the_implementation() {
    for caller in [STRANGER, [0; 20], FIRST] {
        let mut chain = proxy();
        chain.caller = caller;
        assert_eq!(
            refused(upgrade(&mut chain, SAME_LAYOUT)),
            (Reason::NotUpgrader, 0)
        );
        assert_eq!(implementation(&chain), FIRST);
    }
}

#[test]
fn a_layout_that_does_not_follow_is_refused() {
    for (to, reason, layout) in [
        (FAR_LAYOUT, Reason::LayoutMismatch, 7),
        (OLD_LAYOUT, Reason::LayoutMismatch, 4),
        (NO_LAYOUT, Reason::LayoutMismatch, 0),
        (LARGE_LAYOUT, Reason::LayoutMismatch, 0),
        (SILENT, Reason::LayoutMismatch, 0),
        (NOBODY, Reason::NotAContract, 0),
        ([0; 20], Reason::NotAContract, 0),
    ] {
        let mut chain = proxy();
        assert_eq!(refused(upgrade(&mut chain, to)), (reason, layout));
        assert_eq!(implementation(&chain), FIRST);
        assert_eq!(chain.events.len(), 1);
    }
}

#[test]
fn an_argument_that_is_no_address_is_refused() {
    let mut chain = proxy();
    assert_eq!(
        refused(upgrade_to(&mut chain, [1; 32])),
        (Reason::NotAContract, 0)
    );
}

#[test]
fn after_the_last_layout_comes_none() {
    let mut chain = proxy();
    chain.store(&LAYOUT_SLOT, &word_of_number(u32::MAX));
    assert_eq!(
        refused(upgrade(&mut chain, SAME_LAYOUT)),
        (Reason::LayoutMismatch, 5)
    );
}
