//! Scalars of the interface.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use lex_client::{Address, B256, U256};

/// An unsigned integer of up to 256 bits, as a decimal string. A JSON number is accepted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BigInt(pub U256);

/// Unix seconds, as a JSON number; at most 2^40 - 1. A decimal string is accepted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnixTime(pub u64);

/// An account or contract: 20 bytes in hexadecimal with `0x`, answered with the EIP-55 checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AddressScalar(pub Address);

/// 32 bytes in hexadecimal with `0x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HashScalar(pub B256);

impl From<u64> for BigInt {
    fn from(number: u64) -> Self {
        Self(U256::from(number))
    }
}

impl BigInt {
    /// The number, if it fits.
    pub(super) fn as_u64(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }
}

/// An unsigned integer of up to 256 bits, as a decimal string. A JSON number is accepted too.
#[Scalar(name = "BigInt")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(
                decimal(text).ok_or("must be a decimal number below 2^256")?,
            )),
            Value::Number(number) => {
                let number = number
                    .as_u64()
                    .ok_or("must be a whole number, not negative")?;
                Ok(number.into())
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Unix seconds, as a JSON number; at most 2^40 - 1. A decimal string is accepted too.
#[Scalar(name = "UnixTime")]
impl ScalarType for UnixTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let seconds = match &value {
            Value::String(text) => decimal(text).and_then(|number| u64::try_from(number).ok()),
            Value::Number(number) => number.as_u64(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        match seconds {
            Some(seconds) if seconds <= lex_model::MAX_TIME => Ok(Self(seconds)),
            _ => Err("must be Unix seconds, 0 to 2^40 - 1".into()),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// An account or contract: 20 bytes in hexadecimal with `0x`, answered with the EIP-55 checksum.
#[Scalar(name = "Address")]
impl ScalarType for AddressScalar {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(
                bytes(text)
                    .ok_or("must be 0x and 40 hexadecimal digits")?
                    .into(),
            )),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_checksum(None))
    }
}

/// 32 bytes in hexadecimal with `0x`.
#[Scalar(name = "Hash")]
impl ScalarType for HashScalar {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(
                bytes(text)
                    .ok_or("must be 0x and 64 hexadecimal digits")?
                    .into(),
            )),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Digits only: no sign, no prefix, no separators.
pub(super) fn decimal(text: &str) -> Option<U256> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    U256::from_str_radix(text, 10).ok()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(decimal("007"), Some(U256::from(7)));
        assert_eq!(decimal(&U256::MAX.to_string()), Some(U256::MAX));
        let too_large = format!("{}0", U256::MAX);
        for bad in ["", "-1", "+1", "0x1", "1_0", " 1", "1.0", "١", &too_large] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_need_prefix_and_length() {
        let good = format!("0x{}", "aB".repeat(20));
        assert!(AddressScalar::parse(Value::String(good.clone())).is_ok());
        for bad in [&good[2..], &good[..41], "", "0x", &format!("{good}00")] {
            assert!(
                AddressScalar::parse(Value::String(bad.to_owned())).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn times_beyond_the_contracts_range_are_refused() {
        assert!(UnixTime::parse(Value::from(lex_model::MAX_TIME)).is_ok());
        assert!(UnixTime::parse(Value::from(lex_model::MAX_TIME + 1)).is_err());
        assert!(UnixTime::parse(Value::from(-1)).is_err());
    }
}
