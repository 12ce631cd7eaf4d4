//! The way from an empty or kept state folder to a stack that serves.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lex_client::{Signer, Source, Submitter};

use super::component::{Component, ComponentError, ComponentSpec};
use super::config::StackConfig;
use super::endpoints::Endpoints;
use super::heartbeat::Heartbeat;
use super::kept_chain::KeptChain;
use super::kept_dump::KeptDump;
use super::keys::{ADMIN, DevKeys};
use super::ports::{ATTESTERS, Ports};
use super::postgres::Postgres;
use super::services::{DELIVERER_SCHEMA, INDEXER_SCHEMA, Services, attester_schema};
use super::state::StateDir;
use super::trouble::{NextSteps, Trouble};
use super::{MIRROR, NETWORK, StackError, THRESHOLD, anvil, node};
use crate::deploy::{Deployed, MirrorTarget, OnMismatch, OtherCode, Outcome, deploy_network};
use crate::deployment::{Deployment, DeploymentError};
use crate::progress::{Progress, Step};

/// A stack that is being started.
pub(super) struct Starting<'a> {
    config: &'a StackConfig,
    ports: Ports,
    state: &'a StateDir,
    progress: &'a Progress,
    /// In the order in which they were started.
    components: Mutex<Vec<Component>>,
}

/// A stack that was started.
pub(super) struct Started {
    pub(super) deployment: Deployment,
    pub(super) keys: DevKeys,
    pub(super) continued: bool,
    pub(super) troubles: Vec<Trouble>,
    pub(super) heartbeat: Heartbeat,
}

impl<'a> Starting<'a> {
    pub(super) fn new(
        config: &'a StackConfig,
        ports: Ports,
        state: &'a StateDir,
        progress: &'a Progress,
    ) -> Starting<'a> {
        Starting {
            config,
            ports,
            state,
            progress,
            components: Mutex::default(),
        }
    }

    pub(super) async fn run(&self) -> Result<Started, StackError> {
        let keys = DevKeys::load_or_make(self.state)?;
        let (postgres, (deployed, mut troubles)) =
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
        // Before the services: they are not ready while the chain's newest block is an old one.
        let heartbeat = Heartbeat::start(self.config, self.ports.node);
        troubles.extend(self.start_services(services.specs()?).await?);
        Ok(Started {
            heartbeat,
            troubles,
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
    async fn start_chains(&self, keys: &DevKeys) -> Result<(Deployed, Vec<Trouble>), StackError> {
        let kept = KeptChain::of(self.state)?;
        kept.until_free(self.progress).await?;
        let chain = kept.chain();
        let node = self.config.node(self.ports.node).component(self.state)?;
        let dump = KeptDump::of(&self.state.folder("anvil")?);
        let anvil = anvil::anvil(&self.config.binaries.anvil, self.ports.anvil, &dump);
        self.start_together(vec![node, anvil])
            .await
            .map_err(|error| self.explained(error, chain))?;
        kept.keep()?;
        // It ends when it finds no node.
        let eth_rpc = node::eth_rpc(&self.config.binaries.node, self.ports, self.state)?;
        tokio::try_join!(self.deploy(keys), self.start_services(vec![eth_rpc]))
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
        let ready = self.spawn_all(specs)?.into_iter().map(until_ready);
        futures::future::try_join_all(ready).await?;
        Ok(())
    }

    /// Starts services and waits for each of them. One that is slow or halted stays up, and so do the others;
    /// `lex status` shows them from the beginning.
    async fn start_services(&self, specs: Vec<ComponentSpec>) -> Result<Vec<Trouble>, StackError> {
        let next_steps = NextSteps::of(self.state);
        let started = self.spawn_all(specs)?;
        Endpoints::of(self.config, self.ports, &self.components()).write(self.state)?;
        let outcomes = started.into_iter().map(until_kept_up);
        let mut troubles = Vec::new();
        for error in futures::future::join_all(outcomes)
            .await
            .into_iter()
            .flatten()
        {
            let trouble = Trouble::of_start(&error, &next_steps);
            self.progress.note(format!("  {}", trouble.line()));
            troubles.push(trouble);
        }
        Ok(troubles)
    }

    fn spawn_all(&self, specs: Vec<ComponentSpec>) -> Result<Vec<(Component, Step)>, StackError> {
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
        Ok(starting)
    }

    fn components(&self) -> MutexGuard<'_, Vec<Component>> {
        // A list that something is pushed to is whole at any time.
        self.components
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_components(self) -> Vec<Component> {
        self.components
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a component serves. When it does not, gives the reason and has it kept up: it may have ended
/// because of something that comes later.
async fn until_kept_up((component, step): (Component, Step)) -> Option<ComponentError> {
    let error = until_ready((component.clone(), step)).await.err()?;
    match component.keep_up().await {
        Ok(()) => Some(error),
        Err(unsupervised) => Some(unsupervised),
    }
}

async fn until_ready((component, step): (Component, Step)) -> Result<(), ComponentError> {
    component.wait_ready().await?;
    step.done(&component.spec().url);
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use lex_client::{Address, B256};

    use super::*;
    use crate::stack::{Binaries, PostgresBinaries};

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
        let ports = config.ports.claim().unwrap().ports();
        let progress = Progress::silent();
        let starting = Starting::new(&config, ports, &state, &progress);
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
