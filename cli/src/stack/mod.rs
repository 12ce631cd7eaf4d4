//! A development stack: both chains, the database and every service on one machine.
//!
//! ```no_run
//! # async fn example() -> Result<(), lex_cli::stack::StackError> {
//! use lex_cli::progress::Progress;
//! use lex_cli::stack::{Binaries, Stack, StackConfig};
//!
//! let binaries = Binaries::find(".".as_ref())?;
//! let config = StackConfig::for_test("/tmp/some-folder".as_ref(), binaries);
//! let stack = Stack::start(config, Progress::silent()).await?;
//! stack.component("indexer")?.kill9().await?;
//! stack.component("indexer")?.restart().await?;
//! stack.stop().await;
//! # Ok(()) }
//! ```

mod anvil;
mod binaries;
mod component;
mod config;
mod endpoints;
mod heartbeat;
mod kept_chain;
mod keys;
mod leftovers;
mod marks;
mod node;
mod ports;
mod postgres;
mod process;
mod readiness;
mod services;
mod state;
mod user;
pub mod wait;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lex_client::{CallError, Signer, Source, SourceError, Submitter};
use thiserror::Error;

pub use self::anvil::CHAIN_ID as MIRROR_CHAIN_ID;
pub use self::binaries::{Binaries, Missing, PostgresBinaries, find_contracts, find_node};
pub use self::component::{Component, ComponentError, ComponentSpec, ComponentState, OnCrash};
pub use self::config::StackConfig;
pub use self::endpoints::{ComponentEndpoint, Endpoints, EndpointsError};
pub use self::keys::{
    ADMIN, COMMITTEE_CHECKER, COMMITTEE_MAKER, COMPLIANCE_SIGNER, COMPLIANCE_SIGNER_FILE, DevKeys,
    GUARDIAN, KeyError, KeyFile, PUBLISHER,
};
pub use self::leftovers::end_leftovers;
pub use self::node::NodeOptions;
pub use self::ports::{
    ATTESTERS, NamedPort, Others, PortClaim, PortError, PortOverrides, PortPlan, Ports,
    WrongAttesterPorts,
};
pub use self::postgres::{Postgres, PostgresError};
pub use self::process::{PidFile, ProcessRecord};
pub use self::readiness::{Readiness, http_client};
pub use self::services::RenderError;
pub use self::state::{StateDir, StateError, StateLock};
pub use self::user::UnixUser;

use self::heartbeat::Heartbeat;
use self::kept_chain::KeptChain;
use self::services::{DELIVERER_SCHEMA, INDEXER_SCHEMA, Services, attester_schema};
use crate::deploy::{
    DeployError, Deployed, MirrorTarget, OnMismatch, OtherCode, Outcome, deploy_network,
};
use crate::deployment::{Deployment, DeploymentError};
use crate::progress::Progress;

/// Name of the network that a stack is.
pub const NETWORK: &str = "dev";
/// Name of the one destination.
pub const MIRROR: &str = "anvil";
/// Signatures that a delivery needs.
const THRESHOLD: u8 = 2;

/// A running stack. [`Stack::stop`] ends it in order; dropping it kills its processes.
#[derive(Debug)]
pub struct Stack {
    config: StackConfig,
    state: StateDir,
    components: Vec<Component>,
    deployment: Deployment,
    keys: DevKeys,
    progress: Progress,
    continued: bool,
    claim: PortClaim,
    _heartbeat: Heartbeat,
    _lock: StateLock,
}

/// Why a stack cannot be started or used.
#[derive(Debug, Error)]
pub enum StackError {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Component(#[from] ComponentError),
    #[error(
        "the node does not start on the chain that it found in {chain}. That chain is as it was: if \
         another version of LEX made it, run that version, or start anew with `lex up --fresh`, which \
         forgets everything in {state}"
    )]
    KeptChain {
        chain: PathBuf,
        state: PathBuf,
        source: Box<ComponentError>,
    },
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Endpoints(#[from] EndpointsError),
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    #[error("failed to deploy the contracts")]
    Deploy(#[from] DeployError),
    #[error("failed to reach the source chain")]
    Source(#[from] SourceError),
    #[error("failed to prepare the administrator's account")]
    Admin(#[source] CallError),
    #[error("the stack has no component {0:?}")]
    NoComponent(String),
}

impl Stack {
    /// Starts everything and waits until every part serves.
    ///
    /// What an earlier, killed supervisor left running in the same state folder is ended first.
    ///
    /// # Errors
    /// The first thing that cannot be started; what was started until then is ended.
    pub async fn start(config: StackConfig, progress: Progress) -> Result<Stack, StackError> {
        let state = StateDir::create(&config.state)?;
        let lock = state.lock().await?;
        // What a killed supervisor wrote may by now be the addresses of another stack.
        Endpoints::forget(&state);
        end_leftovers(&state, &progress).await;
        if config.fresh {
            Postgres::wipe(&state)?;
            state.wipe()?;
        }
        let claim = claim_ports(&config, &progress)?;
        let ports = claim.ports();
        let starting = Starting {
            config: &config,
            ports,
            state: &state,
            progress: &progress,
            components: Mutex::default(),
        };
        let started = starting.run().await;
        let components = starting.into_components();
        match started {
            Ok(Started {
                deployment,
                keys,
                continued,
            }) => {
                Endpoints::of(&config, ports, &components).write(&state)?;
                let heartbeat = Heartbeat::start(&config, ports.node);
                Ok(Stack {
                    config,
                    state,
                    components,
                    deployment,
                    keys,
                    progress,
                    continued,
                    claim,
                    _heartbeat: heartbeat,
                    _lock: lock,
                })
            }
            Err(error) => {
                stop_all(&components).await;
                Err(error)
            }
        }
    }

    /// # Errors
    /// [`StackError::NoComponent`].
    pub fn component(&self, name: &str) -> Result<&Component, StackError> {
        self.components
            .iter()
            .find(|component| component.name() == name)
            .ok_or_else(|| StackError::NoComponent(name.to_owned()))
    }

    /// In the order in which they were started.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::of(&self.config, self.claim.ports(), &self.components)
    }

    #[must_use]
    pub fn keys(&self) -> &DevKeys {
        &self.keys
    }

    #[must_use]
    pub fn config(&self) -> &StackConfig {
        &self.config
    }

    /// Whether the contracts of an earlier start are still in use.
    #[must_use]
    pub fn continued(&self) -> bool {
        self.continued
    }

    /// Ends every component, the last started first.
    pub async fn stop(self) {
        let step = self.progress.step("stopping");
        stop_all(&self.components).await;
        Endpoints::forget(&self.state);
        step.done(format!("{} components", self.components.len()));
    }
}

async fn stop_all(components: &[Component]) {
    for component in components.iter().rev() {
        // A supervisor that has ended has ended its process too.
        let _ = component.stop().await;
    }
}

/// What is said of kept contracts that another version of LEX deployed. They go on: only the user
/// may give up what is in them.
fn older_code(other: &[OtherCode]) -> Option<String> {
    let names: Vec<_> = other.iter().map(|other| other.contract).collect();
    (!names.is_empty()).then(|| {
        format!(
            "contracts of another version of LEX are in use ({}); `lex up --fresh` starts anew with \
             the present ones and forgets every license",
            names.join(", ")
        )
    })
}

/// Takes the ports, and says where the stack will be when it is not where people look for it.
fn claim_ports(config: &StackConfig, progress: &Progress) -> Result<PortClaim, PortError> {
    let claim = config.ports.claim()?;
    if let Some(NamedPort { name, port, .. }) = claim.instead_of() {
        let ports = claim.ports();
        progress.note(format!(
            "port {port} ({name}) is taken, so this stack moves: node {}, Ethereum JSON-RPC {}, \
             mirror {}, index {}",
            ports.node_url(),
            ports.eth_rpc_url(),
            ports.mirror_url(),
            ports.indexer_url()
        ));
    }
    Ok(claim)
}

/// A stack that is being started.
struct Starting<'a> {
    config: &'a StackConfig,
    ports: Ports,
    state: &'a StateDir,
    progress: &'a Progress,
    /// In the order in which they were started.
    components: Mutex<Vec<Component>>,
}

struct Started {
    deployment: Deployment,
    keys: DevKeys,
    continued: bool,
}

impl Starting<'_> {
    async fn run(&self) -> Result<Started, StackError> {
        let keys = DevKeys::load_or_make(self.state)?;
        let (postgres, deployed) =
            tokio::try_join!(self.start_database(), self.start_chains(&keys))?;
        self.forget_other_chains(&postgres, &deployed).await?;
        deployed.deployment.write(&self.config.deployment)?;
        let services = Services {
            config: self.config,
            ports: self.ports,
            state: self.state,
            deployment: &deployed.deployment,
            keys: &keys,
            database_url: &postgres.secret_url(),
        };
        self.start_together(services.specs()?).await?;
        Ok(Started {
            continued: deployed.source == Outcome::Kept,
            deployment: deployed.deployment,
            keys,
        })
    }

    async fn start_database(&self) -> Result<Postgres, StackError> {
        let step = self.progress.step("database cluster");
        let postgres = Postgres::prepare(
            self.state,
            self.config.binaries.postgres.clone(),
            self.ports.postgres,
        )
        .await?;
        step.done("ready to start");
        self.start_together(vec![postgres.spec()]).await?;
        postgres.ensure_database().await?;
        Ok(postgres)
    }

    /// Both chains and the contracts on them.
    async fn start_chains(&self, keys: &DevKeys) -> Result<Deployed, StackError> {
        let kept = KeptChain::of(self.state)?;
        let chain = kept.chain();
        let node = self.config.node(self.ports.node).component(self.state)?;
        let anvil = &self.config.binaries.anvil;
        let anvil = anvil::anvil(anvil, self.ports.anvil, self.state, self.progress)?;
        self.start_together(vec![node, anvil])
            .await
            .map_err(|error| self.explained(error, chain))?;
        kept.keep()?;
        // It ends when it finds no node.
        let eth_rpc = node::eth_rpc(&self.config.binaries.node, self.ports, self.state)?;
        let (deployed, ()) =
            tokio::try_join!(self.deploy(keys), self.start_together(vec![eth_rpc]))?;
        Ok(deployed)
    }

    /// Says what can be done when the node ended on a chain that an earlier start left.
    fn explained(&self, error: StackError, chain: Option<PathBuf>) -> StackError {
        match (error, chain) {
            (StackError::Component(source @ ComponentError::Ended { .. }), Some(chain))
                if source.component() == node::NAME =>
            {
                StackError::KeptChain {
                    chain,
                    state: self.state.root().to_owned(),
                    source: Box::new(source),
                }
            }
            (error, _) => error,
        }
    }

    async fn deploy(&self, keys: &DevKeys) -> Result<Deployed, StackError> {
        let step = self.progress.step("contracts");
        let source = Source::connect(&self.ports.node_url()).await?;
        let admin = Signer::from_uri(ADMIN).expect("the literal is a secret URI");
        let submitter = Submitter::new(source, Some(&self.ports.eth_rpc_url()), admin)
            .map_err(StackError::Admin)?;
        let recorded = self.recorded()?;
        let target = MirrorTarget {
            name: MIRROR.to_owned(),
            rpc_url: self.ports.mirror_url(),
            deployer: keys.mirror_owner.signer.clone(),
            owner: keys.mirror_owner.address(),
            guardian: keys.mirror_guardian.address(),
            attesters: keys.attester_set(),
            threshold: THRESHOLD,
            max_age: self.config.mirror_max_age,
        };
        let deployed = deploy_network(
            NETWORK,
            &submitter,
            &self.config.binaries.contracts,
            &keys.governance(),
            &[target],
            recorded.as_ref(),
            OnMismatch::Redeploy,
        )
        .await?;
        step.done(match (deployed.source, deployed.mirrors.as_slice()) {
            (Outcome::Kept, [Outcome::Kept]) => "as deployed before",
            (Outcome::Kept, _) => "mirror deployed again: its chain had forgotten it",
            (Outcome::Deployed, _) => "deployed on both chains",
        });
        if let Some(note) = older_code(&deployed.other_code) {
            self.progress.note(note);
        }
        Ok(deployed)
    }

    /// The deployment of an earlier start. What another version of LEX recorded is of no use here.
    fn recorded(&self) -> Result<Option<Deployment>, StackError> {
        match Deployment::read_if_any(&self.config.deployment) {
            Err(DeploymentError::Format { path, .. }) => {
                let path = path.display();
                self.progress.note(format!(
                    "{path} is of another version of LEX; the contracts are deployed again"
                ));
                Ok(None)
            }
            other => Ok(other?),
        }
    }

    /// What services know of contracts that are no longer there would stop them.
    async fn forget_other_chains(
        &self,
        postgres: &Postgres,
        deployed: &Deployed,
    ) -> Result<(), StackError> {
        if deployed.source == Outcome::Deployed {
            postgres.drop_schema(INDEXER_SCHEMA).await?;
            for number in 1..=ATTESTERS {
                postgres.drop_schema(&attester_schema(number)).await?;
            }
        }
        if deployed.mirrors.contains(&Outcome::Deployed) {
            postgres.drop_schema(DELIVERER_SCHEMA).await?;
        }
        Ok(())
    }

    /// Starts components that do not need each other and waits for all of them.
    async fn start_together(&self, specs: Vec<ComponentSpec>) -> Result<(), StackError> {
        let mut starting = Vec::new();
        for spec in specs {
            let step = self.progress.step(spec.name.clone());
            let component = Component::spawn(
                spec,
                self.state,
                self.config.on_crash,
                self.progress.clone(),
            )?;
            self.components().push(component.clone());
            starting.push((component, step));
        }
        let ready = starting.into_iter().map(|(component, step)| async move {
            component.wait_ready().await?;
            step.done(&component.spec().url);
            Ok::<(), ComponentError>(())
        });
        futures::future::try_join_all(ready).await?;
        Ok(())
    }

    fn components(&self) -> MutexGuard<'_, Vec<Component>> {
        // A list that something is pushed to is whole at any time.
        self.components
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn into_components(self) -> Vec<Component> {
        self.components
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use lex_client::{Address, B256};

    use super::*;

    fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A stack whose programs are scripts.
    fn config(folder: &Path, node: &str) -> StackConfig {
        let binaries = Binaries {
            node: program(folder, "node", node),
            anvil: program(folder, "anvil", "exec sleep 600"),
            indexer: "/nowhere".into(),
            relayer: "/nowhere".into(),
            postgres: PostgresBinaries {
                folder: "/nowhere".into(),
            },
            contracts: "/nowhere".into(),
        };
        StackConfig::for_test(folder, binaries)
    }

    async fn start_chains(folder: &Path, node: &str) -> StackError {
        let config = config(folder, node);
        let state = StateDir::create(&config.state).unwrap();
        let keys = DevKeys::load_or_make(&state).unwrap();
        let starting = Starting {
            ports: config.ports.claim().unwrap().ports(),
            config: &config,
            state: &state,
            progress: &Progress::silent(),
            components: Mutex::default(),
        };
        starting.start_chains(&keys).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_chain_that_the_node_does_not_take_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let chain = folder.path().join("state/node/chains");
        fs::create_dir_all(chain.join("lex-dev/paritydb")).unwrap();
        let error = start_chains(folder.path(), "echo $3 is of another node; exit 1").await;
        let text = anyhow::Error::from(error);
        let text = format!("{text:#}");
        assert!(text.contains(&chain.display().to_string()), "{text}");
        assert!(text.contains("lex up --fresh"), "{text}");
        assert!(text.contains("state/node is of another node"), "{text}");
        assert!(chain.join("lex-dev/paritydb").exists());
    }

    #[tokio::test]
    async fn a_node_that_fails_on_a_new_chain_is_just_reported() {
        let folder = tempfile::tempdir().unwrap();
        let error = start_chains(folder.path(), "exit 1").await;
        assert!(matches!(error, StackError::Component(_)), "{error}");
    }

    #[test]
    fn contracts_of_another_version_are_named_in_one_line() {
        let other = ["policy", "seats"].map(|contract| OtherCode {
            contract,
            address: Address::ZERO,
            expected: B256::ZERO,
            found: Some(B256::repeat_byte(1)),
        });
        let note = older_code(&other).unwrap();
        assert!(note.contains("(policy, seats)"), "{note}");
        assert!(note.contains("lex up --fresh"), "{note}");
        assert_eq!(note.lines().count(), 1);
        assert_eq!(older_code(&[]), None);
    }
}
