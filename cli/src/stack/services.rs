//! The services: three attesters, the deliverer and the indexer, with their rendered configurations.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde::Serialize;
use thiserror::Error;

use super::component::ComponentSpec;
use super::config::StackConfig;
use super::keys::{DevKeys, KeyFile};
use super::liveness::Liveness;
use super::ports::{ATTESTERS, Ports, http};
use super::readiness::Readiness;
use super::state::{StateDir, StateError};
use crate::deployment::{Deployment, MirrorDeployment};

/// Schemas of the services in the one database of a stack.
pub(super) const INDEXER_SCHEMA: &str = "lex_indexer";
pub(super) const DELIVERER_SCHEMA: &str = "deliverer";

pub(super) fn attester_schema(number: usize) -> String {
    format!("attester_{number}")
}

/// Why the services cannot be configured.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error("the deployment names no mirror")]
    NoMirror,
    #[error("a configuration cannot be written as TOML")]
    Toml(#[from] toml::ser::Error),
}

/// What the configurations of the services are made from.
pub(super) struct Services<'a> {
    pub config: &'a StackConfig,
    pub ports: Ports,
    pub state: &'a StateDir,
    pub deployment: &'a Deployment,
    pub keys: &'a DevKeys,
    /// With its password.
    pub database_url: &'a str,
}

impl Services<'_> {
    /// Writes the configurations and says how to run each service, attesters first.
    pub(super) fn specs(&self) -> Result<Vec<ComponentSpec>, RenderError> {
        let mut specs = Vec::new();
        for number in 1..=ATTESTERS {
            specs.push(self.attester(number)?);
        }
        specs.push(self.deliverer()?);
        specs.push(self.indexer()?);
        Ok(specs)
    }

    fn attester(&self, number: usize) -> Result<ComponentSpec, RenderError> {
        let name = format!("attester-{number}");
        let port = self.ports.attesters[number - 1];
        let mirror = self.mirror()?;
        let file = AttesterFile {
            source: self.relayer_source(),
            database: self.database(&attester_schema(number)),
            http: Http::on(port),
            signer: SignerSection::of(&self.keys.attesters[number - 1]),
            destinations: vec![Destination {
                name: &mirror.name,
                chain_id: mirror.chain_id,
                mirror: mirror.mirror.to_string(),
                rpc_url: self.ports.mirror_url(),
            }],
        };
        let program = &self.config.binaries.relayer;
        self.spec(&name, program, &["attest"], port, &file)
    }

    fn deliverer(&self) -> Result<ComponentSpec, RenderError> {
        let port = self.ports.deliverer;
        let mirror = self.mirror()?;
        let file = DelivererFile {
            source: self.relayer_source(),
            database: self.database(DELIVERER_SCHEMA),
            http: Http::on(port),
            signer: SignerSection::of(&self.keys.deliverer),
            destination: Lane {
                name: &mirror.name,
                chain_id: mirror.chain_id,
                mirror: mirror.mirror.to_string(),
                rpc_url: self.ports.mirror_url(),
                // anvil mines on demand: a block after ours may never come.
                confirmations: 1,
                poll_interval: "100ms",
            },
            attesters: Attesters {
                urls: self.ports.attesters.into_iter().map(http).collect(),
            },
            batch: Batch {
                heartbeat: format!("{}s", self.config.heartbeat.as_secs()),
            },
            fees: Fees {
                max_fee_per_gas: "200 gwei",
                max_priority_fee_per_gas: "10 gwei",
                hourly_budget: "100 ether",
            },
        };
        let program = &self.config.binaries.relayer;
        self.spec("deliverer", program, &["deliver"], port, &file)
    }

    fn indexer(&self) -> Result<ComponentSpec, RenderError> {
        let port = self.ports.indexer;
        let source = &self.deployment.source;
        let file = IndexerFile {
            source: IndexerSource {
                url: self.ports.node_url(),
                chain_id: source.chain_id,
                genesis: source.genesis.to_string(),
                policy: source.policy.to_string(),
                license: source.license.to_string(),
                committees: vec![source.committee.to_string()],
                start_block: source.block,
            },
            database: self.database(INDEXER_SCHEMA),
            http: IndexerHttp {
                listen: format!("127.0.0.1:{port}"),
                // Whoever develops a page serves it from where it likes.
                allowed_origins: ["*"],
            },
        };
        let program = &self.config.binaries.indexer;
        self.spec("indexer", program, &[], port, &file)
    }

    fn spec(
        &self,
        name: &str,
        program: &Path,
        command: &[&str],
        port: u16,
        file: &impl Serialize,
    ) -> Result<ComponentSpec, RenderError> {
        let text = format!(
            "# Written by `lex up` for {name}; edits are lost at the next start.\n\n{}",
            toml::to_string(file)?
        );
        let path = self
            .state
            .write_secret(format!("config/{name}.toml"), &text)?;
        let url = http(port);
        let mut args: Vec<_> = command.iter().map(Into::into).collect();
        args.extend(["--config".into(), path.into_os_string()]);
        Ok(ComponentSpec {
            name: name.to_owned(),
            program: program.to_owned(),
            args,
            before_start: None,
            env: Vec::new(),
            user: None,
            ready: Readiness::Http {
                url: format!("{url}/health/ready"),
            },
            url,
            ready_within: Duration::from_secs(120),
            live: Some(Liveness::of_service(port)),
            stop_signal: Signal::TERM,
            stop_within: Duration::from_secs(15),
        })
    }

    fn relayer_source(&self) -> RelayerSource {
        let source = &self.deployment.source;
        RelayerSource {
            endpoints: vec![self.ports.node_url()],
            chain_id: source.chain_id,
            genesis: source.genesis.to_string(),
            contract: source.license.to_string(),
            start_block: source.license_block,
        }
    }

    fn database(&self, schema: &str) -> Database<'_> {
        Database {
            url: self.database_url,
            schema: schema.to_owned(),
        }
    }

    fn mirror(&self) -> Result<&MirrorDeployment, RenderError> {
        self.deployment.mirrors.first().ok_or(RenderError::NoMirror)
    }
}

#[derive(Serialize)]
struct AttesterFile<'a> {
    source: RelayerSource,
    database: Database<'a>,
    http: Http,
    signer: SignerSection,
    destinations: Vec<Destination<'a>>,
}

#[derive(Serialize)]
struct DelivererFile<'a> {
    source: RelayerSource,
    database: Database<'a>,
    http: Http,
    signer: SignerSection,
    destination: Lane<'a>,
    attesters: Attesters,
    batch: Batch,
    fees: Fees,
}

#[derive(Serialize)]
struct IndexerFile<'a> {
    source: IndexerSource,
    database: Database<'a>,
    http: IndexerHttp,
}

#[derive(Serialize)]
struct IndexerHttp {
    listen: String,
    allowed_origins: [&'static str; 1],
}

#[derive(Serialize)]
struct RelayerSource {
    endpoints: Vec<String>,
    chain_id: u64,
    genesis: String,
    contract: String,
    start_block: u64,
}

#[derive(Serialize)]
struct IndexerSource {
    url: String,
    chain_id: u64,
    genesis: String,
    policy: String,
    license: String,
    committees: Vec<String>,
    start_block: u64,
}

#[derive(Serialize)]
struct Database<'a> {
    url: &'a str,
    schema: String,
}

#[derive(Serialize)]
struct Http {
    listen: String,
}

impl Http {
    fn on(port: u16) -> Http {
        Http {
            listen: format!("127.0.0.1:{port}"),
        }
    }
}

#[derive(Serialize)]
struct SignerSection {
    key_file: String,
}

impl SignerSection {
    fn of(key: &KeyFile) -> SignerSection {
        SignerSection {
            key_file: key.path.display().to_string(),
        }
    }
}

#[derive(Serialize)]
struct Destination<'a> {
    name: &'a str,
    chain_id: u64,
    mirror: String,
    rpc_url: String,
}

#[derive(Serialize)]
struct Lane<'a> {
    name: &'a str,
    chain_id: u64,
    mirror: String,
    rpc_url: String,
    confirmations: u64,
    poll_interval: &'a str,
}

#[derive(Serialize)]
struct Attesters {
    urls: Vec<String>,
}

#[derive(Serialize)]
struct Batch {
    heartbeat: String,
}

#[derive(Serialize)]
struct Fees {
    max_fee_per_gas: &'static str,
    max_priority_fee_per_gas: &'static str,
    hourly_budget: &'static str,
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use lex_client::{Address, B256};
    use lex_indexer::config::Config as IndexerConfig;
    use lex_relayer::config::{AttesterConfig, DelivererConfig, load};

    use super::*;
    use crate::deployment::{CodeHashes, Implementations, SourceDeployment};
    use crate::stack::{Binaries, MIRROR_CHAIN_ID, PostgresBinaries};

    fn deployment() -> Deployment {
        Deployment {
            network: "dev".into(),
            source: SourceDeployment {
                chain_id: 420_420_420,
                genesis: B256::repeat_byte(1),
                policy: Address::repeat_byte(2),
                verifier: Address::repeat_byte(4),
                committee: Address::repeat_byte(5),
                license: Address::repeat_byte(3),
                seats: Address::repeat_byte(6),
                implementation: Implementations {
                    license: Address::repeat_byte(8),
                    seats: Address::repeat_byte(9),
                },
                block: 4,
                license_block: 5,
                seats_block: 6,
                code_hash: CodeHashes {
                    policy: B256::ZERO,
                    verifier: B256::ZERO,
                    committee: B256::ZERO,
                    license: B256::ZERO,
                    seats: B256::ZERO,
                    proxy: B256::ZERO,
                },
            },
            mirrors: vec![MirrorDeployment {
                name: "anvil".into(),
                chain_id: MIRROR_CHAIN_ID,
                mirror: Address::repeat_byte(7),
                block: 1,
            }],
        }
    }

    fn config(folder: &Path) -> StackConfig {
        let nowhere = PathBuf::from("/nowhere");
        let binaries = Binaries {
            node: nowhere.clone(),
            anvil: nowhere.clone(),
            indexer: nowhere.clone(),
            relayer: nowhere.clone(),
            postgres: PostgresBinaries {
                folder: nowhere.clone(),
            },
            contracts: nowhere,
        };
        StackConfig::new(folder.to_owned(), folder.join("dev.json"), binaries)
    }

    #[test]
    fn the_services_read_what_is_written_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let state = StateDir::create(folder.path()).unwrap();
        let keys = DevKeys::load_or_make(&state).unwrap();
        let specs = Services {
            config: &config,
            ports: Ports::default(),
            state: &state,
            deployment: &deployment(),
            keys: &keys,
            database_url: "postgres://lex:secret@127.0.0.1:15432/lex",
        }
        .specs()
        .unwrap();

        let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "attester-1",
                "attester-2",
                "attester-3",
                "deliverer",
                "indexer"
            ]
        );
        let file = |name: &str| state.path(format!("config/{name}.toml"));
        for (number, port) in (1..).zip(Ports::default().attesters) {
            let attester: AttesterConfig = load(&file(&format!("attester-{number}"))).unwrap();
            assert_eq!(attester.http.listen.port(), port);
            assert_eq!(attester.destinations[0].name, "anvil");
            let key = attester.signer.signer().unwrap();
            assert_eq!(key.address(), keys.attesters[number - 1].address());
        }
        let deliverer: DelivererConfig = load(&file("deliverer")).unwrap();
        assert_eq!(deliverer.attesters.urls.len(), ATTESTERS);
        assert_eq!(deliverer.source.start_block, 5);
        let indexer = IndexerConfig::load(&file("indexer")).unwrap();
        assert_eq!(indexer.source.start_block, 4);
        assert_eq!(indexer.source.committees, [Address::repeat_byte(5)]);
    }
}
