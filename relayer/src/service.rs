//! Assembling and running the two roles.

use std::collections::HashMap;
use std::sync::Arc;

use alloy::signers::local::PrivateKeySigner;
use anyhow::Context;
use lex_model::Destination;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::attest::{self, AttestReadiness, Attester, Epochs};
use crate::condition::Role;
use crate::config::{AttesterConfig, DatabaseSection, DelivererConfig, EpochSource, SourceSection};
use crate::deliver::{self, DeliverReadiness, DestinationWatch, Lane};
use crate::lead::{self, Term, TermError, Work};
use crate::mirror::Mirror;
use crate::outbox::{Endpoint, Follower, Liveness, Outbox};
use crate::retention;
use crate::startup;
use crate::store::Store;

/// Runs an attester until cancelled.
///
/// # Errors
/// When the world is not as configured.
pub async fn attest(
    config: AttesterConfig,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let sources = startup::connect(&config.source).await?;
    Box::pin(attest_from(config, sources, cancel, metrics)).await
}

/// As [`attest`], from these nodes of the source chain instead of the configured ones.
///
/// # Errors
/// As [`attest`].
pub async fn attest_from<E: Endpoint>(
    config: AttesterConfig,
    sources: Vec<E>,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let signer = config.signer.signer()?;
    startup::check_attester(&config, signer.address()).await?;
    let store = open(&config.source, &config.database).await?;
    let (database, http) = (config.database.clone(), config.http.clone());
    let work = Attest {
        config,
        sources,
        signer,
    };
    // Boxed, because the compiler lays out nested futures to a certain depth only.
    Box::pin(lead::run(work, store, &database, &http, cancel, metrics)).await
}

/// Runs a deliverer until cancelled.
///
/// # Errors
/// When the world is not as configured.
pub async fn deliver(
    config: DelivererConfig,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let sources = startup::connect(&config.source).await?;
    Box::pin(deliver_from(config, sources, cancel, metrics)).await
}

/// As [`deliver`], from these nodes of the source chain instead of the configured ones.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_from<E: Endpoint>(
    config: DelivererConfig,
    sources: Vec<E>,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let signer = config.signer.signer()?;
    let section = &config.destination;
    let mirror = Mirror::new(&section.rpc_url, section.mirror)?;
    startup::check_deliverer(&config, &mirror, signer.address()).await?;
    let store = open(&config.source, &config.database).await?;
    let (database, http) = (config.database.clone(), config.http.clone());
    let work = Deliver {
        config,
        sources,
        signer,
        mirror,
    };
    // As in `attest_from`.
    Box::pin(lead::run(work, store, &database, &http, cancel, metrics)).await
}

/// Opens the state, which may be another process's at present.
async fn open(source: &SourceSection, database: &DatabaseSection) -> anyhow::Result<Store> {
    let store = Store::open(database)
        .await
        .context("failed to open the database (database.url, database.schema)")?;
    if store.must_be_readable().await.is_ok() {
        // Or this would wait for a process that works on something else.
        store.must_be_of(source).await?;
    }
    Ok(store)
}

struct Attest<E> {
    config: AttesterConfig,
    sources: Vec<E>,
    signer: PrivateKeySigner,
}

impl<E: Endpoint> Work for Attest<E> {
    const ROLE: Role = Role::Attester;

    async fn take_up(&self, store: Store, cancel: CancellationToken) -> Result<Term, TermError> {
        let config = &self.config;
        let follower = follower(&config.source, &self.sources, &store).await?;
        let liveness = Liveness::new(config.source.longest_silence, follower.progress());
        let attester = Arc::new(Attester::new(
            self.signer.clone(),
            config.source.clone(),
            destinations(config)?,
            config.attester.max_wait,
            store.clone(),
            follower.halt_switch(),
        ));
        info!(attester = %attester.address(), "attester starts");
        let readiness = Arc::new(AttestReadiness {
            attester,
            liveness: liveness.clone(),
        });
        let watching = liveness.watch(self.sources.clone(), cancel.clone());
        let forgetting = retention::run(store, config.database.keep_blocks, cancel.clone());
        Ok(Term {
            routes: attest::routes(readiness.clone()),
            condition: readiness,
            work: Box::pin(async move {
                tokio::join!(follower.run(cancel), watching, forgetting);
            }),
        })
    }
}

fn destinations(config: &AttesterConfig) -> anyhow::Result<HashMap<String, (Destination, Epochs)>> {
    let mut destinations = HashMap::new();
    for section in &config.destinations {
        let destination = Destination {
            chain_id: section.chain_id,
            mirror: section.mirror.0.0,
        };
        let epochs = match section.epoch_source().map_err(anyhow::Error::msg)? {
            EpochSource::Configured(epoch) => Epochs::Fixed(epoch),
            EpochSource::Chain(url) => {
                let mirror = Mirror::new(&url, section.mirror).map_err(anyhow::Error::from)?;
                Epochs::of_mirror(mirror, config.attester.epoch_max_age)
            }
        };
        destinations.insert(section.name.clone(), (destination, epochs));
    }
    Ok(destinations)
}

struct Deliver<E> {
    config: DelivererConfig,
    sources: Vec<E>,
    signer: PrivateKeySigner,
    mirror: Mirror,
}

impl<E: Endpoint> Work for Deliver<E> {
    const ROLE: Role = Role::Deliverer;

    async fn take_up(&self, store: Store, cancel: CancellationToken) -> Result<Term, TermError> {
        let (config, mirror, signer) = (&self.config, &self.mirror, &self.signer);
        let account = signer.address();
        let follower = follower(&config.source, &self.sources, &store).await?;
        let (progress, halt) = (follower.progress(), follower.halt_switch());
        let liveness = Liveness::new(config.source.longest_silence, progress.clone());
        let section = &config.destination;
        let destination = Destination {
            chain_id: section.chain_id,
            mirror: section.mirror.0.0,
        };
        store.leave_other_mirrors(&destination).await?;
        let lane = Lane::new(config, mirror.clone(), signer.clone(), store.clone(), halt)?;
        let watch = DestinationWatch::new(mirror.clone(), account);
        let attesters = lane.attesters();
        let readiness = DeliverReadiness {
            store: store.clone(),
            progress: progress.clone(),
            liveness: liveness.clone(),
            lane: lane.status(),
            destination: watch.clone(),
            attesters: attesters.clone(),
            max_stall: config.readiness.max_stall,
        };
        info!(%account, destination = section.name, "deliverer starts");
        let routes = deliver::routes(store.clone(), progress);
        let watching = liveness.watch(self.sources.clone(), cancel.clone());
        let (looking, asking) = (watch.run(cancel.clone()), attesters.watch(cancel.clone()));
        let forgetting = retention::run(store, config.database.keep_blocks, cancel.clone());
        Ok(Term {
            routes,
            condition: Arc::new(readiness),
            work: Box::pin(async move {
                let following = follower.run(cancel.clone());
                let delivering = lane.run(cancel);
                tokio::join!(following, delivering, watching, looking, asking, forgetting);
            }),
        })
    }
}

/// A follower that goes on where the recorded state ends, which has to be of this source as it is now.
async fn follower<E: Endpoint>(
    section: &SourceSection,
    sources: &[E],
    store: &Store,
) -> Result<Follower<E>, TermError> {
    store.bind(section).await?;
    startup::check_state(store, sources).await?;
    let outbox = Outbox::new(section.chain_id, section.contract);
    let start = section.start_block;
    let mut follower = Follower::new(outbox, start, sources.to_vec(), store.clone());
    follower.load().await?;
    Ok(follower)
}
