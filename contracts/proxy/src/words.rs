//! The few words of Solidity's encoding that the proxy reads and writes.

use lex_model::Address;

/// A word of Solidity's encoding, or of storage.
pub(crate) type Word = [u8; 32];

/// The word at a place in encoded arguments, `None` behind their end.
pub(crate) fn word_at(arguments: &[u8], at: usize) -> Option<Word> {
    let end = at.checked_add(32)?;
    arguments.get(at..end)?.try_into().ok()
}

/// The address in a word, `None` when the word is larger.
pub(crate) fn address_in(word: Word) -> Option<Address> {
    let (padding, address) = word.split_first_chunk::<12>()?;
    if *padding != [0; 12] {
        return None;
    }
    address.try_into().ok()
}

/// An address as a word.
pub(crate) fn word_of_address(address: &Address) -> Word {
    let mut word = [0; 32];
    word[12..].copy_from_slice(address);
    word
}

/// The number in a word, `None` when it does not fit.
pub(crate) fn number_in(word: Word) -> Option<u32> {
    let (padding, number) = word.split_first_chunk::<28>()?;
    if *padding != [0; 28] {
        return None;
    }
    Some(u32::from_be_bytes(number.try_into().ok()?))
}

/// A number as a word.
pub(crate) fn word_of_number(number: u32) -> Word {
    let mut word = [0; 32];
    word[28..].copy_from_slice(&number.to_be_bytes());
    word
}

/// The `bytes` that an argument points to, `None` when they do not lie within the arguments.
pub(crate) fn bytes_at(arguments: &[u8], argument: usize) -> Option<&[u8]> {
    let offset = usize::try_from(number_in(word_at(arguments, argument)?)?).ok()?;
    let length = usize::try_from(number_in(word_at(arguments, offset)?)?).ok()?;
    let start = offset.checked_add(32)?;
    arguments.get(start..start.checked_add(length)?)
}
