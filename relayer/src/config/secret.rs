//! Texts that must not be printed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use alloy::signers::local::PrivateKeySigner;
use serde::Deserialize;

/// A secret; printing it shows that it is there and nothing else.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct SecretText(String);

impl SecretText {
    /// The secret itself. Never log what this returns.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reads the secret as a secp256k1 key.
    ///
    /// # Errors
    /// When it is not `0x` and 64 hexadecimal digits.
    pub fn signer(&self) -> Result<PrivateKeySigner, InvalidKey> {
        PrivateKeySigner::from_str(self.0.trim()).map_err(|_| InvalidKey::Format)
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The configured key is unusable.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKey {
    #[error("no key: set signer.key_file, or LEX__SIGNER__KEY in the environment")]
    NotConfigured,
    #[error("the key is not 0x and 64 hexadecimal digits")]
    Format,
    #[error("key file {}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// The address of a node or service. It may carry a token in its path, query or user part, so only
/// scheme, host and port are printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct EndpointUrl(reqwest::Url);

impl EndpointUrl {
    /// The whole address. Never log what this returns.
    pub fn reveal(&self) -> &reqwest::Url {
        &self.0
    }

    /// The address with `path` appended to its own path.
    pub fn join(&self, path: &str) -> reqwest::Url {
        let mut url = self.0.clone();
        let joined = format!("{}/{}", url.path().trim_end_matches('/'), path);
        url.set_path(&joined);
        url
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = reqwest::Url::parse(&text).map_err(|error| format!("not a URL: {error}"))?;
        if url.host_str().is_none() {
            return Err("not a URL: it names no host".into());
        }
        Ok(Self(url))
    }
}

impl FromStr for EndpointUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}",
            self.0.scheme(),
            self.0.host_str().unwrap_or_default()
        )?;
        match self.0.port() {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_urls_are_not_printed() {
        let url: EndpointUrl = "wss://user:pass@node.example:444/v3/token?key=1"
            .parse()
            .unwrap();
        assert_eq!(url.to_string(), "wss://node.example:444");
        assert_eq!(format!("{url:?}"), "wss://node.example:444");
    }

    #[test]
    fn joining_keeps_the_path_and_the_query() {
        let url: EndpointUrl = "http://attester/a/?key=1".parse().unwrap();
        assert_eq!(
            url.join("v1/head").as_str(),
            "http://attester/a/v1/head?key=1"
        );
    }
}
