//! `stack.json`: where a running stack serves, for the other commands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::component::Component;
use super::config::StackConfig;
use super::ports::Ports;
use super::state::{StateDir, StateError};

const FILE: &str = "stack.json";

/// Addresses of a stack; no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// WebSocket RPC of the source chain.
    pub node: String,
    /// Ethereum JSON-RPC of the source chain.
    pub eth_rpc: String,
    /// Ethereum JSON-RPC of the chain with the mirror.
    pub mirror: String,
    /// Base URL of the indexer.
    pub indexer: String,
    /// File with the contracts' addresses.
    pub deployment: PathBuf,
    /// Every component, in starting order.
    pub components: Vec<ComponentEndpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentEndpoint {
    pub name: String,
    pub url: String,
}

/// Why the addresses of a stack are not known.
#[derive(Debug, Error)]
pub enum EndpointsError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error("{path} is not a stack description")]
    Format {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path}")]
    Io { path: PathBuf, source: io::Error },
}

impl Endpoints {
    pub(super) fn of(config: &StackConfig, ports: Ports, components: &[Component]) -> Endpoints {
        Endpoints {
            node: ports.node_url(),
            eth_rpc: ports.eth_rpc_url(),
            mirror: ports.mirror_url(),
            indexer: ports.indexer_url(),
            deployment: config.deployment.clone(),
            components: components
                .iter()
                .map(|component| ComponentEndpoint {
                    name: component.name().to_owned(),
                    url: component.spec().url.clone(),
                })
                .collect(),
        }
    }

    /// The addresses of the stack that runs in a state folder. Those of one that was killed may by now be
    /// another stack's, so they are `None`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_running(state: &Path) -> Result<Option<Endpoints>, EndpointsError> {
        match StateDir::existing(state) {
            Some(folder) if folder.runs() => Endpoints::read(state),
            _ => Ok(None),
        }
    }

    /// The addresses that the last stack in a state folder wrote and did not take back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(state: &Path) -> Result<Option<Endpoints>, EndpointsError> {
        let path = state.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(EndpointsError::Io { path, source }),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|source| EndpointsError::Format { path, source })
    }

    pub(super) fn write(&self, state: &StateDir) -> Result<(), EndpointsError> {
        let text = serde_json::to_string_pretty(self).map_err(|source| EndpointsError::Format {
            path: state.path(FILE),
            source,
        })?;
        state.write_secret(FILE, &(text + "\n"))?;
        Ok(())
    }

    /// Takes the addresses of a stack back that has ended.
    pub fn forget(state: &StateDir) {
        // A file that is already gone is what is wanted.
        let _ = fs::remove_file(state.path(FILE));
    }
}
