//! Opaque cursors: the order, the sort key and the id of a row.

use lex_client::U256;

use super::{QueryError, scalars::decimal};

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Tells lists and orders apart: a cursor of one means nothing in another.
    pub order: u8,
    /// The value of the column that orders the list; 0 when the id alone does.
    pub key: u64,
    pub id: U256,
}

const VERSION: &str = "1";

impl Cursor {
    pub(super) fn encode(&self) -> String {
        hex::encode(format!("{VERSION}.{}.{}.{}", self.order, self.key, self.id))
    }

    /// Reads a cursor of the list and order `order`.
    ///
    /// # Errors
    /// [`QueryError::InvalidCursor`] for everything else.
    pub(super) fn decode(text: &str, order: u8) -> Result<Self, QueryError> {
        let cursor = Self::parse(text).ok_or(QueryError::InvalidCursor)?;
        if cursor.order != order {
            return Err(QueryError::InvalidCursor);
        }
        Ok(cursor)
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = String::from_utf8(hex::decode(text).ok()?).ok()?;
        let mut parts = plain.split('.');
        let (version, order, key, id) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let key = u64::try_from(decimal(key)?)
            .ok()
            .filter(|key| i64::try_from(*key).is_ok())?;
        Some(Self {
            order: u8::try_from(decimal(order)?).ok()?,
            key,
            id: decimal(id)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_come_back(order in any::<u8>(), key in 0..=i64::MAX as u64, id in any::<[u8; 32]>()) {
            let cursor = Cursor { order, key, id: U256::from_be_bytes(id) };
            prop_assert_eq!(Cursor::decode(&cursor.encode(), order).ok(), Some(cursor));
        }

        #[test]
        fn other_text_is_refused(text in "\\PC{0,40}") {
            prop_assert!(Cursor::decode(&text, 0).is_err());
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let cursor = Cursor {
            order: 1,
            key: 2,
            id: U256::from(3),
        };
        assert!(Cursor::decode(&cursor.encode(), 2).is_err());
    }
}
