//! Threads for requests that compute for long. They get the processor time that others leave, so whoever
//! asks little does not notice who asks much.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::{runtime::Handle, sync::oneshot};

use super::QueryError;

/// As much as can be.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads with one queue. Cheap to clone; they end with the last clone.
#[derive(Clone, Debug)]
pub(super) struct Background(mpsc::Sender<Job>);

impl Background {
    pub(super) fn start(threads: usize) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = queue.clone();
            thread::spawn(move || work(&queue));
        }
        Self(jobs)
    }

    /// Computes on one of the threads, from the first poll to the last. Whoever stops waiting for it ends
    /// it at its next pause, or before it has begun.
    ///
    /// # Errors
    /// It failed.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        computing: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, QueryError> {
        let (mut answer, answered) = oneshot::channel();
        let runtime = Handle::current();
        let job = move || {
            let finished = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = answer.closed() => None,
                    computed = computing => Some(computed),
                }
            });
            if let Some(computed) = finished {
                // Nobody may be waiting any more.
                let _ = answer.send(computed);
            }
        };
        self.0
            .send(Box::new(job))
            .map_err(|_| QueryError::internal(&"the background threads have ended"))?;
        answered
            .await
            .map_err(|_| QueryError::internal(&"a request ended in a panic"))
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    give_way();
    loop {
        // Only held to wait for the next one, which cannot panic.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // The next job needs the thread. The panic was told on stderr, and whoever waits is told too.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// On Linux alone niceness is a thread's own; elsewhere it would be that of the whole service.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "long queries compete with short ones for the processor");
    }
}

#[cfg(test)]
mod tests {
    use std::{future, time::Duration};

    use tokio::{sync::Notify, time::timeout};

    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_does_not_keep_a_thread() {
        let background = Background::start(1);
        let never = background.run(future::pending::<()>());
        assert!(timeout(Duration::from_millis(10), never).await.is_err());
        assert_eq!(background.run(async { 7 }).await.expect("it is free"), 7);
    }

    #[tokio::test]
    async fn a_panic_ends_one_request_alone() {
        let background = Background::start(1);
        let failed = background.run(async { panic!("as a test") }).await;
        assert!(matches!(failed, Err::<(), _>(QueryError::Internal { .. })));
        assert_eq!(background.run(async { 7 }).await.expect("it goes on"), 7);
    }

    #[tokio::test]
    async fn timers_and_wakers_of_the_runtime_work_there() {
        let background = Background::start(1);
        let bell = Arc::new(Notify::new());
        let heard = bell.clone();
        let computing = background.run(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            heard.notified().await;
        });
        let (computed, ()) = tokio::join!(computing, async { bell.notify_one() });
        computed.expect("it was woken");
    }
}
