//! The running service: indexing, watching finality and answering queries until told to stop.
//!
//! One process writes to a schema, the one that has its lock. The others stand by and say so; so does one
//! that loses the lock, as it does when the database is restarted.

use std::time::Duration;

use lex_client::{Backoff, Source};
use lex_service::Stage;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    clock::Clock,
    config::Config,
    follow::{FollowError, Follower},
    freshness::FreshnessRule,
    graphql::{self, Backend},
    http,
    progress::Progress,
    startup::{self, StartupError},
    store::{SchemaLock, Store, StoreError, World},
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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
    let address = config.http.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|cause| ServiceError::Listen { address, cause })?;
    let source = startup::connect(&config.source).await?;
    let store = Store::open(&config.database)
        .await
        .map_err(StartupError::from)?;
    let doors = http::doors(&config.http);
    let service = Service {
        stage: Stage::new(http::standby(http::Standby {
            store: store.clone(),
            recorder: recorder.clone(),
            trouble: None,
        })),
        config,
        store,
        source,
        recorder,
    };
    // Whoever ends first ends the others.
    let (ended, ()) = tokio::join!(
        async {
            let ended = service.work(&stop).await;
            if let Err(error) = &ended {
                error!(%error, "the service ends");
            }
            stop.cancel();
            ended
        },
        async {
            let browsers = http::for_browsers(&service.config.http.allowed_origins);
            let router = service.stage.router().layer(browsers);
            lex_service::serve(listener, router, doors, stop.clone()).await;
            stop.cancel();
        },
    );
    ended
}

struct Service {
    config: Config,
    store: Store,
    source: Source,
    recorder: PrometheusHandle,
    stage: Stage,
}

/// The right to write, and what is done with it.
struct Term {
    lock: SchemaLock,
    follower: Follower,
}

impl Service {
    /// Indexes for as long as this process has the lock, and waits for it otherwise, until `stop`.
    async fn work(&self, stop: &CancellationToken) -> Result<(), ServiceError> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let Some(begun) = stop.run_until_cancelled(self.begin()).await else {
                return Ok(());
            };
            let trouble = match begun {
                Ok(term) => {
                    backoff.reset();
                    let Some(lost) = self.index(term, stop).await? else {
                        return Ok(());
                    };
                    warn!(error = %lost, "lost the lock of the schema; standing by");
                    None
                }
                Err(error) if error.is_transient() => {
                    warn!(%error, "failed to begin indexing");
                    Some(error.public_reason())
                }
                Err(error) => return Err(error.into()),
            };
            let has_failed = trouble.is_some();
            self.stage.set(http::standby(http::Standby {
                store: self.store.clone(),
                recorder: self.recorder.clone(),
                trouble,
            }));
            let pause = sleep(backoff.next_delay());
            if has_failed && stop.run_until_cancelled(pause).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Waits for the lock, brings the schema up to date, and serves what is indexed.
    async fn begin(&self) -> Result<Term, StartupError> {
        info!(schema = %self.config.database.schema, "waiting for the lock of this schema");
        let mut lock = self.store.stand_by().await?;
        // Not before: another process may be at work on the schema as it is.
        lock.migrate().await?;
        let config = &self.config;
        let checkpoint = startup::resume(config, &self.source, &self.store).await?;
        let progress = Progress::new(checkpoint.block_number);
        let clock = Clock::system();
        let follower = Follower {
            store: self.store.clone(),
            world: World::from(&config.source),
            config: config.indexing.clone(),
            progress: progress.clone(),
            clock: clock.clone(),
            live_from: clock.millis(),
        };
        let backend = Backend {
            reader: self.store.reader().clone(),
            progress,
            clock,
            freshness: FreshnessRule {
                max_staleness: config.graphql.max_staleness,
                longest_silence: config.source.longest_silence,
            },
            limits: config.graphql.clone(),
        };
        self.stage.set(http::router(http::Parts {
            schema: graphql::schema(&config.graphql),
            backend,
            ready_lag_blocks: config.indexing.ready_lag_blocks,
            recorder: self.recorder.clone(),
        }));
        let (address, block) = (config.http.listen, checkpoint.block_number);
        info!(%address, block, "lex-indexer runs");
        Ok(Term { lock, follower })
    }

    /// Indexes until `stop`, or until the lock is lost, and why.
    async fn index(
        &self,
        term: Term,
        stop: &CancellationToken,
    ) -> Result<Option<StoreError>, FollowError> {
        let Term { mut lock, follower } = term;
        let followed = {
            let watching = follower.watch_finality(&self.source, stop);
            let following = follower.run(&self.source, stop);
            tokio::select! {
                followed = following => followed,
                () = async { watching.await; std::future::pending().await } => Ok(()),
                lost = lock.lost() => return Ok(Some(lost)),
            }
        };
        match followed {
            Ok(()) => Ok(None),
            // Another process may have written before it was noticed that the lock is lost.
            Err(error) => match lock.check().await {
                Ok(()) => Err(error),
                Err(lost) => Ok(Some(lost)),
            },
        }
    }
}
