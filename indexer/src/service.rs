//! The running service: indexing, watching finality and answering queries until told to stop.

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::{
    clock::Clock,
    config::Config,
    follow::{FollowError, Follower},
    freshness::FreshnessRule,
    graphql::{self, Backend},
    http,
    progress::Progress,
    startup::{self, StartupError},
    store::{Store, World},
};

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Startup(#[from] StartupError),
    #[error("indexing stopped: {0}")]
    Follow(#[from] FollowError),
    #[error("http.listen: cannot use {address}: {cause}")]
    Listen {
        address: std::net::SocketAddr,
        cause: std::io::Error,
    },
}

/// Runs until `stop`, or until something fails that does not pass by itself.
///
/// # Errors
/// The world is not the configured one, indexing must stop, or the address cannot be used.
pub async fn run(
    config: Config,
    recorder: PrometheusHandle,
    stop: CancellationToken,
) -> Result<(), ServiceError> {
    let clock = Clock::system();
    let address = config.http.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|cause| ServiceError::Listen { address, cause })?;
    let source = startup::connect(&config.source).await?;
    let store = Store::open(&config.database)
        .await
        .map_err(StartupError::from)?;
    let mut lock = store
        .lock(config.database.lock_wait)
        .await
        .map_err(StartupError::from)?;
    // Not before: another process may be at work on the schema as it is.
    lock.migrate().await.map_err(StartupError::from)?;
    let checkpoint = startup::resume(&config, &source, &store).await?;
    let progress = Progress::new(checkpoint.block_number);
    let follower = Follower {
        store: store.clone(),
        world: World::from(&config.source),
        config: config.indexing.clone(),
        progress: progress.clone(),
        clock: clock.clone(),
        live_from: clock.millis(),
    };
    let backend = Backend {
        reader: store.reader().clone(),
        progress,
        clock,
        freshness: FreshnessRule {
            max_staleness: config.graphql.max_staleness,
            longest_silence: config.source.longest_silence,
        },
        limits: config.graphql.clone(),
    };
    let router = http::router(http::Parts {
        schema: graphql::schema(&config.graphql),
        backend,
        ready_lag_blocks: config.indexing.ready_lag_blocks,
        recorder,
    })
    .layer(http::for_browsers(&config.http.allowed_origins));
    info!(%address, block = checkpoint.block_number, "lex-indexer runs");
    // Whoever ends first ends the others.
    let (followed, (), ()) = tokio::join!(
        async {
            let outcome = follower.run(&source, &stop).await;
            if let Err(error) = &outcome {
                error!(%error, "indexing stopped");
            }
            stop.cancel();
            outcome
        },
        async {
            lex_service::serve(listener, router, http::doors(&config.http), stop.clone()).await;
            stop.cancel();
        },
        follower.watch_finality(&source, &stop),
    );
    Ok(followed?)
}
