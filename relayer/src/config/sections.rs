//! Sections that both roles share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use lex_service::DoorsConfig;
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;

use super::check;
use super::secret::{self, EndpointUrl, InvalidKey, SecretText};

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
    /// Longest time between two final blocks that the chain promises. When nothing newer was verified
    /// for longer, the service is not ready, whatever the nodes say about themselves.
    #[serde(default = "default_longest_silence", with = "humantime_serde")]
    pub longest_silence: Duration,
}

fn default_longest_silence() -> Duration {
    Duration::from_secs(120)
}

impl SourceSection {
    /// # Errors
    /// When there is no endpoint, or one twice.
    pub fn validate(&self) -> Result<(), String> {
        if self.endpoints.is_empty() {
            return Err("source.endpoints must name at least one node".into());
        }
        if self.longest_silence.is_zero() {
            return Err(
                "source.longest_silence must be longer than zero: as long as the chain may \
                        take between two final blocks"
                    .into(),
            );
        }
        check::endpoints("source.endpoints", &self.endpoints, &["ws", "wss"])?;
        check::at_least_one("source.start_block", self.start_block)
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
    /// Newest source blocks of which everything is kept. Of older ones those stay with which each update
    /// can be signed and delivered again. Zero keeps all.
    #[serde(default = "default_keep_blocks")]
    pub keep_blocks: u64,
}

impl DatabaseSection {
    /// # Errors
    /// When the address cannot be one of PostgreSQL, or there would be no connection. The address is not
    /// repeated.
    pub fn validate(&self) -> Result<(), String> {
        let url = self.url.reveal();
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if !is_postgres || PgConnectOptions::from_str(url).is_err() {
            return Err(
                "database.url must look like postgres://user:password@host:port/database".into(),
            );
        }
        check::at_least_one("database.max_connections", self.max_connections.into())
    }
}

fn default_connections() -> u32 {
    8
}

fn default_keep_blocks() -> u64 {
    100_000
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
    /// `[http.doors]`: how much of the service clients may take.
    #[serde(default)]
    pub doors: DoorsConfig,
}

/// `[signer]`: one secp256k1 key, from a file or, by `LEX__SIGNER__KEY`, from the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerSection {
    /// File with `0x` and 64 hexadecimal digits, open to nobody but its owner.
    pub key_file: Option<PathBuf>,
    /// The key itself. Meant for the environment; it wins over `key_file`.
    pub key: Option<SecretText>,
}

impl SignerSection {
    /// Reads the key.
    ///
    /// # Errors
    /// When no key is configured, others may read or write its file, or the text is not a key. The text
    /// is not repeated.
    pub fn signer(&self) -> Result<PrivateKeySigner, InvalidKey> {
        match (&self.key, &self.key_file) {
            (Some(key), _) => key.signer(),
            (None, Some(path)) => secret::read_file(path)?.signer(),
            (None, None) => Err(InvalidKey::NotConfigured),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

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
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
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
