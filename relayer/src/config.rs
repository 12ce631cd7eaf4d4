//! Configuration of both roles.
//!
//! Precedence, highest first: environment variables `LEX__SECTION__KEY`, the TOML file, defaults. A
//! key that no section knows is an error in either place. Durations are written `"30s"`, amounts of
//! the destination's currency `"30 gwei"`.

mod attester;
mod check;
mod deliverer;
mod secret;
mod sections;
mod wei;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::de::DeserializeOwned;

pub use attester::{AttesterConfig, AttesterSection, DestinationSection, EpochSource};
pub use deliverer::{
    AttestersSection, BatchSection, DelivererConfig, FeesSection, LaneSection, ReadinessSection,
};
pub use secret::{EndpointUrl, InvalidKey, SecretText};
pub use sections::{DatabaseSection, HttpSection, SchemaName, SignerSection, SourceSection};
pub use wei::{InvalidWei, Wei};

/// A configuration that can check what its types cannot express.
pub trait Validate {
    /// # Errors
    /// A sentence that names the key and says what it must be.
    fn validate(&self) -> Result<(), String>;
}

/// The configuration is unusable. The message names the file and the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration file {0} does not exist")]
    Missing(PathBuf),
    #[error("configuration {path}: {source}")]
    Unreadable {
        path: PathBuf,
        source: Box<figment::Error>,
    },
    #[error("configuration {path}: {reason}")]
    Invalid { path: PathBuf, reason: String },
}

/// Reads and validates a configuration.
///
/// # Errors
/// When the file is missing, a key is unknown, missing or of the wrong form.
pub fn load<C: DeserializeOwned + Validate>(path: &Path) -> Result<C, ConfigError> {
    if !path.is_file() {
        return Err(ConfigError::Missing(path.to_path_buf()));
    }
    let config: C = Figment::new()
        .merge(Toml::file_exact(path))
        .merge(Env::prefixed("LEX__").split("__"))
        .extract()
        .map_err(|source| ConfigError::Unreadable {
            path: path.to_path_buf(),
            source: Box::new(source),
        })?;
    config.validate().map_err(|reason| ConfigError::Invalid {
        path: path.to_path_buf(),
        reason,
    })?;
    Ok(config)
}

/// The part of either role's configuration that says where it answers and where its state is.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct StateConfig {
    pub http: HttpSection,
    pub database: DatabaseSection,
}

impl Validate for StateConfig {
    fn validate(&self) -> Result<(), String> {
        self.database.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> PathBuf {
        Path::new("../deployments/examples").join(name)
    }

    #[test]
    fn the_example_attester_configuration_is_current() {
        load::<AttesterConfig>(&example("attester.toml")).unwrap();
    }

    #[test]
    fn the_example_deliverer_configuration_is_current() {
        load::<DelivererConfig>(&example("deliverer.toml")).unwrap();
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attester.toml");
        let text = std::fs::read_to_string(example("attester.toml")).unwrap();
        std::fs::write(
            &path,
            text.replace("[source]", "[source]\nendpoint = \"ws://x\""),
        )
        .unwrap();
        let error = load::<AttesterConfig>(&path).unwrap_err().to_string();
        assert!(
            error.contains("unknown field") && error.contains("endpoint"),
            "{error}"
        );
    }

    /// Why the example `name` is refused with `from` replaced by `to`.
    fn refusal<C: DeserializeOwned + Validate>(name: &str, from: &str, to: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let text = std::fs::read_to_string(example(name)).unwrap();
        assert!(text.contains(from), "{name} does not say {from:?}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        match load::<C>(&path) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{name} with {to:?} is taken"),
        }
    }

    #[test]
    fn what_an_attester_cannot_work_with_is_refused_by_key_and_with_a_remedy() {
        let second = |fields| format!("[[destinations]]\n{fields}\nepoch = 1\n[[destinations]]");
        let same_name = second(
            "name = \"anvil\"\nchain_id = 1\nmirror = \"0x0000000000000000000000000000000000000009\"",
        );
        let same_mirror = second(
            "name = \"b\"\nchain_id = 31337\nmirror = \"0x0000000000000000000000000000000000000002\"",
        );
        let cases: [(&str, &str, &[&str]); 10] = [
            (
                "[\"ws://127.0.0.1:9944\"]",
                "[\"ws://127.0.0.1:9944\", \"ws://127.0.0.1:9944/?key=1\"]",
                &["source.endpoints", "twice", "remove one"],
            ),
            (
                "[\"ws://127.0.0.1:9944\"]",
                "[]",
                &["source.endpoints", "at least one"],
            ),
            ("ws://", "http://", &["source.endpoints", "ws:// or wss://"]),
            (
                "start_block = 1",
                "start_block = 0",
                &["source.start_block", "at least 1"],
            ),
            (
                "max_connections = 8",
                "max_connections = 0",
                &["database.max_connections", "at least 1"],
            ),
            ("postgres://", "mysql://", &["database.url", "postgres://"]),
            (
                "max_wait = \"2s\"",
                "max_wait = \"1h\"",
                &["attester.max_wait", "at most"],
            ),
            (
                "chain_id = 31337",
                "chain_id = 0",
                &["destinations.chain_id", "at least 1"],
            ),
            (
                "[[destinations]]",
                &same_name,
                &["destinations.name", "twice"],
            ),
            (
                "[[destinations]]",
                &same_mirror,
                &["destinations", "same mirror", "remove one"],
            ),
        ];
        for (from, to, said) in cases {
            let error = refusal::<AttesterConfig>("attester.toml", from, to);
            assert!(said.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn an_attester_without_destinations_is_told_to_add_one() {
        let text = std::fs::read_to_string(example("attester.toml")).unwrap();
        let (before, destinations) = text.split_once("[[destinations]]").unwrap();
        let none = format!("destinations = []\n{before}");
        let error = refusal::<AttesterConfig>(
            "attester.toml",
            &format!("{before}[[destinations]]{destinations}"),
            &none,
        );
        assert!(error.contains("[[destinations]]"), "{error}");
    }

    #[test]
    fn what_a_deliverer_cannot_work_with_is_refused_by_key_and_with_a_remedy() {
        let cases: [(&str, &str, &[&str]); 8] = [
            (
                "heartbeat = \"10m\"",
                "heartbeat = \"0s\"",
                &["batch.heartbeat", "\"1s\""],
            ),
            (
                "poll_interval = \"250ms\"",
                "poll_interval = \"0s\"",
                &["destination.poll_interval", "pause"],
            ),
            (
                "bump_after = \"30s\"",
                "bump_after = \"0s\"",
                &["fees.bump_after"],
            ),
            (
                "max_stall = \"2m\"",
                "max_stall = \"0s\"",
                &["readiness.max_stall"],
            ),
            (
                "request_timeout = \"5s\"",
                "request_timeout = \"0s\"",
                &["attesters.request_timeout"],
            ),
            ("9102", "9101", &["attesters.urls", "twice"]),
            (
                "max_updates = 50",
                "max_updates = 0",
                &["batch.max_updates", "at least 1"],
            ),
            (
                "http://127.0.0.1:8546",
                "ws://127.0.0.1:8546",
                &["destination.rpc_url", "http://"],
            ),
        ];
        for (from, to, said) in cases {
            let error = refusal::<DelivererConfig>("deliverer.toml", from, to);
            assert!(said.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn doors_out_of_range_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attester.toml");
        let text = std::fs::read_to_string(example("attester.toml")).unwrap();
        for (from, to, named) in [
            (
                "max_requests = 64",
                "max_requests = 0",
                "http.doors.max_requests",
            ),
            (
                "max_wait = \"2s\"",
                "max_wait = \"30s\"",
                "http.doors.request_timeout",
            ),
        ] {
            std::fs::write(&path, text.replace(from, to)).unwrap();
            let error = load::<AttesterConfig>(&path).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load::<AttesterConfig>(Path::new("nowhere.toml")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "configuration file nowhere.toml does not exist"
        );
    }

    #[test]
    fn printing_a_configuration_shows_no_secret() {
        let mut config = load::<DelivererConfig>(&example("deliverer.toml")).unwrap();
        config.signer.key = Some(SecretText::from("0xdeadbeef".to_owned()));
        config.database.url = SecretText::from("postgres://lex:hunter2@db/lex".to_owned());
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("deadbeef") && !printed.contains("hunter2"),
            "{printed}"
        );
    }
}
