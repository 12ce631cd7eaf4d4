//! What a contract's storage means, so that no code reads what other code wrote with another meaning.

use crate::Hash;

/// The longest name of a layout, in bytes.
pub const MAX_LAYOUT_NAME: usize = 28;

/// Whose storage it is, and how it is laid out. As a word: the name, padded with zeros, then the
/// version in the last four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The contract's name in ASCII, padded with zeros.
    pub name: [u8; MAX_LAYOUT_NAME],
    /// Counts this contract's layouts, from 1.
    pub version: u32,
}

impl Layout {
    /// A version of a contract's layouts. A name beyond [`MAX_LAYOUT_NAME`] is cut off there.
    pub const fn new(name: &str, version: u32) -> Self {
        let mut padded = [0; MAX_LAYOUT_NAME];
        let (mut place, mut rest) = (padded.as_mut_slice(), name.as_bytes());
        while let ([byte, places @ ..], [next, bytes @ ..]) = (place, rest) {
            *byte = *next;
            (place, rest) = (places, bytes);
        }
        Self {
            name: padded,
            version,
        }
    }

    /// The layout in a word; `None` when it names no contract or no version.
    pub fn from_word(word: Hash) -> Option<Self> {
        let (name, version) = word.split_first_chunk::<MAX_LAYOUT_NAME>()?;
        let version = u32::from_be_bytes(version.try_into().ok()?);
        let named = name.first().is_some_and(|first| *first != 0);
        (named && version != 0).then_some(Self {
            name: *name,
            version,
        })
    }

    /// The word that stands for it.
    pub fn word(&self) -> Hash {
        let mut word = [0; 32];
        let (name, version) = word.split_at_mut(MAX_LAYOUT_NAME);
        name.copy_from_slice(&self.name);
        version.copy_from_slice(&self.version.to_be_bytes());
        word
    }

    /// Whether code with this layout understands what code with `present` wrote: the same contract's,
    /// of the same version or the next one.
    pub fn follows(&self, present: &Self) -> bool {
        let next = present.version.checked_add(1);
        self.name == present.name && (self.version == present.version || Some(self.version) == next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LICENSE: Layout = Layout::new("LEX License", 1);

    #[test]
    fn a_word_shows_the_name_and_ends_in_the_version() {
        let word = LICENSE.word();
        assert_eq!(&word[..11], b"LEX License");
        assert_eq!(word[11..28], [0; 17]);
        assert_eq!(word[28..], [0, 0, 0, 1]);
        assert_eq!(Layout::from_word(word), Some(LICENSE));
    }

    #[test]
    fn words_without_a_name_or_a_version_are_none() {
        assert_eq!(Layout::from_word([0; 32]), None);
        assert_eq!(Layout::from_word(Layout::new("", 1).word()), None);
        assert_eq!(
            Layout::from_word(Layout::new("LEX License", 0).word()),
            None
        );
    }

    #[test]
    fn a_long_name_is_cut_off() {
        let long = Layout::new("a name of more than twenty-eight bytes", 1);
        assert_eq!(&long.name, b"a name of more than twenty-e");
    }

    #[test]
    fn only_the_same_contracts_same_or_next_layout_follows() {
        for (name, version, follows) in [
            ("LEX License", 4, false),
            ("LEX License", 5, true),
            ("LEX License", 6, true),
            ("LEX License", 7, false),
            ("LEX Seats", 5, false),
            ("LEX Seats", 6, false),
        ] {
            let present = Layout::new("LEX License", 5);
            assert_eq!(
                Layout::new(name, version).follows(&present),
                follows,
                "{name} {version}"
            );
        }
        let last = Layout::new("LEX License", u32::MAX);
        assert!(!Layout::new("LEX License", 0).follows(&last));
    }
}
