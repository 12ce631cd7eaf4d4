//! Keys that sign transactions, of both kinds.

use std::path::Path;

use alloy::primitives::Address;

/// Who signs. Both kinds send the same call data.
#[derive(Clone)]
pub enum Signer {
    /// An sr25519 account; sends extrinsics.
    Substrate(subxt_signer::sr25519::Keypair),
    /// A secp256k1 key; sends Ethereum transactions through the chain's Ethereum JSON-RPC.
    Ethereum(alloy::signers::local::PrivateKeySigner),
}

/// The text is not a key. Its content is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSigner {
    #[error("not a key: expected a secret URI such as //Alice or 0x and 64 hexadecimal digits")]
    Format,
    #[error("key file {path}: {source}")]
    File { path: String, source: std::io::Error },
}

impl Signer {
    /// Reads `//Alice`-like secret URIs (sr25519) or `0x` and 64 hexadecimal digits (Ethereum).
    ///
    /// # Errors
    /// When the text is neither.
    pub fn from_uri(_uri: &str) -> Result<Self, InvalidSigner> {
        todo!()
    }

    /// Reads the same text from a file; surrounding white space is ignored.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn from_file(_path: &Path) -> Result<Self, InvalidSigner> {
        todo!()
    }

    /// The account as contracts see it.
    pub fn address(&self) -> Address {
        todo!()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.address())
    }
}
