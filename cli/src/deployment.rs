//! `deployments/NETWORK.json`: which contracts are where.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lex_client::{Address, B256};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The contracts of one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    pub network: String,
    pub source: SourceDeployment,
    pub mirrors: Vec<MirrorDeployment>,
}

/// The contracts of the source chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceDeployment {
    pub chain_id: u64,
    pub genesis: B256,
    pub policy: Address,
    pub verifier: Address,
    pub committee: Address,
    /// The proxy in front of the license contract, which is where licenses are.
    pub license: Address,
    /// The proxy in front of the seats contract.
    pub seats: Address,
    /// What the proxies had behind them when they were deployed; upgrades change it.
    pub implementation: Implementations,
    /// Block of the first contract; nothing of interest happened before it.
    pub block: u64,
    /// Block of the license contract; its outbox cannot be read before it.
    pub license_block: u64,
    /// Block of the seats contract.
    pub seats_block: u64,
    pub code_hash: CodeHashes,
}

/// Contracts behind proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Implementations {
    pub license: Address,
    pub seats: Address,
}

/// keccak-256 of the deployed PolkaVM programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeHashes {
    pub policy: B256,
    pub verifier: B256,
    pub committee: B256,
    pub license: B256,
    pub seats: B256,
    pub proxy: B256,
}

/// One mirror on a destination chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MirrorDeployment {
    pub name: String,
    pub chain_id: u64,
    pub mirror: Address,
    pub block: u64,
}

/// Why a deployment record cannot be used.
#[derive(Debug, Error)]
pub enum DeploymentError {
    #[error("there is no deployment record {path}; `lex up` or `lex deploy` writes it")]
    Missing { path: PathBuf },
    #[error("{path} is not a deployment record")]
    Format {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("deployment record {path}")]
    Io { path: PathBuf, source: io::Error },
}

impl Deployment {
    /// # Errors
    /// When the file does not exist or is not a deployment record.
    pub fn read(path: &Path) -> Result<Deployment, DeploymentError> {
        Self::read_if_any(path)?.ok_or_else(|| DeploymentError::Missing {
            path: path.to_owned(),
        })
    }

    /// The record, `None` when there is no such file.
    ///
    /// # Errors
    /// When the file is not a deployment record.
    pub fn read_if_any(path: &Path) -> Result<Option<Deployment>, DeploymentError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(DeploymentError::Io {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|source| DeploymentError::Format {
                path: path.to_owned(),
                source,
            })
    }

    /// Writes the record, all of it or nothing.
    ///
    /// # Errors
    /// When the file or its folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DeploymentError> {
        let text =
            serde_json::to_string_pretty(self).map_err(|source| DeploymentError::Format {
                path: path.to_owned(),
                source,
            })?;
        let unfinished = path.with_extension("json.new");
        let write = || -> io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&unfinished, text + "\n")?;
            fs::rename(&unfinished, path)
        };
        write().map_err(|source| DeploymentError::Io {
            path: path.to_owned(),
            source,
        })
    }

    #[must_use]
    pub fn mirror(&self, name: &str) -> Option<&MirrorDeployment> {
        self.mirrors.iter().find(|mirror| mirror.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Deployment {
        Deployment {
            network: "dev".into(),
            source: SourceDeployment {
                chain_id: 420_420_420,
                genesis: B256::repeat_byte(1),
                policy: Address::repeat_byte(2),
                verifier: Address::repeat_byte(8),
                committee: Address::repeat_byte(9),
                license: Address::repeat_byte(3),
                seats: Address::repeat_byte(10),
                implementation: Implementations {
                    license: Address::repeat_byte(11),
                    seats: Address::repeat_byte(12),
                },
                block: 4,
                license_block: 5,
                seats_block: 6,
                code_hash: CodeHashes {
                    policy: B256::repeat_byte(5),
                    verifier: B256::repeat_byte(7),
                    committee: B256::repeat_byte(8),
                    license: B256::repeat_byte(6),
                    seats: B256::repeat_byte(9),
                    proxy: B256::repeat_byte(10),
                },
            },
            mirrors: vec![MirrorDeployment {
                name: "anvil".into(),
                chain_id: 31_337,
                mirror: Address::repeat_byte(7),
                block: 1,
            }],
        }
    }

    #[test]
    fn round_trip_through_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deployments/dev.json");
        assert!(matches!(
            Deployment::read(&path),
            Err(DeploymentError::Missing { .. })
        ));
        example().write(&path).unwrap();
        assert_eq!(Deployment::read(&path).unwrap(), example());
    }

    #[test]
    fn field_names_are_those_of_the_documentation() {
        let json = serde_json::to_value(example()).unwrap();
        assert_eq!(json["source"]["chainId"], 420_420_420);
        assert!(json["source"]["codeHash"]["license"].is_string());
        assert_eq!(json["mirrors"][0]["name"], "anvil");
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.json");
        let mut json = serde_json::to_value(example()).unwrap();
        json["sauce"] = 1.into();
        fs::write(&path, json.to_string()).unwrap();
        assert!(matches!(
            Deployment::read(&path),
            Err(DeploymentError::Format { .. })
        ));
    }
}
