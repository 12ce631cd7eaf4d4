//! The services, configured as an operator would and run as their programs do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use lex_indexer::config::Config as IndexerConfig;
use lex_relayer::config::{AttesterConfig, DelivererConfig, Validate};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::destination;
use crate::process::Service;
use crate::source::{CHAIN_ID, LICENSE, POLICY};

/// What a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Attester(u8),
    Deliverer(u8),
    Indexer,
}

/// Everybody: three attesters, of whom two have to sign, two deliverers, and the indexer.
pub const ROLES: [Role; 6] = [
    Role::Attester(1),
    Role::Attester(2),
    Role::Attester(3),
    Role::Deliverer(1),
    Role::Deliverer(2),
    Role::Indexer,
];

impl Role {
    /// What it is called.
    pub fn name(self) -> String {
        match self {
            Self::Attester(number) => format!("attester-{number}"),
            Self::Deliverer(number) => format!("deliverer-{number}"),
            Self::Indexer => "indexer".to_owned(),
        }
    }

    /// Its key, of no worth anywhere; the indexer has none.
    pub fn key(self) -> Option<PrivateKeySigner> {
        let byte = match self {
            Self::Attester(number) => 0x10 + number,
            Self::Deliverer(number) => 0x20 + number,
            Self::Indexer => return None,
        };
        Some(PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).expect("it is a key"))
    }

    /// Where it answers, on a host of this machine's own network.
    pub fn address(self, host: Ipv4Addr) -> SocketAddr {
        let port = match self {
            Self::Attester(number) => 9_100 + u16::from(number),
            Self::Deliverer(number) => 9_110 + u16::from(number),
            Self::Indexer => 9_200,
        };
        (host, port).into()
    }
}

/// Where a service finds everything.
pub struct Surroundings {
    /// WebSocket addresses of the source's nodes; the indexer takes the first.
    pub nodes: Vec<String>,
    pub genesis: B256,
    pub database: String,
    pub schema: String,
    pub listen: SocketAddr,
    /// HTTP address of the destination's node.
    pub destination: String,
    pub mirror: Address,
    /// HTTP addresses of the attesters.
    pub attesters: Vec<String>,
    pub terms: Terms,
}

/// What differs from run to run.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Blocks after which the destination counts as final.
    pub confirmations: u64,
    /// Updates in one delivery at most.
    pub max_updates: u32,
    /// Seconds between two heartbeats at least.
    pub heartbeat: u64,
}

/// The service, ready to be started as often as needed.
///
/// # Errors
/// When its configuration is not usable.
pub fn service(role: Role, at: &Surroundings) -> Result<Service> {
    match role {
        Role::Attester(_) => {
            let config: AttesterConfig = relayer_config(&attester(role, at))?;
            Ok(Arc::new(move || {
                let config = config.clone();
                Box::pin(lex_relayer::service::attest(
                    config,
                    CancellationToken::new(),
                    None,
                ))
            }))
        }
        Role::Deliverer(_) => {
            let config: DelivererConfig = relayer_config(&deliverer(role, at))?;
            Ok(Arc::new(move || {
                let config = config.clone();
                Box::pin(lex_relayer::service::deliver(
                    config,
                    CancellationToken::new(),
                    None,
                ))
            }))
        }
        Role::Indexer => {
            let config = IndexerConfig::parse(&indexer(at))?;
            Ok(Arc::new(move || {
                let config = config.clone();
                let metrics = PrometheusBuilder::new().build_recorder().handle();
                Box::pin(async move {
                    let run = lex_indexer::service::run(config, metrics, CancellationToken::new());
                    Ok(run.await?)
                })
            }))
        }
    }
}

fn relayer_config<C: DeserializeOwned + Validate>(text: &str) -> Result<C> {
    let config: C = toml::from_str(text).context("the configuration does not parse")?;
    config.validate().map_err(anyhow::Error::msg)?;
    Ok(config)
}

/// What both roles of the relayer are told.
fn relayer(role: Role, at: &Surroundings) -> String {
    let Surroundings {
        nodes,
        genesis,
        database,
        schema,
        listen,
        ..
    } = at;
    let key = role.key().map(|key| key.to_bytes()).unwrap_or_default();
    format!(
        r#"
        [source]
        endpoints = {nodes:?}
        chain_id = {CHAIN_ID}
        genesis = "{genesis}"
        contract = "{LICENSE}"
        start_block = 1
        # The chain's clock may be wrong by more than any silence.
        longest_silence = "1d"
        [database]
        url = "{database}"
        schema = "{schema}"
        max_connections = 3
        [http]
        listen = "{listen}"
        [signer]
        key = "{key}"
        "#
    )
}

fn attester(role: Role, at: &Surroundings) -> String {
    let Surroundings {
        destination,
        mirror,
        ..
    } = at;
    format!(
        r#"{}
        [attester]
        max_wait = "1s"
        epoch_max_age = "100ms"
        [[destinations]]
        name = "anvil"
        chain_id = {}
        mirror = "{mirror}"
        rpc_url = "{destination}"
        "#,
        relayer(role, at),
        destination::CHAIN_ID
    )
}

fn deliverer(role: Role, at: &Surroundings) -> String {
    let Surroundings {
        destination,
        mirror,
        attesters,
        terms,
        ..
    } = at;
    let Terms {
        confirmations,
        max_updates,
        heartbeat,
    } = terms;
    format!(
        r#"{}
        [destination]
        name = "anvil"
        chain_id = {}
        mirror = "{mirror}"
        rpc_url = "{destination}"
        confirmations = {confirmations}
        poll_interval = "100ms"
        [attesters]
        urls = {attesters:?}
        request_timeout = "2s"
        [batch]
        max_updates = {max_updates}
        heartbeat = "{heartbeat}s"
        [fees]
        max_fee_per_gas = "200 gwei"
        max_priority_fee_per_gas = "10 gwei"
        hourly_budget = "100000 ether"
        bump_after = "300ms"
        "#,
        relayer(role, at),
        destination::CHAIN_ID
    )
}

fn indexer(at: &Surroundings) -> String {
    let Surroundings {
        nodes,
        genesis,
        database,
        schema,
        listen,
        ..
    } = at;
    let node = &nodes[0];
    format!(
        r#"
        [source]
        url = "{node}"
        chain_id = {CHAIN_ID}
        genesis = "{genesis}"
        policy = "{POLICY}"
        license = "{LICENSE}"
        start_block = 1
        # The chain's clock may be wrong by more than any silence.
        longest_silence = "1d"
        [database]
        url = "{database}"
        schema = "{schema}"
        max_connections = 2
        [indexing]
        poll_interval = "200ms"
        [http]
        listen = "{listen}"
        [graphql]
        # How old an answer may be is not what is tried here: it names its block.
        max_staleness = "0s"
        "#
    )
}
