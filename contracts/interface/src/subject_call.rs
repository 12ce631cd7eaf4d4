//! What a committee asks the target of a decision: how what it decides about stands now.

use ink::{Address, U256, prelude::vec::Vec, sol::FixedBytes, sol::SolParamsEncode};
use lex_model::{About, Decision};

use crate::solidity_struct;

type OneLicense = (U256,);
type OneAccount = (Address,);
type OneHolding = (Address, U256);
type Nothing = ();

// `sol_error_selector!` computes the selector of any Solidity signature.
const SUBJECT_OF: [u8; 4] = ink::sol_error_selector!("subjectOf", OneLicense);
const VERSION_OF: [u8; 4] = ink::sol_error_selector!("versionOf", OneLicense);
const ACCOUNT_VERSION: [u8; 4] = ink::sol_error_selector!("accountVersion", OneAccount);
const GET_FROZEN_TOKENS: [u8; 4] = ink::sol_error_selector!("getFrozenTokens", OneHolding);
const PAUSE_VERSION: [u8; 4] = ink::sol_error_selector!("pauseVersion", Nothing);

solidity_struct! {
    /// What those who decide about a license have to be shown of it; Solidity sees several return values.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct SubjectView {
        /// Counts its changes, from 1.
        version: u64 = "version",
        /// Who holds it; zero for seats, which may have many holders.
        holder: Address = "holder",
        /// Who issued it.
        issuer: Address = "issuer",
        /// Where it is valid, in ASCII, padded with zeros.
        jurisdiction: FixedBytes<32> = "jurisdiction",
        /// How many seats it has; 1 for a single token.
        seats: u64 = "seats",
    }
}

/// The call `subjectOf(tokenId)`, which answers a [`SubjectView`].
pub fn subject_call(decision: &Decision) -> Vec<u8> {
    [&SUBJECT_OF[..], &decision.token_id].concat()
}

/// The call `getFrozenTokens(account, tokenId)` of ERC-7943: how many units of an account's are held where
/// they are.
pub fn held_call(decision: &Decision) -> Vec<u8> {
    let account = Address::from(decision.account);
    let arguments = SolParamsEncode::encode(&(account,));
    [&GET_FROZEN_TOKENS[..], &arguments, &decision.token_id].concat()
}

/// The call that asks for the version of what a decision is about, which its target answers in one
/// word; `None` for a decision that names none.
pub fn version_call(decision: &Decision) -> Option<Vec<u8>> {
    if !decision.kind.names_version() {
        return None;
    }
    let account = Address::from(decision.account);
    match decision.kind.about() {
        About::License => Some([&VERSION_OF[..], &decision.token_id].concat()),
        About::Account => {
            let arguments = SolParamsEncode::encode(&(account,));
            Some([&ACCOUNT_VERSION[..], &arguments].concat())
        }
        About::Pauses => Some(PAUSE_VERSION.into()),
        About::Whole => None,
    }
}

#[cfg(test)]
mod tests {
    use lex_model::{DecisionKind, Keccak, SoftwareKeccak};

    use super::*;

    fn selector(signature: &str) -> Vec<u8> {
        SoftwareKeccak::keccak256(signature.as_bytes())[..4].into()
    }

    fn decision(kind: DecisionKind) -> Decision {
        Decision {
            token_id: [9; 32],
            account: [0x22; 20],
            ..Decision::empty(kind)
        }
    }

    #[test]
    fn every_kind_that_names_a_version_asks_for_it() {
        let account = [&[0; 12][..], &[0x22; 20]].concat();
        for kind in DecisionKind::ALL {
            let expected = match kind {
                DecisionKind::LiftPause => Some(selector("pauseVersion()")),
                DecisionKind::Recover | DecisionKind::ReleaseHolder => {
                    Some([selector("accountVersion(address)"), account.clone()].concat())
                }
                _ if kind.names_version() => {
                    Some([selector("versionOf(uint256)"), vec![9; 32]].concat())
                }
                _ => None,
            };
            assert_eq!(version_call(&decision(*kind)), expected, "{kind}");
        }
        let asked = [selector("subjectOf(uint256)"), vec![9; 32]].concat();
        assert_eq!(subject_call(&decision(DecisionKind::Revoke)), asked);
    }
}
