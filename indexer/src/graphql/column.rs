//! Columns of Postgres as values.

use lex_client::{Address, B256, U256};
use lex_model::Status;
use sqlx::{Row, postgres::PgRow};

use super::QueryError;

pub(super) fn as_bigint(value: u64) -> Result<i64, QueryError> {
    i64::try_from(value).map_err(|error| QueryError::internal(&error))
}

pub(super) fn unsigned(row: &PgRow, column: &str) -> Result<u64, QueryError> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn optional_unsigned(row: &PgRow, column: &str) -> Result<Option<u64>, QueryError> {
    let value: Option<i64> = row.try_get(column)?;
    value
        .map(u64::try_from)
        .transpose()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

/// A `bigint` that holds at most 32 bits.
pub(super) fn narrow(row: &PgRow, column: &str) -> Result<u32, QueryError> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

/// A set of bits in a `smallint`.
pub(super) fn bits(row: &PgRow, column: &str) -> Result<u8, QueryError> {
    let value: i16 = row.try_get(column)?;
    u8::try_from(value).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn optional_number(row: &PgRow, column: &str) -> Result<Option<U256>, QueryError> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(str::parse)
        .transpose()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn optional_address(row: &PgRow, column: &str) -> Result<Option<Address>, QueryError> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes
        .map(Address::try_from)
        .transpose()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

/// A `numeric` column read as text.
pub(super) fn number(row: &PgRow, column: &str) -> Result<U256, QueryError> {
    let text: &str = row.try_get(column)?;
    text.parse()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn address(row: &PgRow, column: &str) -> Result<Address, QueryError> {
    let bytes: &[u8] = row.try_get(column)?;
    Address::try_from(bytes).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn hash(row: &PgRow, column: &str) -> Result<B256, QueryError> {
    let bytes: &[u8] = row.try_get(column)?;
    B256::try_from(bytes).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn optional_hash(row: &PgRow, column: &str) -> Result<Option<B256>, QueryError> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes
        .map(B256::try_from)
        .transpose()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn status(row: &PgRow) -> Result<Status, QueryError> {
    let code: i16 = row.try_get("status")?;
    u8::try_from(code)
        .ok()
        .and_then(Status::from_code)
        .ok_or_else(|| QueryError::internal(&format!("stored status {code}")))
}
