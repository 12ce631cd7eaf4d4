//! Work that does not wait for whoever waits for it.

use std::future::Future;
use std::panic::resume_unwind;

use tokio_util::task::AbortOnDropHandle;

/// Runs to its end whether or not anybody polls, and ends when it is dropped.
pub(crate) fn in_its_own_task<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let task = AbortOnDropHandle::new(tokio::spawn(work));
    async move {
        match task.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Cancelled with the whole runtime: nobody is left to tell.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
