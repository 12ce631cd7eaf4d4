//! Amounts of a destination's currency.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::utils::{ParseUnits, parse_units};
use serde::Deserialize;

/// An amount in wei, written `"30 gwei"`, `"0.5 ether"` or `"1000 wei"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Wei(pub u128);

/// The text is not an amount.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an amount: write for example \"30 gwei\" or \"0.5 ether\"")]
pub struct InvalidWei(String);

impl FromStr for Wei {
    type Err = InvalidWei;

    fn from_str(text: &str) -> Result<Self, InvalidWei> {
        let invalid = || InvalidWei(text.to_owned());
        let (amount, unit) = text.trim().split_once(' ').ok_or_else(invalid)?;
        match parse_units(amount, unit).map_err(|_| invalid())? {
            ParseUnits::U256(amount) => u128::try_from(amount).map(Self).map_err(|_| invalid()),
            ParseUnits::I256(_) => Err(invalid()),
        }
    }
}

impl TryFrom<String> for Wei {
    type Error = InvalidWei;

    fn try_from(text: String) -> Result<Self, InvalidWei> {
        text.parse()
    }
}

impl fmt::Display for Wei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} wei", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_their_unit() {
        assert_eq!("30 gwei".parse(), Ok(Wei(30_000_000_000)));
        assert_eq!("0.5 ether".parse(), Ok(Wei(500_000_000_000_000_000)));
        assert_eq!("7 wei".parse(), Ok(Wei(7)));
    }

    #[test]
    fn amounts_without_unit_or_below_zero_are_refused() {
        for text in ["30", "", "gwei", "-1 gwei", "1 parsec", "1e99 ether"] {
            assert!(text.parse::<Wei>().is_err(), "{text:?}");
        }
    }
}
