//! Who acts in the journey: well-known development accounts of the source chain.

use std::str::FromStr;

use alloy::signers::local::PrivateKeySigner;
use clap::ValueEnum;
use lex_client::Signer;
use serde::{Deserialize, Serialize};

use crate::stack::{ADMIN, COMMITTEE_CHECKER, COMMITTEE_MAKER, COMPLIANCE_SIGNER};

/// Which kind of key the issuer signs with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignerKind {
    /// sr25519, as a Substrate extrinsic
    #[default]
    Substrate,
    /// secp256k1, as an Ethereum transaction through the chain's Ethereum JSON-RPC
    Ethereum,
}

/// Secret URI of the issuer whose key is a Substrate account.
pub(super) const SUBSTRATE_ISSUER: &str = "//Bob";
/// Baltathar and Charleth: Ethereum development accounts that the chain endows; public keys of no
/// worth.
const ETHEREUM_HOLDER: &str = "0x8075991ce870b93a8870eca0c0f91913d12f47948ca0fd25b49c6fa7cdbeee8b";
const ETHEREUM_ISSUER: &str = "0x0b6e18cafb6ed99687ec547bd28139cafdd2bffe70e6b688025de6b445aa5c5b";

/// The accounts of the journey.
#[derive(Clone, Debug)]
pub struct People {
    pub kind: SignerKind,
    /// Administers policy.
    pub admin: Signer,
    pub issuer: Signer,
    /// An Ethereum account, whatever the issuer is.
    pub holder: Signer,
    /// The committee's member who proposes, by a transaction of its own.
    pub maker: Signer,
    /// Another member, who approves by a signature and sends nothing.
    pub checker: PrivateKeySigner,
    /// Signs clearances.
    pub compliance: PrivateKeySigner,
}

impl People {
    #[must_use]
    pub fn development(kind: SignerKind) -> People {
        let known = |uri| Signer::from_uri(uri).expect("the literal is a key");
        let key = |key| PrivateKeySigner::from_str(key).expect("the literal is a key");
        People {
            kind,
            admin: known(ADMIN),
            issuer: known(match kind {
                SignerKind::Substrate => SUBSTRATE_ISSUER,
                SignerKind::Ethereum => ETHEREUM_ISSUER,
            }),
            holder: known(ETHEREUM_HOLDER),
            maker: known(COMMITTEE_MAKER),
            checker: key(COMMITTEE_CHECKER),
            compliance: key(COMPLIANCE_SIGNER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethereum_accounts_are_the_endowed_ones() {
        let people = People::development(SignerKind::Ethereum);
        assert_eq!(
            people.issuer.address().to_string().to_lowercase(),
            "0x798d4ba9baf0064ec19eb4f0a1a45785ae9d6dfc"
        );
        assert_eq!(
            people.holder.address().to_string().to_lowercase(),
            "0x3cd0a705a2dc65e5b1e1205896baa2be8a07c6e0"
        );
    }
}
