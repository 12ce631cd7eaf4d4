//! Assembling and running the two roles.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::Router;
use lex_client::Source;
use lex_model::Destination;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::attest::{self, Attester, Epochs};
use crate::config::{
    AttesterConfig, DatabaseSection, DelivererConfig, EpochSource, HttpSection, SourceSection,
};
use crate::deliver::{self, DeliverReadiness, Lane};
use crate::http::{self, Readiness};
use crate::mirror::Mirror;
use crate::outbox::{Follower, Liveness, Outbox, WhileAlive};
use crate::retention;
use crate::startup;
use crate::store::{Leadership, Store};

/// Runs an attester until cancelled.
///
/// # Errors
/// When the world is not as configured, or the service cannot go on.
pub async fn attest(
    config: AttesterConfig,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let signer = config.signer.signer()?;
    let sources = startup::connect(&config.source).await?;
    startup::check_attester(&config, signer.address()).await?;
    let (store, leadership) = open(&config.source, &config.database, &sources, &cancel).await?;
    let watched = sources.clone();
    let mut follower = follower(&config.source, sources, store.clone());
    follower.load().await?;
    let liveness = Liveness::new(config.source.longest_silence, follower.progress());

    let mut destinations = HashMap::new();
    for section in &config.destinations {
        let destination = Destination {
            chain_id: section.chain_id,
            mirror: section.mirror.0.0,
        };
        let epochs = match section.epoch_source().map_err(anyhow::Error::msg)? {
            EpochSource::Configured(epoch) => Epochs::Fixed(epoch),
            EpochSource::Chain(url) => {
                let mirror = Mirror::new(&url, section.mirror)?;
                Epochs::of_mirror(mirror, config.attester.epoch_max_age)
            }
        };
        destinations.insert(section.name.clone(), (destination, epochs));
    }
    let attester = Arc::new(Attester::new(
        signer,
        config.source,
        destinations,
        config.attester.max_wait,
        store.clone(),
        follower.halt_switch(),
    ));
    info!(attester = %attester.address(), "attester starts");
    let [follow, watch, forget] = [(); 3].map(|()| cancel.child_token());
    let watching = liveness.clone().watch(watched, watch);
    let work = async move {
        tokio::join!(
            follower.run(follow),
            watching,
            retention::run(store, config.database.keep_blocks, forget)
        );
    };
    let routes = attest::routes(attester.clone());
    let readiness = WhileAlive {
        role: attester,
        liveness,
    };
    run(
        work,
        routes,
        Arc::new(readiness),
        &config.http,
        leadership,
        cancel,
        metrics,
    )
    .await
}

/// Runs a deliverer until cancelled.
///
/// # Errors
/// When the world is not as configured, or the service cannot go on.
pub async fn deliver(
    config: DelivererConfig,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let signer = config.signer.signer()?;
    let account = signer.address();
    let sources = startup::connect(&config.source).await?;
    let section = &config.destination;
    let destination = Destination {
        chain_id: section.chain_id,
        mirror: section.mirror.0.0,
    };
    let mirror = Mirror::new(&section.rpc_url, section.mirror)?;
    startup::check_deliverer(&config, &mirror, account).await?;
    let (store, leadership) = open(&config.source, &config.database, &sources, &cancel).await?;
    let watched = sources.clone();
    let mut follower = follower(&config.source, sources, store.clone());
    follower.load().await?;
    let liveness = Liveness::new(config.source.longest_silence, follower.progress());

    store.leave_other_mirrors(&destination).await?;
    let lane = Lane::new(
        &config,
        mirror,
        signer,
        store.clone(),
        follower.halt_switch(),
    )?;
    let role = DeliverReadiness {
        store: store.clone(),
        progress: follower.progress(),
        lane: lane.status(),
        max_stall: config.readiness.max_stall,
    };
    let readiness = WhileAlive {
        role: Arc::new(role),
        liveness: liveness.clone(),
    };
    let routes = deliver::routes(store.clone(), follower.progress());
    info!(%account, destination = config.destination.name, "deliverer starts");
    let [follow, relay, watch, forget] = [(); 4].map(|()| cancel.child_token());
    let watching = liveness.watch(watched, watch);
    let keep_blocks = config.database.keep_blocks;
    let work = async move {
        tokio::join!(
            follower.run(follow),
            lane.run(relay),
            watching,
            retention::run(store, keep_blocks, forget)
        );
    };
    run(
        work,
        routes,
        Arc::new(readiness),
        &config.http,
        leadership,
        cancel,
        metrics,
    )
    .await
}

fn follower(section: &SourceSection, sources: Vec<Source>, store: Store) -> Follower<Source> {
    let outbox = Outbox::new(section.chain_id, section.contract);
    Follower::new(outbox, section.start_block, sources, store)
}

/// Opens the state and waits until no other process works on it.
async fn open(
    source: &SourceSection,
    database: &DatabaseSection,
    sources: &[Source],
    cancel: &CancellationToken,
) -> anyhow::Result<(Store, Leadership)> {
    let store = Store::open(database)
        .await
        .context("failed to open the database (database.url, database.schema)")?;
    if store.must_be_readable().await.is_ok() {
        // Or this would wait for a process that works on something else.
        store.must_be_of(source).await?;
    }
    info!(
        schema = database.schema.as_str(),
        "waiting for the lead of this schema"
    );
    let Some(leadership) = cancel.run_until_cancelled(store.lead()).await else {
        bail!(
            "stopped while another process leads schema {}",
            database.schema.as_str()
        );
    };
    let mut leadership = leadership?;
    // Not before: another process may be at work on the schema as it is.
    leadership.migrate().await?;
    store.bind(source).await?;
    startup::check_state(&store, sources).await?;
    Ok((store, leadership))
}

/// Runs the work and the HTTP interface until cancelled, or until one of them cannot go on.
async fn run(
    work: impl Future<Output = ()> + Send + 'static,
    routes: Router,
    readiness: Arc<dyn Readiness>,
    section: &HttpSection,
    leadership: Leadership,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let router = http::router(routes, readiness, metrics);
    let server = http::serve(section, router, cancel.child_token());
    // Its own task: a panic in it ends the service instead of leaving it idle.
    let work = tokio::spawn(work);
    tokio::pin!(server);
    tokio::select! {
        served = &mut server => return served,
        worked = work => {
            worked.context("the service's work ended unexpectedly")?;
        }
        error = leadership.lost() => {
            bail!("lost the lead of the schema; restart to continue: {error}");
        }
    }
    // The work ends when it is cancelled; requests under way are still answered.
    server.await
}
