//! Configuration: one TOML file, overridden by environment variables.
//!
//! Precedence, highest first: `LEX__SECTION__KEY` from the environment, the file, the defaults
//! below. An unknown key, in the file or in the environment, is an error.

mod origins;
mod schema;
mod secret;
mod validate;

use std::{net::SocketAddr, path::Path, time::Duration};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use lex_client::{Address, B256};
use lex_service::{DoorsConfig, OutOfRange};
use serde::Deserialize;

pub use self::{
    origins::Origins,
    schema::{InvalidSchemaName, SchemaName},
    secret::SecretUrl,
};

/// Everything that `lex-indexer` is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub source: SourceConfig,
    pub database: DatabaseConfig,
    #[serde(default)]
    pub indexing: IndexingConfig,
    #[serde(default)]
    pub http: HttpConfig,
    #[serde(default)]
    pub graphql: GraphqlConfig,
}

/// The chain and the contracts whose events are indexed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// WebSocket URL of a Substrate node.
    pub url: SecretUrl,
    /// EIP-155 id of the chain; part of the outbox head.
    pub chain_id: u64,
    /// Hash of block 0: an endpoint of another chain is refused.
    pub genesis: B256,
    pub policy: Address,
    pub license: Address,
    /// Committees whose decisions are indexed.
    #[serde(default)]
    pub committees: Vec<Address>,
    /// Block in which the first of the contracts was deployed; indexing starts there.
    pub start_block: u64,
    /// Longest time between two final blocks that the chain promises. An index whose newest block is
    /// older is stale, whatever the node says about itself.
    #[serde(default = "default_longest_silence", with = "humantime_serde")]
    pub longest_silence: Duration,
}

/// Where the index is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// PostgreSQL connection URL. Printed without user, password and parameters.
    pub url: SecretUrl,
    /// The schema that belongs to this indexer alone. It is created when missing.
    #[serde(default = "default_schema")]
    pub schema: SchemaName,
    /// Connections that answer queries; indexing has its own.
    #[serde(default = "default_max_connections")]
    pub max_connections: u32,
    /// How long one SQL statement of a query may run. Zero: no limit.
    #[serde(default = "default_statement_timeout", with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// How long `rebuild` waits for the indexer of the schema to end. The service itself stands by for as
    /// long as it takes.
    #[serde(default = "default_lock_wait", with = "humantime_serde")]
    pub lock_wait: Duration,
}

/// How blocks become rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IndexingConfig {
    /// Most blocks in one transaction while catching up. Live, each block is one.
    pub batch_blocks: usize,
    /// How often the finalized height is asked for, to know the lag.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// Blocks behind the finalized one up to which `/health/ready` says ready.
    pub ready_lag_blocks: u64,
}

/// The HTTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    pub listen: SocketAddr,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// Whose pages may ask from a browser.
    pub allowed_origins: Origins,
    /// How much of the service clients may take.
    pub doors: DoorsConfig,
}

/// Limits of the GraphQL interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GraphqlConfig {
    /// Deepest nesting of a query.
    pub max_depth: usize,
    /// Most fields that a query may return, rows of lists multiplied in.
    pub max_complexity: usize,
    /// Longest query text, bytes.
    pub max_query_bytes: usize,
    /// Longest wait of `block: {numberGte}` for the block to be indexed.
    #[serde(with = "humantime_serde")]
    pub max_block_wait: Duration,
    /// Requests that wait for a block at once; further ones are refused.
    pub max_block_waits: usize,
    /// Queries are refused when the index has not matched the finalized chain for this long:
    /// an old answer could show a revoked license as active. Zero: always answer.
    #[serde(with = "humantime_serde")]
    pub max_staleness: Duration,
}

impl Default for IndexingConfig {
    fn default() -> Self {
        Self {
            batch_blocks: 200,
            poll_interval: Duration::from_secs(1),
            ready_lag_blocks: 5,
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9200)),
            max_body_bytes: 256 * 1024,
            allowed_origins: Origins::default(),
            doors: DoorsConfig::default(),
        }
    }
}

impl Default for GraphqlConfig {
    fn default() -> Self {
        Self {
            max_depth: 16,
            max_complexity: 25_000,
            max_query_bytes: 16 * 1024,
            max_block_wait: Duration::from_secs(10),
            max_block_waits: 64,
            max_staleness: Duration::from_secs(60),
        }
    }
}

fn default_longest_silence() -> Duration {
    Duration::from_secs(120)
}

fn default_schema() -> SchemaName {
    SchemaName::try_from("lex_indexer".to_owned()).expect("the literal is a valid name")
}

fn default_max_connections() -> u32 {
    16
}

fn default_statement_timeout() -> Duration {
    Duration::from_secs(5)
}

fn default_lock_wait() -> Duration {
    Duration::from_secs(15)
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0}")]
    Parse(#[from] Box<figment::Error>),
    #[error("{key} must be {rule}")]
    Value {
        key: &'static str,
        rule: &'static str,
    },
    #[error(transparent)]
    Doors(#[from] OutOfRange),
}

impl Config {
    /// Reads `file` and the environment.
    ///
    /// # Errors
    /// The file cannot be read or parsed, a key is unknown or missing, a value is out of range.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::extract(
            Figment::from(Toml::file_exact(file)).merge(Env::prefixed("LEX__").split("__")),
        )
    }

    /// Reads TOML text only.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::extract(Figment::from(Toml::string(text)))
    }

    fn extract(figment: Figment) -> Result<Self, ConfigError> {
        let config: Self = figment.extract().map_err(Box::new)?;
        config.validate()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../deployments/examples/indexer.toml");

    #[test]
    fn committed_example_parses() {
        let config = Config::parse(EXAMPLE).expect("the example is valid");
        assert_eq!(config.http.listen.port(), 9200);
        assert_eq!(config.database.schema.as_str(), "lex_indexer");
    }

    #[test]
    fn example_shows_the_defaults() {
        let config = Config::parse(EXAMPLE).expect("the example is valid");
        assert_eq!(
            format!("{:?}", config.graphql),
            format!("{:?}", GraphqlConfig::default())
        );
        assert_eq!(
            format!("{:?}", config.indexing),
            format!("{:?}", IndexingConfig::default())
        );
        assert_eq!(
            format!("{:?}", config.http),
            format!("{:?}", HttpConfig::default())
        );
    }

    #[test]
    fn unknown_key_is_an_error() {
        let text = format!("{EXAMPLE}\n[surprise]\nkey = 1\n");
        let error = Config::parse(&text).expect_err("unknown section");
        assert!(error.to_string().contains("surprise"), "{error}");
    }

    #[test]
    fn zero_batch_is_refused_with_the_key() {
        let text = EXAMPLE.replace("batch_blocks = 200", "batch_blocks = 0");
        let error = Config::parse(&text).expect_err("zero");
        assert_eq!(
            error.to_string(),
            "indexing.batch_blocks must be at least 1"
        );
    }

    #[test]
    fn what_it_cannot_work_with_is_refused_by_key_and_with_a_remedy() {
        let committee = |address: &str| format!("committees = [{address}]");
        let twice = committee(
            "\"0x0000000000000000000000000000000000000003\", \"0x0000000000000000000000000000000000000003\"",
        );
        let license = committee("\"0x0000000000000000000000000000000000000002\"");
        let cases: [(&str, &str, &str, &str); 10] = [
            ("ws://127", "http://127", "source.url", "ws://"),
            (
                "chain_id = 420420420",
                "chain_id = 0",
                "source.chain_id",
                "at least 1",
            ),
            (
                "start_block = 1",
                "start_block = 0",
                "source.start_block",
                "at least 1",
            ),
            (
                "00000002\"\nstart",
                "00000001\"\nstart",
                "source.license",
                "another address",
            ),
            ("committees = []", &twice, "source.committees", "remove one"),
            ("committees = []", &license, "source.committees", "remove"),
            ("postgres://", "mysql://", "database.url", "postgres://"),
            (
                "max_connections = 16",
                "max_connections = 0",
                "database.max_connections",
                "at least 1",
            ),
            (
                "timeout = \"5s\"",
                "timeout = \"100us\"",
                "database.statement_timeout",
                "1ms",
            ),
            (
                "interval = \"1s\"",
                "interval = \"0s\"",
                "indexing.poll_interval",
                "10ms",
            ),
        ];
        for (from, to, key, remedy) in cases {
            assert!(EXAMPLE.contains(from), "{from}");
            let error = Config::parse(&EXAMPLE.replace(from, to)).expect_err(to);
            let told = error.to_string();
            assert!(
                told.starts_with(key) && told.contains(remedy),
                "{to}: {told}"
            );
        }
    }

    #[test]
    fn doors_out_of_range_are_refused_with_the_key() {
        let text = EXAMPLE.replace("max_requests = 64", "max_requests = 0");
        let error = Config::parse(&text).expect_err("zero");
        assert!(
            error.to_string().contains("http.doors.max_requests"),
            "{error}"
        );
        let text = EXAMPLE.replace("max_block_wait = \"10s\"", "max_block_wait = \"30s\"");
        let error = Config::parse(&text).expect_err("as long as a request may take");
        assert!(error.to_string().contains("request_timeout"), "{error}");
    }

    #[test]
    fn a_chain_that_promises_nothing_is_refused_with_the_key() {
        let text = EXAMPLE.replace("longest_silence = \"2m\"", "longest_silence = \"0s\"");
        let error = Config::parse(&text).expect_err("zero");
        assert!(
            error
                .to_string()
                .starts_with("source.longest_silence must be"),
            "{error}"
        );
    }

    #[test]
    fn debug_output_hides_the_password() {
        let text = EXAMPLE.replace("postgres://", "postgres://someone:hunter2@");
        let shown = format!("{:?}", Config::parse(&text).expect("valid"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
