//! Short names for the values of calls and answers.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};

/// An unsigned integer; [`crate::Interface`] gives it the size that the message has.
pub fn number(value: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(value), 256)
}

/// An address.
pub fn address(value: Address) -> DynSolValue {
    DynSolValue::Address(value)
}

/// Yes or no.
pub fn flag(value: bool) -> DynSolValue {
    DynSolValue::Bool(value)
}

/// A text.
pub fn text(value: &str) -> DynSolValue {
    DynSolValue::String(value.to_owned())
}

/// A hash.
pub fn hash(value: B256) -> DynSolValue {
    DynSolValue::FixedBytes(value, 32)
}

/// A word as a number of 256 bits.
pub fn word(value: [u8; 32]) -> DynSolValue {
    DynSolValue::Uint(U256::from_be_bytes(value), 256)
}

/// The number in an answer.
///
/// # Panics
/// When it is none, or does not fit.
pub fn to_number(value: &DynSolValue) -> u64 {
    value
        .as_uint()
        .and_then(|(number, _)| u64::try_from(number).ok())
        .unwrap_or_else(|| panic!("{value:?} is no number of 64 bits"))
}

/// The address in an answer.
///
/// # Panics
/// When it is none.
pub fn to_address(value: &DynSolValue) -> Address {
    value
        .as_address()
        .unwrap_or_else(|| panic!("{value:?} is no address"))
}
