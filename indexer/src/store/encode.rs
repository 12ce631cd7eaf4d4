//! Between chain types and column types.

use lex_client::{Address, B256, U256};

use super::StoreError;

/// Block numbers, times, type ids and counters as `bigint`.
///
/// # Errors
/// The value is 2^63 or more: no chain or contract of ours produces it.
pub(super) fn bigint(what: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| corrupt(what, value))
}

pub(super) fn unsigned(what: &'static str, value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| corrupt(what, value))
}

pub(super) fn narrow<T: TryFrom<i64>>(what: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| corrupt(what, value))
}

pub(super) fn hash(what: &'static str, bytes: &[u8]) -> Result<B256, StoreError> {
    B256::try_from(bytes).map_err(|_| corrupt(what, hex::encode(bytes)))
}

pub(super) fn address(what: &'static str, bytes: &[u8]) -> Result<Address, StoreError> {
    Address::try_from(bytes).map_err(|_| corrupt(what, hex::encode(bytes)))
}

/// `numeric` columns travel as decimal text.
pub(super) fn number<T: std::str::FromStr>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| corrupt(what, text))
}

pub(super) fn license_id(text: &str) -> Result<U256, StoreError> {
    number("license_id", text)
}

fn corrupt(what: &'static str, value: impl ToString) -> StoreError {
    StoreError::Corrupt {
        what,
        value: value.to_string(),
    }
}
