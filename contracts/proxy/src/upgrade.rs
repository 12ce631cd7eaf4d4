//! What the proxy decides: which implementation it has, and who may replace it.

use lex_model::{Address, Hash, Layout, Reason};

use crate::words::{Word, address_in, bytes_at, word_at, word_of_address, word_of_number};

/// Storage slot of the implementation's address: `keccak256("eip1967.proxy.implementation") - 1`.
pub const IMPLEMENTATION_SLOT: Word = [
    0x36, 0x08, 0x94, 0xa1, 0x3b, 0xa1, 0xa3, 0x21, 0x06, 0x67, 0xc8, 0x28, 0x49, 0x2d, 0xb9, 0x8d,
    0xca, 0x3e, 0x20, 0x76, 0xcc, 0x37, 0x35, 0xa9, 0x20, 0xa3, 0xca, 0x50, 0x5d, 0x38, 0x2b, 0xbc,
];

/// Storage slot of the upgrader's address: `keccak256("eip1967.proxy.admin") - 1`.
pub const UPGRADER_SLOT: Word = [
    0xb5, 0x31, 0x27, 0x68, 0x4a, 0x56, 0x8b, 0x31, 0x73, 0xae, 0x13, 0xb9, 0xf8, 0xa6, 0x01, 0x6e,
    0x24, 0x3e, 0x63, 0xb6, 0xe8, 0xee, 0x11, 0x78, 0xd6, 0xa7, 0x17, 0x85, 0x0b, 0x5d, 0x61, 0x03,
];

/// Storage slot of the address to which the right to upgrade is offered:
/// `keccak256("lex.proxy.proposed-upgrader") - 1`.
pub const PROPOSED_SLOT: Word = [
    0x76, 0x3f, 0xa0, 0x02, 0xdb, 0x1c, 0xe0, 0xf9, 0xd2, 0xd3, 0x9e, 0x0d, 0x76, 0xc0, 0x8f, 0xbf,
    0x92, 0xb3, 0x73, 0x2c, 0x58, 0xcb, 0xca, 0x26, 0xb8, 0xb4, 0xab, 0xd8, 0x3c, 0xd1, 0xef, 0xdb,
];

/// Storage slot of the layout of what is stored: `keccak256("lex.proxy.layout") - 1`.
pub const LAYOUT_SLOT: Word = [
    0xfe, 0xd0, 0x70, 0xa9, 0x25, 0xb6, 0x78, 0xcc, 0xdd, 0x25, 0x8b, 0xc3, 0x6b, 0xfb, 0xa4, 0xb9,
    0xe1, 0x09, 0x7a, 0x88, 0x53, 0xb6, 0x8b, 0xde, 0xbe, 0xb7, 0x09, 0x88, 0x07, 0x1b, 0xb9, 0x8f,
];

/// Selector of `upgradeTo(address,bytes32,address)`.
pub const UPGRADE_TO: [u8; 4] = [0xa8, 0xf9, 0xee, 0xb3];

/// Selector of `setUpgrader(address)`.
pub const SET_UPGRADER: [u8; 4] = [0x1b, 0x87, 0x8f, 0x71];

/// Selector of `acceptUpgrader()`.
pub const ACCEPT_UPGRADER: [u8; 4] = [0x01, 0xbb, 0x95, 0x3b];

/// Selector of `layout()`, which every implementation answers with the word of a [`Layout`].
pub const LAYOUT: [u8; 4] = [0x00, 0x16, 0x76, 0x34];

/// Topic of the event `Upgraded(address indexed implementation)` of ERC-1967.
pub const UPGRADED: Hash = [
    0xbc, 0x7c, 0xd7, 0x5a, 0x20, 0xee, 0x27, 0xfd, 0x9a, 0xde, 0xba, 0xb3, 0x20, 0x41, 0xf7, 0x55,
    0x21, 0x4d, 0xbc, 0x6b, 0xff, 0xa9, 0x0c, 0xc0, 0x22, 0x5b, 0x39, 0xda, 0x2e, 0x5c, 0x2d, 0x3b,
];

/// Topic of the event `UpgraderProposed(address current, address proposed)`.
pub const UPGRADER_PROPOSED: Hash = [
    0x50, 0x50, 0x2d, 0x4f, 0xdb, 0xf5, 0x87, 0xb0, 0x5c, 0x6f, 0x6d, 0x29, 0x79, 0x34, 0x51, 0x62,
    0xd0, 0x90, 0x7c, 0x6a, 0x53, 0x72, 0xfc, 0xeb, 0x0d, 0x30, 0xf0, 0x6f, 0xb9, 0xc7, 0x89, 0x1a,
];

/// Topic of the event `AdminChanged(address previousAdmin, address newAdmin)` of ERC-1967.
pub const ADMIN_CHANGED: Hash = [
    0x7e, 0x64, 0x4d, 0x79, 0x42, 0x2f, 0x17, 0xc0, 0x1e, 0x48, 0x94, 0xb5, 0xf4, 0xf5, 0x88, 0xd3,
    0x31, 0xeb, 0xfa, 0x28, 0x65, 0x3d, 0x42, 0xae, 0x83, 0x2d, 0xc5, 0x9e, 0x38, 0xc9, 0x79, 0x8f,
];

/// Selector of the error `Refused(uint16,uint32,uint256)`.
const REFUSED: [u8; 4] = [0x07, 0x67, 0xf4, 0x7c];

/// The most bytes that the constructor's arguments may have.
pub const MAX_ARGUMENTS: usize = 1024;

/// What the proxy needs of the chain.
pub trait Chain {
    /// Who calls.
    fn caller(&self) -> Address;
    /// Whether there is a contract at the address.
    fn is_contract(&self, address: &Address) -> bool;
    /// The hash of a contract's code, zero where there is no contract.
    fn code_hash(&self, address: &Address) -> Hash;
    /// What a contract answers to a call without arguments that changes nothing; `None` when that is
    /// not exactly one word.
    fn ask(&self, contract: &Address, selector: [u8; 4]) -> Option<Word>;
    /// A word of the proxy's storage, zero where none was written.
    fn load(&self, slot: &Word) -> Word;
    /// Writes a word of the proxy's storage.
    fn store(&mut self, slot: &Word, word: &Word);
    /// Emits an event.
    fn emit(&mut self, topics: &[Hash], data: &[u8]);
}

/// Why the proxy itself refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    reason: Reason,
    detail: u32,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: 0 }
    }
}

impl Refusal {
    /// The error `Refused(uint16 code, uint32 ruleVersion, uint256 detail)`.
    pub fn encode(&self) -> [u8; 100] {
        let mut data = [0; 100];
        data[..4].copy_from_slice(&REFUSED);
        data[4..36].copy_from_slice(&word_of_number(u32::from(self.reason.code())));
        data[68..].copy_from_slice(&word_of_number(self.detail));
        data
    }
}

/// The call that remains to be made to the implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delegation<'a> {
    /// Whose code is run.
    pub implementation: Address,
    /// The call data.
    pub input: &'a [u8],
}

/// Sets a new proxy up from the constructor's arguments; returns the call that initializes the state,
/// if there is one.
///
/// # Errors
/// [`Reason::WrongLength`] when the arguments do not decode, [`Reason::ZeroAddress`] for an upgrader
/// that nobody is, and those of an upgrade.
pub fn construct<'a>(
    chain: &mut impl Chain,
    arguments: &'a [u8],
) -> Result<Option<Delegation<'a>>, Refusal> {
    let undecodable = Refusal {
        reason: Reason::WrongLength,
        detail: MAX_ARGUMENTS as u32,
    };
    let address = |at| word_at(arguments, at).and_then(address_in);
    let implementation = address(0).ok_or(undecodable)?;
    let upgrader = address(32).ok_or(undecodable)?;
    let input = bytes_at(arguments, 64).ok_or(undecodable)?;
    if upgrader == [0; 20] {
        return Err(Reason::ZeroAddress.into());
    }
    let layout = layout_of(chain, &implementation)?;
    chain.store(&UPGRADER_SLOT, &word_of_address(&upgrader));
    adopt(chain, &implementation, &layout);
    Ok((!input.is_empty()).then_some(Delegation {
        implementation,
        input,
    }))
}

/// What was agreed on: which code comes after which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upgrade {
    /// The address of the new implementation, as a word.
    pub implementation: Word,
    /// The hash of its code: what is at an address is not for ever known to who signs.
    pub code_hash: Hash,
    /// The address of the present implementation, as a word, so that what was agreed on for one
    /// state is not done in another.
    pub replaces: Word,
}

/// Replaces the implementation.
///
/// # Errors
/// [`Reason::NotUpgrader`]; [`Reason::NotAContract`]; [`Reason::NotAsApproved`] when the code is
/// another one, or what it was to replace; [`Reason::LayoutMismatch`] with the version of the new
/// code's layout, 0 when it is another contract's.
pub fn upgrade_to(chain: &mut impl Chain, upgrade: Upgrade) -> Result<(), Refusal> {
    require_upgrader(chain)?;
    let next = address_in(upgrade.implementation).ok_or(Reason::NotAContract)?;
    let layout = layout_of(chain, &next)?;
    let as_agreed = chain.code_hash(&next) == upgrade.code_hash
        && chain.load(&IMPLEMENTATION_SLOT) == upgrade.replaces;
    if !as_agreed {
        return Err(Reason::NotAsApproved.into());
    }
    let present = Layout::from_word(chain.load(&LAYOUT_SLOT));
    if !present.is_some_and(|present| layout.follows(&present)) {
        let known = present.is_some_and(|present| present.name == layout.name);
        return Err(mismatch(if known { layout.version } else { 0 }));
    }
    adopt(chain, &next, &layout);
    Ok(())
}

/// Offers the right to upgrade to another account, which has to accept it: nobody gets it by a slip who
/// cannot use it. A former offer ends; one to itself only ends that.
///
/// # Errors
/// [`Reason::NotUpgrader`]; [`Reason::ZeroAddress`] for nobody, or what is no address.
pub fn set_upgrader(chain: &mut impl Chain, upgrader: Word) -> Result<(), Refusal> {
    require_upgrader(chain)?;
    if address_in(upgrader).unwrap_or_default() == [0; 20] {
        return Err(Reason::ZeroAddress.into());
    }
    let present = chain.load(&UPGRADER_SLOT);
    chain.store(&PROPOSED_SLOT, &upgrader);
    chain.emit(&[UPGRADER_PROPOSED], [present, upgrader].as_flattened());
    Ok(())
}

/// Takes the right to upgrade over; the account may to which it was offered.
///
/// # Errors
/// [`Reason::NotUpgrader`].
pub fn accept_upgrader(chain: &mut impl Chain) -> Result<(), Refusal> {
    let upgrader = word_of_address(&chain.caller());
    let proposed = chain.load(&PROPOSED_SLOT);
    if proposed == [0; 32] || proposed != upgrader {
        return Err(Reason::NotUpgrader.into());
    }
    let present = chain.load(&UPGRADER_SLOT);
    chain.store(&PROPOSED_SLOT, &[0; 32]);
    chain.store(&UPGRADER_SLOT, &upgrader);
    chain.emit(&[ADMIN_CHANGED], [present, upgrader].as_flattened());
    Ok(())
}

fn require_upgrader(chain: &impl Chain) -> Result<(), Refusal> {
    if word_of_address(&chain.caller()) == chain.load(&UPGRADER_SLOT) {
        Ok(())
    } else {
        Err(Reason::NotUpgrader.into())
    }
}

/// The implementation that calls go to.
pub fn implementation(chain: &impl Chain) -> Address {
    address_in(chain.load(&IMPLEMENTATION_SLOT)).unwrap_or_default()
}

/// The layout that an implementation has; a contract that does not say has none.
fn layout_of(chain: &impl Chain, implementation: &Address) -> Result<Layout, Refusal> {
    if !chain.is_contract(implementation) {
        return Err(Reason::NotAContract.into());
    }
    chain
        .ask(implementation, LAYOUT)
        .and_then(Layout::from_word)
        .ok_or(mismatch(0))
}

fn mismatch(version: u32) -> Refusal {
    Refusal {
        reason: Reason::LayoutMismatch,
        detail: version,
    }
}

fn adopt(chain: &mut impl Chain, implementation: &Address, layout: &Layout) {
    let word = word_of_address(implementation);
    chain.store(&IMPLEMENTATION_SLOT, &word);
    chain.store(&LAYOUT_SLOT, &layout.word());
    chain.emit(&[UPGRADED, word], &[]);
}
