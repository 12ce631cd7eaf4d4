//! Keys that sign transactions, of both kinds.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use subxt_signer::SecretUri;
use subxt_signer::sr25519::Keypair;

use crate::account::{account_to_address, address_to_account};

/// Who signs. Both kinds send the same call data. Never shows its key.
#[derive(Clone)]
pub enum Signer {
    /// An sr25519 account; sends extrinsics.
    Substrate(Keypair),
    /// A secp256k1 key; sends Ethereum transactions through the chain's Ethereum JSON-RPC.
    Ethereum(PrivateKeySigner),
}

/// The text is not a key. Its content is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSigner {
    #[error("not a key: expected a secret URI such as //Alice, or 0x and 64 hexadecimal digits")]
    Format,
    #[error("failed to read key file {path}: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
}

impl Signer {
    /// Reads a secret URI such as `//Alice` (sr25519), or `0x` and 64 hexadecimal digits (an
    /// Ethereum key).
    ///
    /// # Errors
    /// When the text is neither.
    pub fn from_uri(uri: &str) -> Result<Self, InvalidSigner> {
        if uri.starts_with("0x") && !uri.contains('/') {
            let key = PrivateKeySigner::from_str(uri).map_err(|_| InvalidSigner::Format)?;
            return Ok(Self::Ethereum(key));
        }
        if uri.is_empty() {
            // It would mean the well-known development account, which nobody means by an empty file.
            return Err(InvalidSigner::Format);
        }
        let uri = SecretUri::from_str(uri).map_err(|_| InvalidSigner::Format)?;
        Keypair::from_uri(&uri)
            .map(Self::Substrate)
            .map_err(|_| InvalidSigner::Format)
    }

    /// Reads the same text from a file; white space around it is ignored.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn from_file(path: &Path) -> Result<Self, InvalidSigner> {
        let text = std::fs::read_to_string(path).map_err(|source| InvalidSigner::File {
            path: path.display().to_string(),
            source,
        })?;
        Self::from_uri(text.trim())
    }

    /// The account as contracts see it.
    pub fn address(&self) -> Address {
        match self {
            Self::Substrate(pair) => account_to_address(&pair.public_key().0),
            Self::Ethereum(key) => key.address(),
        }
    }

    /// The account as the chain keeps it.
    pub fn account(&self) -> [u8; 32] {
        match self {
            Self::Substrate(pair) => pair.public_key().0,
            Self::Ethereum(key) => address_to_account(key.address()),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Substrate(_) => "Substrate",
            Self::Ethereum(_) => "Ethereum",
        };
        write!(f, "{kind}({})", self.address())
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    /// The well-known development key of Alith.
    const ALITH: &str = "0x5fb92d6e98884f76de468fa3f6278f8807c48bebc13595d45af5bdc4da702133";

    #[test]
    fn both_kinds_know_their_addresses() {
        let alice = Signer::from_uri("//Alice").unwrap();
        assert_eq!(
            alice.address(),
            address!("9621dde636de098b43efb0fa9b61facfe328f99d")
        );
        let alith = Signer::from_uri(ALITH).unwrap();
        assert_eq!(
            alith.address(),
            address!("f24ff3a9cf04c71dbc94d0b566f7a27b94566cac")
        );
    }

    #[test]
    fn file_may_end_with_a_line_break() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{ALITH}\n")).unwrap();
        let signer = Signer::from_file(file.path()).unwrap();
        assert_eq!(signer.address(), Signer::from_uri(ALITH).unwrap().address());
    }

    #[test]
    fn debug_shows_the_address_and_not_the_key() {
        let signer = Signer::from_uri(ALITH).unwrap();
        let shown = format!("{signer:?}");
        assert!(
            shown.contains("0xf24FF3a9CF04c71Dbc94D0b566f7A27B94566cac"),
            "{shown}"
        );
        assert!(!shown.contains(&ALITH[2..10]), "{shown}");
    }

    #[test]
    fn errors_do_not_repeat_the_text() {
        for text in [
            &ALITH[..60],
            "0xzz",
            "",
            "abandon abandon",
            "not a key at all",
        ] {
            let error = Signer::from_uri(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(text.is_empty() || !shown.contains(text), "{shown}");
        }
    }
}
