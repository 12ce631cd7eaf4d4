//! What is true: the state that follows from the changes of the source chain, by plain code of its own.
//!
//! Nothing here comes from the services or from the model that they compile. The encodings are written
//! down once more, from the documents: an update is eleven words of 32 bytes, `leaf = keccak256(update)`,
//! `head_n = keccak256(head_(n-1) || leaf_n)` and
//! `head_0 = keccak256(abi.encode("LEX outbox v2", chain id, contract))`.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256, keccak256};

/// The license is valid and in use.
pub const ACTIVE: u8 = 2;
/// Somebody took it out of use for a while.
pub const SUSPENDED: u8 = 3;
/// It is over for good.
pub const REVOKED: u8 = 4;

/// One entry of the outbox, about one license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// From 1 on, without gaps.
    pub nonce: u64,
    pub license: u64,
    pub holder: Address,
    /// [`ACTIVE`], [`SUSPENDED`] or [`REVOKED`].
    pub status: u8,
    /// Counts the updates of this license from 1.
    pub version: u32,
    pub valid_from: u64,
    pub valid_until: u64,
}

impl Update {
    /// All licenses are of one type.
    pub const LICENSE_TYPE: u64 = 1;
    /// The kind "a license changed".
    pub const KIND: u8 = 1;

    /// Its eleven words.
    fn leaf(&self) -> B256 {
        let holder = self.holder.into_word();
        let number = |number: u64| B256::from(U256::from(number));
        let words = [
            number(self.nonce),
            number(Self::KIND.into()),
            number(self.license),
            holder,
            number(Self::LICENSE_TYPE),
            number(self.status.into()),
            number(self.valid_from),
            number(self.valid_until),
            // No grace: the end of the term is the end.
            number(self.valid_until),
            number(self.version.into()),
            B256::ZERO,
        ];
        keccak256(words.concat())
    }
}

/// The outbox at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbox {
    pub nonce: u64,
    pub head: B256,
}

impl Outbox {
    /// Before the first update.
    pub fn empty(chain_id: u64, contract: Address) -> Self {
        let label = b"LEX outbox v2";
        let number = |number: usize| B256::from(U256::from(number));
        let mut text = [0; 32];
        text[..label.len()].copy_from_slice(label);
        let words = [
            // The text stands behind the three words of the arguments.
            number(3 * 32),
            B256::from(U256::from(chain_id)),
            contract.into_word(),
            number(label.len()),
            B256::from(text),
        ];
        Self {
            nonce: 0,
            head: keccak256(words.concat()),
        }
    }

    /// After one more update.
    #[must_use]
    pub fn with(self, update: &Update) -> Self {
        Self {
            nonce: update.nonce,
            head: keccak256([self.head, update.leaf()].concat()),
        }
    }
}

/// Everything that the source chain holds at the end of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub outbox: Outbox,
    /// The last update of each license.
    pub licenses: BTreeMap<u64, Update>,
}

impl State {
    /// Before the first update.
    pub fn empty(chain_id: u64, contract: Address) -> Self {
        Self {
            outbox: Outbox::empty(chain_id, contract),
            licenses: BTreeMap::new(),
        }
    }

    /// After one more update.
    pub fn apply(&mut self, update: &Update) {
        self.outbox = self.outbox.with(update);
        self.licenses.insert(update.license, *update);
    }
}
