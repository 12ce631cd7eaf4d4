//! The proxy's rules on a chain in memory. The entry points are tested in the chain's own runtime.

use std::collections::HashMap;

use lex_model::{Address, Hash, Keccak, Layout, Reason, SoftwareKeccak};

use crate::{
    upgrade::{
        ACCEPT_UPGRADER, ADMIN_CHANGED, Chain, Delegation, IMPLEMENTATION_SLOT, LAYOUT,
        LAYOUT_SLOT, PROPOSED_SLOT, Refusal, SET_UPGRADER, UPGRADE_TO, UPGRADED, UPGRADER_PROPOSED,
        UPGRADER_SLOT, Upgrade, accept_upgrader, construct, implementation, set_upgrader,
        upgrade_to,
    },
    words::{Word, word_at, word_of_address, word_of_number},
};

const FIRST: Address = [1; 20];
const SAME_LAYOUT: Address = [2; 20];
const NEXT_LAYOUT: Address = [3; 20];
const FAR_LAYOUT: Address = [4; 20];
const OLD_LAYOUT: Address = [5; 20];
const SILENT: Address = [6; 20];
const NO_LAYOUT: Address = [7; 20];
const LAST_LAYOUT: Address = [8; 20];
const OTHER_CONTRACT: Address = [9; 20];
const NOBODY: Address = [10; 20];
const UPGRADER: Address = [0xaa; 20];
const STRANGER: Address = [0xbb; 20];

/// A chain on which each contract answers its layout.
#[derive(Default)]
struct Memory {
    caller: Address,
    storage: HashMap<Word, Word>,
    events: Vec<(Vec<Hash>, Vec<u8>)>,
}

fn layout(version: u32) -> Word {
    Layout::new("Test", version).word()
}

/// The hash of the code at an address, as this chain has it.
fn code_at(address: &Address) -> Hash {
    SoftwareKeccak::keccak256(address)
}

impl Chain for Memory {
    fn caller(&self) -> Address {
        self.caller
    }

    fn is_contract(&self, address: &Address) -> bool {
        (1..=9).contains(&address[0])
    }

    fn code_hash(&self, address: &Address) -> Hash {
        code_at(address)
    }

    fn ask(&self, contract: &Address, selector: [u8; 4]) -> Option<Word> {
        assert_eq!(selector, LAYOUT);
        match *contract {
            FIRST | SAME_LAYOUT => Some(layout(5)),
            NEXT_LAYOUT => Some(layout(6)),
            FAR_LAYOUT => Some(layout(7)),
            OLD_LAYOUT => Some(layout(4)),
            NO_LAYOUT => Some([0; 32]),
            LAST_LAYOUT => Some(layout(u32::MAX)),
            OTHER_CONTRACT => Some(Layout::new("Other", 5).word()),
            _ => None,
        }
    }

    fn load(&self, slot: &Word) -> Word {
        self.storage.get(slot).copied().unwrap_or_default()
    }

    fn store(&mut self, slot: &Word, word: &Word) {
        self.storage.insert(*slot, *word);
    }

    fn emit(&mut self, topics: &[Hash], data: &[u8]) {
        self.events.push((topics.to_vec(), data.to_vec()));
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
    let number = |at| {
        let word = word_at(&data, at).expect("a word");
        assert_eq!(word[..28], [0; 28], "a small number");
        u32::from_be_bytes(word[28..].try_into().expect("four bytes"))
    };
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

/// What the upgrader signs when it wants `to` after what is there now.
fn agreed(chain: &Memory, to: Address) -> Upgrade {
    Upgrade {
        implementation: word_of_address(&to),
        code_hash: code_at(&to),
        replaces: word_of_address(&implementation(chain)),
    }
}

fn upgrade(chain: &mut Memory, to: Address) -> Result<(), Refusal> {
    let agreed = agreed(chain, to);
    upgrade_to(chain, agreed)
}

#[test]
fn slots_selectors_and_topics_are_the_hashes_of_their_names() {
    assert_eq!(IMPLEMENTATION_SLOT, slot("eip1967.proxy.implementation"));
    assert_eq!(UPGRADER_SLOT, slot("eip1967.proxy.admin"));
    assert_eq!(LAYOUT_SLOT, slot("lex.proxy.layout"));
    assert_eq!(PROPOSED_SLOT, slot("lex.proxy.proposed-upgrader"));
    assert_eq!(UPGRADE_TO, selector("upgradeTo(address,bytes32,address)"));
    assert_eq!(SET_UPGRADER, selector("setUpgrader(address)"));
    assert_eq!(ACCEPT_UPGRADER, selector("acceptUpgrader()"));
    assert_eq!(LAYOUT, selector("layout()"));
    assert_eq!(UPGRADED, SoftwareKeccak::keccak256(b"Upgraded(address)"));
    assert_eq!(
        ADMIN_CHANGED,
        SoftwareKeccak::keccak256(b"AdminChanged(address,address)")
    );
    assert_eq!(
        UPGRADER_PROPOSED,
        SoftwareKeccak::keccak256(b"UpgraderProposed(address,address)")
    );
}

#[test]
fn a_new_proxy_knows_its_implementation_its_upgrader_and_the_layout() {
    let chain = proxy();
    assert_eq!(implementation(&chain), FIRST);
    assert_eq!(chain.load(&UPGRADER_SLOT), word_of_address(&UPGRADER));
    assert_eq!(chain.load(&LAYOUT_SLOT), layout(5));
    let upgraded = vec![UPGRADED, word_of_address(&FIRST)];
    assert_eq!(chain.events, [(upgraded, vec![])]);
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
    for (to, version) in [(SAME_LAYOUT, 5), (NEXT_LAYOUT, 6), (FAR_LAYOUT, 7)] {
        assert_eq!(upgrade(&mut chain, to), Ok(()));
        assert_eq!(implementation(&chain), to);
        assert_eq!(chain.load(&LAYOUT_SLOT), layout(version));
        let upgraded = vec![UPGRADED, word_of_address(&to)];
        assert_eq!(chain.events.last(), Some(&(upgraded, vec![])));
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

/// Both may say version 5, and mean different things by it.
#[test]
fn the_code_of_another_contract_is_refused() {
    let mut chain = proxy();
    let refusal = refused(upgrade(&mut chain, OTHER_CONTRACT));
    assert_eq!(refusal, (Reason::LayoutMismatch, 0));
    assert_eq!(implementation(&chain), FIRST);
}

#[test]
fn other_code_than_what_was_agreed_on_is_refused() {
    let mut chain = proxy();
    for other in [[0; 32], code_at(&FIRST), code_at(&NEXT_LAYOUT)] {
        let mut changed = agreed(&chain, SAME_LAYOUT);
        changed.code_hash = other;
        let refusal = refused(upgrade_to(&mut chain, changed));
        assert_eq!(refusal, (Reason::NotAsApproved, 0));
    }
    assert_eq!(implementation(&chain), FIRST);
}

/// Two upgrades that were agreed on for the same code: the second is not done on top of the first.
#[test]
fn an_upgrade_replaces_only_what_it_names() {
    let mut chain = proxy();
    let (repair, rewrite) = (agreed(&chain, SAME_LAYOUT), agreed(&chain, NEXT_LAYOUT));
    assert_eq!(upgrade_to(&mut chain, rewrite), Ok(()));
    let refusal = refused(upgrade_to(&mut chain, repair));
    assert_eq!(refusal, (Reason::NotAsApproved, 0));
    assert_eq!(implementation(&chain), NEXT_LAYOUT);
}

#[test]
fn a_layout_that_does_not_follow_is_refused() {
    for (to, reason, version) in [
        (FAR_LAYOUT, Reason::LayoutMismatch, 7),
        (OLD_LAYOUT, Reason::LayoutMismatch, 4),
        (NO_LAYOUT, Reason::LayoutMismatch, 0),
        (LAST_LAYOUT, Reason::LayoutMismatch, u32::MAX),
        (SILENT, Reason::LayoutMismatch, 0),
        (NOBODY, Reason::NotAContract, 0),
        ([0; 20], Reason::NotAContract, 0),
    ] {
        let mut chain = proxy();
        assert_eq!(refused(upgrade(&mut chain, to)), (reason, version));
        assert_eq!(implementation(&chain), FIRST);
        assert_eq!(chain.events.len(), 1);
    }
}

#[test]
fn an_implementation_that_is_no_address_is_refused() {
    let mut chain = proxy();
    let mut wide = agreed(&chain, SAME_LAYOUT);
    wide.implementation[0] = 1;
    let refusal = refused(upgrade_to(&mut chain, wide));
    assert_eq!(refusal, (Reason::NotAContract, 0));
}

#[test]
fn after_the_last_layout_comes_none() {
    let mut chain = proxy();
    chain.store(&LAYOUT_SLOT, &layout(u32::MAX));
    assert_eq!(
        refused(upgrade(&mut chain, SAME_LAYOUT)),
        (Reason::LayoutMismatch, 5)
    );
}

#[test]
fn the_upgrader_hands_its_right_on() {
    let mut chain = proxy();
    let successor = word_of_address(&STRANGER);
    assert_eq!(set_upgrader(&mut chain, successor), Ok(()));
    let data = [word_of_address(&UPGRADER), successor].concat();
    let offered = (vec![UPGRADER_PROPOSED], data.clone());
    assert_eq!(chain.events.last(), Some(&offered));

    chain.caller = STRANGER;
    let refusal = refused(upgrade(&mut chain, SAME_LAYOUT));
    assert_eq!(refusal, (Reason::NotUpgrader, 0), "it was only offered");
    assert_eq!(accept_upgrader(&mut chain), Ok(()));
    assert_eq!(chain.events.last(), Some(&(vec![ADMIN_CHANGED], data)));
    assert_eq!(upgrade(&mut chain, SAME_LAYOUT), Ok(()));
    let again = refused(accept_upgrader(&mut chain));
    assert_eq!(again, (Reason::NotUpgrader, 0), "the offer is used up");
    chain.caller = UPGRADER;
    let refusal = refused(upgrade(&mut chain, NEXT_LAYOUT));
    assert_eq!(refusal, (Reason::NotUpgrader, 0), "it has it no longer");
}

/// A slip hands the right to upgrade to an account that nobody has: the one who has it keeps it, and takes
/// the offer back.
#[test]
fn the_right_to_upgrade_is_lost_by_a_slip() {
    let mut chain = proxy();
    let slip = word_of_address(&NOBODY);
    assert_eq!(set_upgrader(&mut chain, slip), Ok(()));
    assert_eq!(upgrade(&mut chain, SAME_LAYOUT), Ok(()));
    for itself_or_another in [UPGRADER, STRANGER] {
        let word = word_of_address(&itself_or_another);
        assert_eq!(set_upgrader(&mut chain, word), Ok(()));
        chain.caller = NOBODY;
        let late = refused(accept_upgrader(&mut chain));
        assert_eq!(late, (Reason::NotUpgrader, 0));
        chain.caller = UPGRADER;
    }
    assert_eq!(upgrade(&mut chain, NEXT_LAYOUT), Ok(()));
}

#[test]
fn the_right_to_upgrade_goes_to_an_account_by_its_owner_alone() {
    let mut chain = proxy();
    for upgrader in [[0; 32], [1; 32]] {
        let refusal = refused(set_upgrader(&mut chain, upgrader));
        assert_eq!(refusal, (Reason::ZeroAddress, 0));
    }
    for caller in [STRANGER, [0; 20], FIRST] {
        chain.caller = caller;
        let refusal = refused(set_upgrader(&mut chain, word_of_address(&caller)));
        assert_eq!(refusal, (Reason::NotUpgrader, 0));
        let refusal = refused(accept_upgrader(&mut chain));
        assert_eq!(refusal, (Reason::NotUpgrader, 0), "nothing is offered");
    }
    assert_eq!(chain.load(&UPGRADER_SLOT), word_of_address(&UPGRADER));
}
