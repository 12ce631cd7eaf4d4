//! The contracts' only error, `Refused(uint16,uint32,uint256)`.

use alloy::primitives::U256;

/// Why a contract said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused with code {code}")]
pub struct Refusal {
    /// `lex_model::Reason` code.
    pub code: u16,
    /// Version of the rule that refused; 0 where no license type is involved.
    pub rule_version: u32,
    /// What the rule saw; its meaning depends on the reason.
    pub detail: U256,
}
