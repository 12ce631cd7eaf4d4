//! The outbox: an ordered, hash-chained history of everything a reader may believe.

use crate::words::{word_of_address, word_of_u64};
use crate::{Address, Hash, Keccak, TokenId};

/// Update of one license.
pub const KIND_LICENSE: u8 = 1;
/// A holder was frozen (`status` 1) or released (`status` 0).
pub const KIND_HOLDER: u8 = 2;
/// A license type was closed (`status` 1) or reopened (`status` 0).
pub const KIND_TYPE: u8 = 3;
/// The contract was paused (`status` 1) or the pause ended (`status` 0).
pub const KIND_PAUSE: u8 = 4;

const WORDS: usize = 11;
const DOMAIN: &[u8] = b"LEX outbox v2";

/// One change that readers must learn of. Fields that a kind does not use are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Update {
    /// Position in the outbox, from 1, without gaps.
    pub nonce: u64,
    /// [`KIND_LICENSE`], [`KIND_HOLDER`], [`KIND_TYPE`] or [`KIND_PAUSE`].
    pub kind: u8,
    /// The license (kind 1).
    pub token_id: TokenId,
    /// The license's holder (kind 1) or the holder (kind 2).
    pub holder: Address,
    /// The license's type (kind 1) or the type (kind 3).
    pub license_type: u64,
    /// The license's stored status (kind 1), else 1 when the restriction holds and 0 when it ended.
    pub status: u8,
    /// Unix seconds (kind 1).
    pub valid_from: u64,
    /// Unix seconds (kind 1).
    pub valid_until: u64,
    /// Unix seconds (kind 1).
    pub grace_until: u64,
    /// The license's version (kind 1).
    pub version: u32,
    /// The license under which this one stands (kind 1); 0 for none. A reader computes its standing
    /// from that one's, which is told by updates of its own.
    pub parent: TokenId,
}

impl Update {
    /// A type was closed or reopened.
    pub fn of_type(license_type: u64, open: bool, nonce: u64) -> Self {
        Self {
            nonce,
            kind: KIND_TYPE,
            license_type,
            status: u8::from(!open),
            ..Self::default()
        }
    }

    /// `abi.encode(Update)`: eleven words.
    pub fn encode(&self) -> [u8; WORDS * 32] {
        let words: [[u8; 32]; WORDS] = [
            word_of_u64(self.nonce),
            word_of_u64(u64::from(self.kind)),
            self.token_id.0,
            word_of_address(&self.holder),
            word_of_u64(self.license_type),
            word_of_u64(u64::from(self.status)),
            word_of_u64(self.valid_from),
            word_of_u64(self.valid_until),
            word_of_u64(self.grace_until),
            word_of_u64(u64::from(self.version)),
            self.parent.0,
        ];
        let mut encoded = [0; WORDS * 32];
        for (slot, word) in encoded.chunks_exact_mut(32).zip(words) {
            slot.copy_from_slice(&word);
        }
        encoded
    }

    /// The hash that the chain of heads commits to.
    pub fn leaf<K: Keccak>(&self) -> Hash {
        K::keccak256(&self.encode())
    }
}

/// The end of an outbox: how many updates it has and the head that commits to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Outbox {
    /// The nonce of the last update; 0 when there is none.
    pub nonce: u64,
    /// `head_n = keccak256(head_{n-1} || leaf_n)`.
    pub head: Hash,
}

impl Outbox {
    /// The empty outbox of a contract:
    /// `head_0 = keccak256(abi.encode("LEX outbox v2", uint256 chainId, address contract))`.
    pub fn empty<K: Keccak>(chain_id: u64, contract: &Address) -> Self {
        // A dynamic string in `abi.encode` stands behind the static part: its offset, then its
        // length, then its bytes padded to a word.
        let mut text = [0; 32];
        text[..DOMAIN.len()].copy_from_slice(DOMAIN);
        let words = [
            word_of_u64(3 * 32),
            word_of_u64(chain_id),
            word_of_address(contract),
            word_of_u64(DOMAIN.len() as u64),
            text,
        ];
        Self {
            nonce: 0,
            head: K::keccak256(words.as_flattened()),
        }
    }

    /// The nonce of the next update, `None` after 2^64 - 1 of them.
    pub fn next_nonce(&self) -> Option<u64> {
        self.nonce.checked_add(1)
    }

    /// The outbox with `update` at its end; `None` when the update's nonce is not the next one.
    #[must_use]
    pub fn with<K: Keccak>(&self, update: &Update) -> Option<Self> {
        if self.next_nonce() != Some(update.nonce) {
            return None;
        }
        let link = [self.head, update.leaf::<K>()];
        Some(Self {
            nonce: update.nonce,
            head: K::keccak256(link.as_flattened()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SoftwareKeccak;
    use proptest::prelude::*;

    fn update(nonce: u64) -> Update {
        Update {
            nonce,
            kind: KIND_LICENSE,
            token_id: TokenId::from(7),
            status: 2,
            ..Update::default()
        }
    }

    #[test]
    fn outboxes_of_other_chains_and_contracts_begin_elsewhere() {
        let here = Outbox::empty::<SoftwareKeccak>(1, &[1; 20]);
        assert_ne!(here, Outbox::empty::<SoftwareKeccak>(2, &[1; 20]));
        assert_ne!(here, Outbox::empty::<SoftwareKeccak>(1, &[2; 20]));
    }

    #[test]
    fn only_the_next_nonce_is_appended() {
        let empty = Outbox::empty::<SoftwareKeccak>(1, &[1; 20]);
        assert_eq!(empty.with::<SoftwareKeccak>(&update(0)), None);
        assert_eq!(empty.with::<SoftwareKeccak>(&update(2)), None);
        let first = empty.with::<SoftwareKeccak>(&update(1)).expect("next");
        assert_eq!(first.nonce, 1);
        assert_eq!(first.with::<SoftwareKeccak>(&update(1)), None);
        let last = Outbox {
            nonce: u64::MAX,
            head: [0; 32],
        };
        assert_eq!(last.with::<SoftwareKeccak>(&update(0)), None);
    }

    fn any_update() -> impl Strategy<Value = Update> {
        (
            (
                any::<u64>(),
                any::<u8>(),
                any::<[u8; 32]>(),
                any::<[u8; 20]>(),
                any::<u64>(),
            ),
            (
                any::<u8>(),
                any::<u64>(),
                any::<u64>(),
                any::<u64>(),
                any::<u32>(),
                any::<[u8; 32]>(),
            ),
        )
            .prop_map(|((nonce, kind, id, holder, license_type), rest)| {
                let (status, valid_from, valid_until, grace_until, version, parent) = rest;
                let token_id = TokenId(id);
                Update {
                    nonce,
                    kind,
                    token_id,
                    holder,
                    license_type,
                    status,
                    valid_from,
                    valid_until,
                    grace_until,
                    version,
                    parent: TokenId(parent),
                }
            })
    }

    proptest! {
        #[test]
        fn different_updates_have_different_encodings(a in any_update(), b in any_update()) {
            prop_assert_eq!(a == b, a.encode() == b.encode());
        }

        /// Any change to any update of a history changes every later head.
        #[test]
        fn heads_commit_to_the_whole_history(mut history in proptest::collection::vec(any_update(), 1..8), at in any::<prop::sample::Index>(), other in any_update()) {
            let head = |history: &[Update]| {
                history.iter().zip(1..).fold(Outbox::empty::<SoftwareKeccak>(1, &[1; 20]), |outbox, (update, nonce)| {
                    outbox.with::<SoftwareKeccak>(&Update { nonce, ..*update }).expect("next nonce")
                })
            };
            let before = head(&history);
            let position = at.index(history.len());
            let changed = Update { nonce: history[position].nonce, ..other };
            prop_assume!(history[position] != changed);
            history[position] = changed;
            prop_assert_ne!(before.head, head(&history).head);
        }
    }
}
