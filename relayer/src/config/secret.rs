//! Texts that must not be printed.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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

/// Reads a secret from a file that nobody but its owner may read or write. A file that passes is our own,
/// or we are root: nobody else could read it.
///
/// # Errors
/// When it cannot be read, or others may read or write it.
pub(super) fn read_file(path: &Path) -> Result<SecretText, InvalidKey> {
    let unreadable = |source| InvalidKey::File {
        path: path.to_owned(),
        source,
    };
    // The mode of what is read, even if another file takes its place meanwhile.
    let mut file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(InvalidKey::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(SecretText(text))
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
    #[error(
        "signer.key_file: {} cannot be read: {source}; correct the path, or give the file to the \
         user that the service runs as",
        path.display()
    )]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "signer.key_file: {path} is open to others than its owner (mode {mode:04o}); run \
         `chmod 600 {path}`, and use another key if others may have read it",
        path = path.display()
    )]
    Exposed { path: PathBuf, mode: u32 },
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

    /// Whether both lead to one service, whatever token they carry in their user part or query.
    pub fn is_same_service(&self, other: &Self) -> bool {
        let service = |url: &reqwest::Url| {
            (
                url.host_str().map(str::to_owned),
                url.port_or_known_default(),
                url.path().trim_end_matches('/').to_owned(),
            )
        };
        service(&self.0) == service(&other.0)
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
    fn one_service_is_recognised_whatever_token_is_used() {
        let same = |one: &str, other: &str| {
            let [one, other]: [EndpointUrl; 2] = [one, other].map(|url| url.parse().unwrap());
            one.is_same_service(&other)
        };
        assert!(same("ws://node", "ws://node:80/"));
        assert!(same("wss://a:b@node/?key=1", "wss://node?key=2"));
        assert!(!same("ws://node:9944", "ws://node:9945"));
        assert!(!same("wss://node/one", "wss://node/other"));
    }

    #[test]
    fn a_key_file_that_others_may_read_or_write_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "0xsecret").unwrap();
        for mode in [0o644, 0o640, 0o620, 0o602, 0o666, 0o604, 0o610] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = read_file(&path).unwrap_err().to_string();
            let remedy = format!("chmod 600 {}", path.display());
            assert!(
                error.starts_with("signer.key_file") && error.contains(&remedy),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
        for mode in [0o600, 0o400] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_file(&path).unwrap().reveal(), "0xsecret");
        }
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
