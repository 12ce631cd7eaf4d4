//! Configuration of both roles.
//!
//! Precedence, highest first: environment variables `LEX__SECTION__KEY`, the TOML file, defaults. A
//! key that no section knows is an error in either place. Durations are written `"30s"`, amounts of
//! the destination's currency `"30 gwei"`.

mod attester;
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

/// The part of either role's configuration that says where its state is.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct StateConfig {
    pub database: DatabaseSection,
}

impl Validate for StateConfig {
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../deployments/examples")
            .join(name)
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
