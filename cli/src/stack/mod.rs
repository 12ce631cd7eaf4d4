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
mod file_lock;
mod health;
mod heartbeat;
mod kept_chain;
mod kept_dump;
mod kept_ports;
mod keys;
mod leftovers;
mod liveness;
mod log;
mod marks;
mod node;
mod ports;
mod postgres;
mod process;
mod readiness;
mod services;
mod starting;
mod state;
mod trouble;
mod upkeep;
mod user;
pub mod wait;

use std::path::PathBuf;

use lex_client::{CallError, SourceError};
use thiserror::Error;

pub use self::anvil::CHAIN_ID as MIRROR_CHAIN_ID;
pub use self::binaries::{Binaries, Missing, PostgresBinaries, find_contracts, find_node};
pub use self::component::{
    BeforeStart, Component, ComponentError, ComponentSpec, ComponentState, OnCrash,
};
pub use self::config::StackConfig;
pub use self::endpoints::{ComponentEndpoint, Endpoints, EndpointsError};
pub use self::health::{Unready, unready};
pub use self::kept_ports::KeptPorts;
pub use self::keys::{
    ADMIN, COMMITTEE_CHECKER, COMMITTEE_MAKER, COMPLIANCE_SIGNER, COMPLIANCE_SIGNER_FILE, DevKeys,
    GUARDIAN, KeyError, KeyFile, PUBLISHER,
};
pub use self::leftovers::end_leftovers;
pub use self::liveness::Liveness;
pub use self::node::NodeOptions;
pub use self::ports::{
    ATTESTERS, NamedPort, Others, PortClaim, PortError, PortOverrides, PortPlan, Ports,
    WrongAttesterPorts,
};
pub use self::postgres::{Postgres, PostgresError};
pub use self::process::{PidFile, ProcessRecord, Stopped};
pub use self::readiness::{Readiness, http_client, innermost};
pub use self::services::RenderError;
pub use self::state::{StateDir, StateError, StateLock};
pub use self::trouble::{NextSteps, Trouble};
pub use self::user::UnixUser;

use self::heartbeat::Heartbeat;
use self::kept_dump::KeptDump;
use self::starting::{Started, Starting};
use self::upkeep::Upkeep;
use crate::deploy::DeployError;
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
    troubles: Vec<Trouble>,
    claim: PortClaim,
    _heartbeat: Heartbeat,
    _upkeep: Upkeep,
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
    /// Starts everything and waits until every part serves. A service that does not is no reason to end
    /// the others: see [`Stack::troubles`].
    ///
    /// What an earlier, killed supervisor left running in the same state folder is ended first.
    ///
    /// # Errors
    /// When a chain, the database or the contracts cannot be had, without which no service works, or a
    /// program cannot be started; what was started until then is ended.
    pub async fn start(config: StackConfig, progress: Progress) -> Result<Stack, StackError> {
        let state = StateDir::create(&config.state)?;
        let lock = state.lock(&progress).await?;
        // What a killed supervisor wrote may by now be the addresses of another stack.
        Endpoints::forget(&state);
        end_leftovers(&state, &progress).await?;
        if config.fresh {
            Postgres::wipe(&state)?;
            state.wipe()?;
        }
        let kept_ports = KeptPorts::of(&state);
        let claim = kept_ports.claim(&config.ports, &progress).await?;
        let ports = claim.ports();
        kept_ports.keep(ports)?;
        let starting = Starting::new(&config, ports, &state, &progress);
        let started = starting.run().await;
        let components = starting.into_components();
        match started {
            Ok(Started {
                deployment,
                keys,
                continued,
                troubles,
                heartbeat,
            }) => {
                let dump = KeptDump::of(&state.path("anvil"));
                let upkeep = Upkeep::start(dump, &state, progress.clone());
                Ok(Stack {
                    config,
                    state,
                    components,
                    deployment,
                    keys,
                    progress,
                    continued,
                    troubles,
                    claim,
                    _heartbeat: heartbeat,
                    _upkeep: upkeep,
                    _lock: lock,
                })
            }
            Err(error) => {
                stop_all(&components).await;
                Endpoints::forget(&state);
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

    /// Services that did not serve when the stack had been started. They are kept up like all others.
    #[must_use]
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
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
