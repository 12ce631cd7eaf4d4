//! A build without OpenSSL.
//!
//! The SDK's second network library has a WebRTC transport, which would compile OpenSSL's C for it.
//! `lex-node` has no peers and does not use that library, so nothing ever asks for this.

use str0m_proto::crypto::CryptoProvider;

/// Never returns.
///
/// # Panics
///
/// Always: there is no WebRTC in this build.
pub fn default_provider() -> CryptoProvider {
    panic!("lex-node is built without WebRTC")
}
