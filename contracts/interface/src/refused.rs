use ink::{
    U256,
    prelude::vec::Vec,
    sol::{Error as DecodeError, SolErrorDecode, SolErrorEncode, SolParamsDecode, SolParamsEncode},
};

use crate::Refusal;

/// The one error of policy and of the license contracts: the first reason why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(ink::SolErrorMetadata))]
pub struct Refused {
    /// Code of the reason (`lex_model::Reason`).
    pub code: u16,
    /// Version of the rule that refused.
    pub rule_version: u32,
    /// A number that explains the reason.
    pub detail: U256,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self {
            code: refused.code,
            rule_version: refused.rule_version,
            detail: refused.detail,
        }
    }
}

type Parameters = (u16, u32, U256);

const SELECTOR: [u8; 4] = ink::sol_error_selector!("Refused", Parameters);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            rule_version: refusal.rule_version,
            detail: refusal.detail,
        }
    }
}

impl SolErrorEncode for Refused {
    fn encode(&self) -> Vec<u8> {
        let mut data = Vec::from(SELECTOR);
        data.extend(SolParamsEncode::encode(&(
            self.code,
            self.rule_version,
            self.detail,
        )));
        data
    }
}

// Written by hand because ink!'s derive panics when the other contract reverted without data.
impl SolErrorDecode for Refused {
    fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let parameters = data.strip_prefix(&SELECTOR).ok_or(DecodeError)?;
        let (code, rule_version, detail) = <Parameters as SolParamsDecode>::decode(parameters)?;
        Ok(Self {
            code,
            rule_version,
            detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Refused = Refused {
        code: 7,
        rule_version: 3,
        detail: U256::MAX,
    };

    #[test]
    fn what_is_encoded_decodes_the_same() {
        assert_eq!(Refused::decode(&REFUSED.encode()), Ok(REFUSED));
    }

    #[test]
    fn foreign_revert_data_is_an_error_and_not_a_panic() {
        for data in [&[][..], &[1, 2], &[0xff; 100], &SELECTOR] {
            assert_eq!(Refused::decode(data), Err(DecodeError));
        }
    }
}
