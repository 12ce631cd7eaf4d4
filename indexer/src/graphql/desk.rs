//! Where requests wait and where they are prepared: neither takes a database connection, nor a
//! thread that other requests need.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_graphql::Response;
use futures::FutureExt;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
    time::timeout,
};

use super::QueryError;

/// How long a request may take until it first waits for the database. It takes milliseconds unless
/// the machine is overloaded.
const MAX_PREPARATION: Duration = Duration::from_secs(10);

/// The answer to a request on its way.
pub(super) type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Bounded places to prepare and to wait. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    threads: Arc<Semaphore>,
    /// Heavy requests take one of these before a thread, so that light ones find a thread soon.
    heavy: Arc<Semaphore>,
    waits: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn new(max_waits: usize) -> Self {
        // More would only take the processors from each other, and from those who answer.
        let threads = std::thread::available_parallelism().map_or(1, |all| all.get().min(4));
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            heavy: Arc::new(Semaphore::new((threads / 2).max(1))),
            waits: Arc::new(Semaphore::new(max_waits)),
        }
    }

    /// Runs what computes on a thread of its own, when one of few is free.
    ///
    /// # Errors
    /// It took too long, or failed; the request is given up, and its thread returns by itself.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        let threads = self.threads.clone();
        let computed = async {
            let thread = threads
                .acquire_owned()
                .await
                .map_err(|closed| QueryError::internal(&closed))?;
            let worked = spawn_blocking(move || {
                let done = work();
                drop(thread);
                done
            });
            worked.await.map_err(|error| QueryError::internal(&error))
        };
        let computed = timeout(MAX_PREPARATION, computed).await;
        computed.unwrap_or(Err(QueryError::Timeout))
    }

    /// Validates and executes a request up to its first wait on a thread of its own: validation and
    /// introspection compute and never wait.
    ///
    /// # Errors
    /// As for [`Desk::compute`].
    pub(super) async fn execute(
        &self,
        mut answering: Answering,
        is_heavy: bool,
    ) -> Result<Response, QueryError> {
        let among_heavy = if is_heavy {
            Some(self.among_heavy().await?)
        } else {
            None
        };
        let (answering, first) = self
            .compute(move || {
                // Nobody is woken by what it waits for; it is asked again at once, below.
                let first = answering.as_mut().now_or_never();
                (answering, first)
            })
            .await?;
        drop(among_heavy);
        match first {
            Some(response) => Ok(response),
            None => Ok(answering.await),
        }
    }

    async fn among_heavy(&self) -> Result<SemaphorePermit<'_>, QueryError> {
        match timeout(MAX_PREPARATION, self.heavy.acquire()).await {
            Ok(place) => place.map_err(|closed| QueryError::internal(&closed)),
            Err(_) => Err(QueryError::Timeout),
        }
    }

    /// Waits, if not too many do already.
    ///
    /// # Errors
    /// [`QueryError::TooManyWaits`].
    pub(super) async fn wait(&self, waiting: impl Future<Output = ()>) -> Result<(), QueryError> {
        let _place = self
            .waits
            .try_acquire()
            .map_err(|_| QueryError::TooManyWaits)?;
        waiting.await;
        Ok(())
    }
}
