//! Column values to types and back. Unsigned 64-bit numbers go bit for bit into `bigint`.

use alloy::primitives::{Address, B256};

use super::StoreError;

pub(super) fn hash(bytes: &[u8], column: &'static str) -> Result<B256, StoreError> {
    B256::try_from(bytes).map_err(|_| StoreError::Corrupt { column })
}

pub(super) fn address(bytes: &[u8], column: &'static str) -> Result<Address, StoreError> {
    Address::try_from(bytes).map_err(|_| StoreError::Corrupt { column })
}

/// Reads a `numeric` that was selected as text.
pub(super) fn parsed<T: std::str::FromStr>(
    text: &str,
    column: &'static str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { column })
}

pub(super) fn narrowed<W, T: TryFrom<W>>(value: W, column: &'static str) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Corrupt { column })
}
