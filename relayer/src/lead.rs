//! One process leads a schema and works; every other one of it stands by, and says so.
//!
//! The lead is a lock of the database, so it ends with the database's connection: when that is restarted,
//! when the network breaks. That is not the end of the process. It stops working at once and waits for the
//! lead like any other; what it then does it does from what is recorded, as after a start.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use futures::future::BoxFuture;
use lex_service::Stage;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::condition::{Cause, Condition, Conditioned, Role, Trouble};
use crate::config::{DatabaseSection, HttpSection};
use crate::http;
use crate::metrics::LeadMetrics;
use crate::retry::{Backoff, report};
use crate::store::{Leadership, Store, StoreError};

/// How long the database may take to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a leader does, from taking the lead to losing it.
pub struct Term {
    pub routes: Router,
    pub condition: Arc<dyn Conditioned>,
    /// Ends when the token is cancelled that it was made with.
    pub work: BoxFuture<'static, ()>,
}

/// How a role takes up its work. Done anew for each term, from what is recorded.
pub trait Work: Send + Sync + 'static {
    const ROLE: Role;

    /// Gets ready to work on a schema that is up to date and led by this process.
    fn take_up(
        &self,
        store: Store,
        cancel: CancellationToken,
    ) -> impl Future<Output = Result<Term, TermError>> + Send;
}

/// A term did not begin.
#[derive(Debug, thiserror::Error)]
pub enum TermError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// And what it said instead of an answer.
    #[error("the source does not answer: {0}")]
    Source(String),
    /// Only an operator can help.
    #[error("{0:#}")]
    World(#[from] anyhow::Error),
}

impl TermError {
    /// Whether it may pass by itself.
    fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Source(_) => true,
            Self::World(_) => false,
        }
    }

    /// What everyone may read of it.
    fn trouble(&self) -> Trouble {
        match self {
            Self::Store(_) => Trouble::new(Cause::Database, "the database does not answer"),
            Self::Source(_) | Self::World(_) => Trouble::new(Cause::Source, self.to_string()),
        }
    }
}

/// Serves, waits for the lead and works while it has it, until cancelled.
///
/// # Errors
/// When the address cannot be listened on, or the world is not as configured.
pub async fn run<W: Work>(
    work: W,
    store: Store,
    database: &DatabaseSection,
    section: &HttpSection,
    cancel: CancellationToken,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let office = Arc::new(Office {
        role: W::ROLE,
        schema: database.schema.as_str().to_owned(),
        store: store.clone(),
        stage: Stage::new(http::standby()),
        holder: Mutex::default(),
    });
    let router = http::router(office.stage.router(), office.clone(), metrics);
    // Whoever ends first ends the other.
    let (served, ended) = tokio::join!(
        async {
            let served = http::serve(section, router, cancel.child_token()).await;
            cancel.cancel();
            served
        },
        async {
            let ended = terms(&work, &office, &cancel).await;
            cancel.cancel();
            ended
        }
    );
    served.and(ended)
}

/// One term after the other.
async fn terms<W: Work>(
    work: &W,
    office: &Office,
    cancel: &CancellationToken,
) -> anyhow::Result<()> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let begun = begin(work, office, cancel);
        let Some(begun) = cancel.run_until_cancelled(begun).await else {
            return Ok(());
        };
        match begun {
            Ok((leadership, term, working)) => {
                backoff.reset();
                match office.serve(leadership, term, working).await? {
                    Ended::Cancelled => return Ok(()),
                    Ended::Lost(error) => {
                        LeadMetrics.lost();
                        warn!(error = %report(&error), "lost the lead of the schema; standing by");
                    }
                }
            }
            Err(error) if error.is_transient() => {
                let delay = backoff.next_delay();
                warn!(?delay, error = %report(&error), "failed to take the lead");
                office.stand_by(Some(error.trouble()));
                if cancel.run_until_cancelled(sleep(delay)).await.is_none() {
                    return Ok(());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits for the lead, brings the schema up to date and takes up the work.
async fn begin<W: Work>(
    work: &W,
    office: &Office,
    cancel: &CancellationToken,
) -> Result<(Leadership, Term, CancellationToken), TermError> {
    info!(
        schema = office.schema,
        "waiting for the lead of this schema"
    );
    let mut leadership = office.store.lead().await?;
    // Not before: another process may be at work on the schema as it is.
    leadership.migrate().await?;
    let working = cancel.child_token();
    let term = work.take_up(office.store.clone(), working.clone()).await?;
    Ok((leadership, term, working))
}

/// How a term ended.
enum Ended {
    Cancelled,
    Lost(StoreError),
}

/// The place of the leader, taken or not.
struct Office {
    role: Role,
    schema: String,
    store: Store,
    stage: Stage,
    holder: Mutex<Holder>,
}

/// Who speaks for this process.
#[derive(Default)]
struct Holder {
    /// The condition of the term; `None` while this process stands by.
    term: Option<Arc<dyn Conditioned>>,
    /// Why no term began.
    trouble: Option<Trouble>,
}

impl Office {
    /// Works until cancelled or until the lead is lost.
    async fn serve(
        &self,
        leadership: Leadership,
        term: Term,
        working: CancellationToken,
    ) -> anyhow::Result<Ended> {
        info!(schema = self.schema, "leads");
        *self.lock() = Holder {
            term: Some(term.condition),
            trouble: None,
        };
        self.stage.set(http::api(term.routes));
        // Its own task: a panic in it ends the service instead of leaving it idle.
        let mut work = AbortOnDropHandle::new(tokio::spawn(term.work));
        tokio::select! {
            worked = &mut work => {
                worked.context("the service's work ended unexpectedly")?;
                Ok(Ended::Cancelled)
            }
            error = leadership.lost() => {
                // At once, wherever it is: another process may work by now.
                work.abort();
                working.cancel();
                self.stand_by(None);
                match work.await {
                    Err(error) if error.is_panic() => {
                        Err(error).context("the service's work ended unexpectedly")
                    }
                    _ => Ok(Ended::Lost(error)),
                }
            }
        }
    }

    fn stand_by(&self, trouble: Option<Trouble>) {
        self.stage.set(http::standby());
        *self.lock() = Holder {
            term: None,
            trouble,
        };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Holder> {
        // A panic cannot leave it half-changed.
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that waits, and for what.
    async fn standing_by(&self, trouble: Option<Trouble>) -> Condition {
        let mut stops = vec![Trouble::new(
            Cause::Standby,
            format!(
                "standby: waits for the lead of schema {}, which another process may have",
                self.schema
            ),
        )];
        let answer = timeout(DATABASE_TIMEOUT, self.store.ping()).await;
        if !matches!(answer, Ok(Ok(()))) {
            stops.push(Trouble::new(
                Cause::Database,
                "the database does not answer",
            ));
        } else {
            stops.extend(trouble);
        }
        Condition::standing_by(self.role, stops)
    }
}

impl Conditioned for Office {
    fn condition(&self) -> BoxFuture<'_, Condition> {
        Box::pin(async {
            let (term, trouble) = {
                let holder = self.lock();
                (holder.term.clone(), holder.trouble.clone())
            };
            match term {
                Some(term) => term.condition().await,
                None => self.standing_by(trouble).await,
            }
        })
    }
}
