//! Solidity's `abi.encode` of static values: each takes one 32-byte word, numbers big-endian.

/// A contract or account address (H160).
pub type Address = [u8; 20];

/// A token id, `uint256` big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TokenId(pub [u8; 32]);

impl From<u64> for TokenId {
    fn from(id: u64) -> Self {
        Self(word_of_u64(id))
    }
}

/// `value` in one word.
pub(crate) fn word_of_u64(value: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

/// `address` in one word.
pub(crate) fn word_of_address(address: &Address) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(address);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_at_the_end_of_their_word() {
        let word = word_of_u64(0x0102);
        assert_eq!(word[..30], [0; 30]);
        assert_eq!(word[30..], [1, 2]);
    }

    #[test]
    fn addresses_stand_at_the_end_of_their_word() {
        let word = word_of_address(&[0xab; 20]);
        assert_eq!(word[..12], [0; 12]);
        assert_eq!(word[12..], [0xab; 20]);
    }
}
