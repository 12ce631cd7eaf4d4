//! The contracts' only error, `Refused(uint16 code, uint32 ruleVersion, uint256 detail)`.

use std::fmt;

use alloy::primitives::{Bytes, U256};
use alloy::sol_types::SolError;
use lex_model::Reason;

use crate::abi::license::License;
use crate::error::CallError;

/// Why a contract said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code of a [`Reason`]; of a newer contract it may be one this program does not know.
    pub code: u16,
    /// Version of the license type whose rule refused; 0 where none is involved.
    pub rule_version: u32,
    /// What the rule saw; its meaning depends on the reason.
    pub detail: U256,
}

impl Refusal {
    /// Reads the data of a revert; `None` when it is not a refusal.
    pub fn from_revert(data: &[u8]) -> Option<Self> {
        let refused = License::Refused::abi_decode(data).ok()?;
        Some(Self {
            code: refused.code,
            rule_version: refused.ruleVersion,
            detail: refused.detail,
        })
    }

    /// The reason; `None` when this program is older than the contract.
    pub fn reason(&self) -> Option<Reason> {
        Reason::from_code(self.code)
    }

    /// The reason's name.
    pub fn name(&self) -> &'static str {
        self.reason().map_or("UnknownReason", Reason::name)
    }

    /// What is wrong, in one clause.
    pub fn message(&self) -> &'static str {
        self.reason().map_or(
            "for a reason that this program does not know",
            Reason::message,
        )
    }

    /// What would fix it, in one sentence.
    pub fn remedy(&self) -> &'static str {
        self.reason().map_or(
            "Use a newer version of this program to read it.",
            Reason::remedy,
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "refused: {} ({} {})",
            self.message(),
            self.name(),
            self.code
        )?;
        if !self.detail.is_zero() {
            write!(f, ", detail {}", self.detail)?;
        }
        Ok(())
    }
}

/// What a revert means to the caller.
pub(crate) fn revert_error(data: Vec<u8>) -> CallError {
    match Refusal::from_revert(&data) {
        Some(refusal) => CallError::Refused(refusal),
        None => CallError::Reverted(Bytes::from(data)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, detail: u64) -> Vec<u8> {
        License::Refused {
            code,
            ruleVersion: 3,
            detail: U256::from(detail),
        }
        .abi_encode()
    }

    #[test]
    fn refusal_names_its_reason() {
        let CallError::Refused(refusal) = revert_error(refused(15, 0)) else {
            panic!("not a refusal")
        };
        assert_eq!(refusal.reason(), Some(Reason::NotTransferable));
        assert_eq!(refusal.rule_version, 3);
        assert_eq!(
            refusal.to_string(),
            "refused: licenses of this type cannot be transferred (NotTransferable 15)"
        );
    }

    #[test]
    fn unknown_code_stays_readable() {
        let refusal = Refusal::from_revert(&refused(60_000, 7)).unwrap();
        assert_eq!(refusal.reason(), None);
        assert!(refusal.to_string().contains("60000"), "{refusal}");
        assert!(refusal.to_string().ends_with("detail 7"), "{refusal}");
    }

    /// A receiving contract's own reason stands behind the refusal.
    #[test]
    fn what_follows_a_refusal_hides_it_from_nobody() {
        let data = [refused(28, 0), b"not on Sundays".to_vec()].concat();
        let refusal = Refusal::from_revert(&data).expect("a refusal");
        assert_eq!(refusal.reason(), Some(Reason::UnsafeReceiver));
    }

    #[test]
    fn other_revert_data_is_kept() {
        for data in [vec![], vec![1, 2, 3], refused(1, 1)[..50].to_vec()] {
            let CallError::Reverted(kept) = revert_error(data.clone()) else {
                panic!("taken for a refusal: {data:?}")
            };
            assert_eq!(kept, data);
        }
    }
}
