//! Where requests wait and where they compute: neither takes a database connection, nor a thread that
//! other requests need. Light ones do not stand behind heavy ones.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::FutureExt;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::{QueryError, admission::Effort, background::Background};

/// How long a light request may take until it first waits for the database. It takes milliseconds
/// unless the machine is overloaded.
const MAX_PREPARATION: Duration = Duration::from_secs(10);
/// How long a heavy request may take, with its wait for a thread.
const MAX_HEAVY: Duration = Duration::from_secs(20);

/// The answer to a request on its way.
pub(super) type Answering<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Bounded places to compute and to wait. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    threads: Arc<Semaphore>,
    background: Background,
    waits: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn new(max_waits: usize) -> Self {
        // More would only take the processors from each other, and from those who answer.
        let threads = std::thread::available_parallelism().map_or(1, |all| all.get().min(4));
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            background: Background::start((threads / 2).max(1)),
            waits: Arc::new(Semaphore::new(max_waits)),
        }
    }

    /// Runs what computes on a thread of its own, when one of few is free.
    ///
    /// # Errors
    /// It took too long, or failed; the request is given up, and its thread returns by itself.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        effort: Effort,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        match effort {
            Effort::Light => self.on_a_thread(work).await,
            Effort::Heavy => self.in_background(async { work() }).await,
        }
    }

    /// Answers a request on a thread of its own: a heavy one wholly, a light one up to its first wait.
    /// Validation computes and never waits.
    ///
    /// # Errors
    /// As for [`Desk::compute`].
    pub(super) async fn answer<T: Send + 'static>(
        &self,
        effort: Effort,
        mut answering: Answering<T>,
    ) -> Result<T, QueryError> {
        if effort == Effort::Heavy {
            return self.in_background(answering).await;
        }
        let (answering, first) = self
            .on_a_thread(move || {
                // Nobody is woken by what it waits for; it is asked again at once, below.
                let first = answering.as_mut().now_or_never();
                (answering, first)
            })
            .await?;
        match first {
            Some(answer) => Ok(answer),
            None => Ok(answering.await),
        }
    }

    async fn on_a_thread<T: Send + 'static>(
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

    async fn in_background<T: Send + 'static>(
        &self,
        computing: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, QueryError> {
        let computed = timeout(MAX_HEAVY, self.background.run(computing)).await;
        computed.unwrap_or(Err(QueryError::Timeout))
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
