//! Which network a command works on: the addresses of a running stack, of flags, of the
//! environment, or the defaults.

use std::env;
use std::path::{Path, PathBuf};

use clap::Args;
use lex_client::{Address, CallError, Signer, Source, SourceError, Submitter};
use thiserror::Error;

use crate::deploy::DeployError;
use crate::deployment::{Deployment, DeploymentError};
use crate::indexer::{Indexer, IndexerError};
use crate::mirror::Mirror;
use crate::stack::{Endpoints, EndpointsError, Ports};

/// Flags that say which network is meant.
#[derive(Clone, Debug, Default, Args)]
pub struct TargetArgs {
    /// State folder of the stack [default: .lex in the repository]
    #[arg(
        long,
        global = true,
        env = "LEX_STATE",
        value_name = "DIR",
        help_heading = "Network"
    )]
    pub state: Option<PathBuf>,
    /// Deployment record [default: that of the running stack, else deployments/dev.json]
    #[arg(
        long,
        global = true,
        env = "LEX_DEPLOYMENT",
        value_name = "FILE",
        help_heading = "Network"
    )]
    pub deployment: Option<PathBuf>,
    /// WebSocket RPC of a source chain node
    #[arg(
        long,
        global = true,
        env = "LEX_NODE_URL",
        value_name = "URL",
        help_heading = "Network"
    )]
    pub node_url: Option<String>,
    /// Ethereum JSON-RPC of the source chain, for Ethereum signers
    #[arg(
        long,
        global = true,
        env = "LEX_ETH_RPC_URL",
        value_name = "URL",
        help_heading = "Network"
    )]
    pub eth_rpc_url: Option<String>,
    /// Ethereum JSON-RPC of the chain with the mirror
    #[arg(
        long,
        global = true,
        env = "LEX_MIRROR_URL",
        value_name = "URL",
        help_heading = "Network"
    )]
    pub mirror_url: Option<String>,
    /// Base URL of the indexer
    #[arg(
        long,
        global = true,
        env = "LEX_INDEXER_URL",
        value_name = "URL",
        help_heading = "Network"
    )]
    pub indexer_url: Option<String>,
}

impl TargetArgs {
    /// The state folder that these flags name.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        self.state
            .clone()
            .unwrap_or_else(|| repository().join(".lex"))
    }

    /// Whether any address is given.
    fn name_a_network(&self) -> bool {
        [
            &self.node_url,
            &self.eth_rpc_url,
            &self.mirror_url,
            &self.indexer_url,
        ]
        .iter()
        .any(|url| url.is_some())
    }

    /// The deployment record of the stack in that folder. A stack outside its usual place keeps
    /// its record to itself.
    #[must_use]
    pub fn deployment_file(&self) -> PathBuf {
        match (&self.deployment, &self.state) {
            (Some(file), _) => file.clone(),
            (None, Some(state)) => state.join("deployments/dev.json"),
            (None, None) => repository().join("deployments/dev.json"),
        }
    }
}

/// The repository that the working folder is in, or the working folder.
#[must_use]
pub fn repository() -> PathBuf {
    let here = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let is_repository = |folder: &&Path| {
        folder.join("contracts/abi").is_dir() && folder.join("Cargo.toml").is_file()
    };
    here.ancestors()
        .find(is_repository)
        .map_or(here.clone(), Path::to_owned)
}

/// Addresses of one network. Nothing is connected until it is asked for.
#[derive(Clone, Debug)]
pub struct Target {
    pub node: String,
    pub eth_rpc: String,
    pub mirror: String,
    pub indexer: String,
    pub deployment: PathBuf,
}

/// Why a network cannot be used.
#[derive(Debug, Error)]
pub enum TargetError {
    #[error(
        "no stack runs in {folder}; `lex up` starts one, `--state` names another, and `--node-url` and so \
         on name a network"
    )]
    NoStack { folder: PathBuf },
    #[error(transparent)]
    Endpoints(#[from] EndpointsError),
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    #[error("failed to reach the source chain; is the stack up? See `lex status`")]
    Source(#[from] SourceError),
    #[error("failed to call the source chain")]
    Call(#[from] CallError),
    #[error("failed to address the mirror")]
    Mirror(#[from] DeployError),
    #[error("failed to address the indexer")]
    Indexer(#[from] IndexerError),
    #[error("{path} names no mirror")]
    NoMirror { path: PathBuf },
}

impl Target {
    /// The network that the flags mean, else that of the running stack. What flags leave open without
    /// one is on the usual ports.
    ///
    /// # Errors
    /// When the flags name no network and no stack runs, or its description cannot be read.
    pub fn resolve(args: &TargetArgs) -> Result<Target, TargetError> {
        let folder = args.state_folder();
        let base = match Endpoints::of_running(&folder)? {
            Some(endpoints) => Target::from(&endpoints),
            // On the usual ports there may be the stack of another clone.
            None if !args.name_a_network() => return Err(TargetError::NoStack { folder }),
            None => Target::on(Ports::default(), args.deployment_file()),
        };
        let or = |flag: &Option<String>, otherwise: String| flag.clone().unwrap_or(otherwise);
        Ok(Target {
            node: or(&args.node_url, base.node),
            eth_rpc: or(&args.eth_rpc_url, base.eth_rpc),
            mirror: or(&args.mirror_url, base.mirror),
            indexer: or(&args.indexer_url, base.indexer),
            deployment: args.deployment.clone().unwrap_or(base.deployment),
        })
    }

    fn on(ports: Ports, deployment: PathBuf) -> Target {
        Target {
            node: ports.node_url(),
            eth_rpc: ports.eth_rpc_url(),
            mirror: ports.mirror_url(),
            indexer: ports.indexer_url(),
            deployment,
        }
    }

    /// # Errors
    /// When there is no deployment record.
    pub fn deployment(&self) -> Result<Deployment, TargetError> {
        Ok(Deployment::read(&self.deployment)?)
    }

    /// Connects to everything.
    ///
    /// # Errors
    /// When the deployment record is missing or the source chain does not answer.
    pub async fn connect(&self) -> Result<Network, TargetError> {
        let deployment = self.deployment()?;
        let source = Source::connect(&self.node).await?;
        Ok(Network {
            source,
            eth_rpc: self.eth_rpc.clone(),
            mirror: self.mirror()?,
            indexer: self.indexer()?,
            deployment,
        })
    }

    /// # Errors
    /// When the deployment record is missing or names no mirror.
    pub fn mirror(&self) -> Result<Mirror, TargetError> {
        let deployment = self.deployment()?;
        let mirror = deployment
            .mirrors
            .first()
            .ok_or_else(|| TargetError::NoMirror {
                path: self.deployment.clone(),
            })?;
        Ok(Mirror::connect(&self.mirror, mirror)?)
    }

    /// # Errors
    /// When no HTTP client can be made.
    pub fn indexer(&self) -> Result<Indexer, TargetError> {
        Ok(Indexer::new(&self.indexer)?)
    }
}

impl From<&Endpoints> for Target {
    fn from(endpoints: &Endpoints) -> Target {
        Target {
            node: endpoints.node.clone(),
            eth_rpc: endpoints.eth_rpc.clone(),
            mirror: endpoints.mirror.clone(),
            indexer: endpoints.indexer.clone(),
            deployment: endpoints.deployment.clone(),
        }
    }
}

/// A network with its source chain connected.
#[derive(Clone, Debug)]
pub struct Network {
    pub source: Source,
    pub eth_rpc: String,
    pub mirror: Mirror,
    pub indexer: Indexer,
    pub deployment: Deployment,
}

impl Network {
    #[must_use]
    pub fn policy(&self) -> Address {
        self.deployment.source.policy
    }

    #[must_use]
    pub fn license(&self) -> Address {
        self.deployment.source.license
    }

    #[must_use]
    pub fn seats(&self) -> Address {
        self.deployment.source.seats
    }

    #[must_use]
    pub fn committee(&self) -> Address {
        self.deployment.source.committee
    }

    #[must_use]
    pub fn verifier(&self) -> Address {
        self.deployment.source.verifier
    }

    /// # Errors
    /// When the Ethereum JSON-RPC's URL cannot be used.
    pub fn submitter(&self, signer: Signer) -> Result<Submitter, CallError> {
        Submitter::new(self.source.clone(), Some(&self.eth_rpc), signer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::stack::StateDir;

    fn endpoints() -> Endpoints {
        Endpoints {
            node: "ws://n".into(),
            eth_rpc: "http://e".into(),
            mirror: "http://m".into(),
            indexer: "http://i".into(),
            deployment: "d.json".into(),
            components: Vec::new(),
        }
    }

    /// A state folder as a supervisor that was killed leaves it.
    fn left_behind() -> (tempfile::TempDir, StateDir, TargetArgs) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(folder.path()).unwrap();
        let text = serde_json::to_string(&endpoints()).unwrap();
        std::fs::write(folder.path().join("stack.json"), text).unwrap();
        let args = TargetArgs {
            state: Some(folder.path().to_owned()),
            ..TargetArgs::default()
        };
        (folder, state, args)
    }

    #[tokio::test]
    async fn flags_win_over_the_running_stack_and_it_wins_over_defaults() {
        let (_folder, state, mut args) = left_behind();
        args.indexer_url = Some("http://mine".into());
        let default = Target::resolve(&args).unwrap();
        assert_eq!(default.node, "ws://127.0.0.1:9944");
        let _running = state.lock(&Progress::silent()).await.unwrap();
        let target = Target::resolve(&args).unwrap();
        assert_eq!(target.node, "ws://n");
        assert_eq!(target.indexer, "http://mine");
    }

    #[test]
    fn a_stack_that_does_not_run_is_not_mistaken_for_what_is_on_its_ports_now() {
        let (_folder, _state, args) = left_behind();
        let error = Target::resolve(&args).unwrap_err();
        assert!(matches!(error, TargetError::NoStack { .. }), "{error}");
    }

    #[test]
    fn a_stack_elsewhere_keeps_its_deployment_record() {
        let args = TargetArgs {
            state: Some("/elsewhere".into()),
            ..TargetArgs::default()
        };
        assert_eq!(
            args.deployment_file(),
            Path::new("/elsewhere/deployments/dev.json")
        );
    }
}
