//! Sections that both roles share.

use std::net::SocketAddr;
use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use serde::Deserialize;

use super::secret::{EndpointUrl, InvalidKey, SecretText};

/// `[source]`: the chain and the license contract whose outbox is followed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSection {
    /// WebSocket endpoints of nodes. The first is followed; every other one must agree with it on
    /// each verified block.
    pub endpoints: Vec<EndpointUrl>,
    /// Ethereum chain id of the source chain.
    pub chain_id: u64,
    /// Hash of the source chain's first block.
    pub genesis: B256,
    /// The license contract.
    pub contract: Address,
    /// Number of the block in which the license contract was deployed.
    pub start_block: u64,
}

impl SourceSection {
    /// # Errors
    /// When there is no endpoint.
    pub fn validate(&self) -> Result<(), String> {
        if self.endpoints.is_empty() {
            return Err("source.endpoints must name at least one node".into());
        }
        Ok(())
    }
}

/// `[database]`: where this instance keeps its state.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSection {
    /// `postgres://user:password@host:port/database`.
    pub url: SecretText,
    /// Schema of this instance alone; created when missing.
    pub schema: SchemaName,
    /// Connections kept open at most.
    #[serde(default = "default_connections")]
    pub max_connections: u32,
}

fn default_connections() -> u32 {
    8
}

/// A schema name that needs no quoting: `[a-z_][a-z0-9_]*`, at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SchemaName(String);

impl SchemaName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SchemaName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let all_plain = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if starts_well && all_plain && name.len() <= 63 && !name.starts_with("pg_") {
            Ok(Self(name))
        } else {
            Err(format!(
                "{name:?} is not a schema name: use a-z, 0-9 and _, at most 63 characters"
            ))
        }
    }
}

/// `[http]`: the service's own HTTP interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSection {
    /// Address and port to listen on.
    pub listen: SocketAddr,
}

/// `[signer]`: one secp256k1 key, from a file or, by `LEX__SIGNER__KEY`, from the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerSection {
    /// File with `0x` and 64 hexadecimal digits.
    pub key_file: Option<PathBuf>,
    /// The key itself. Meant for the environment; it wins over `key_file`.
    pub key: Option<SecretText>,
}

impl SignerSection {
    /// Reads the key.
    ///
    /// # Errors
    /// When no key is configured, or the text is not a key. The text is not repeated.
    pub fn signer(&self) -> Result<PrivateKeySigner, InvalidKey> {
        match (&self.key, &self.key_file) {
            (Some(key), _) => key.signer(),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|source| InvalidKey::File {
                    path: path.clone(),
                    source,
                })?;
                SecretText::from(text).signer()
            }
            (None, None) => Err(InvalidKey::NotConfigured),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_names_that_need_quoting_are_refused() {
        for name in [
            "",
            "Lex",
            "1lex",
            "lex-a",
            "lex\"; drop schema public",
            "pg_lex",
            "lex a",
        ] {
            assert!(SchemaName::try_from(name.to_owned()).is_err(), "{name:?}");
        }
        assert!(SchemaName::try_from("lex_attester_1".to_owned()).is_ok());
    }

    #[test]
    fn a_key_is_read_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("0x{}\n", "11".repeat(32))).unwrap();
        let section = SignerSection {
            key_file: Some(path),
            key: None,
        };
        let expected = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";
        assert_eq!(
            section.signer().unwrap().address().to_checksum(None),
            expected
        );
    }

    #[test]
    fn a_bad_key_is_refused_without_repeating_it() {
        let section = SignerSection {
            key_file: None,
            key: Some(SecretText::from("0xnotakey".to_owned())),
        };
        let error = section.signer().unwrap_err().to_string();
        assert!(!error.contains("notakey"), "{error}");
    }
}
