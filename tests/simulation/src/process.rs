//! A service as a process: a runtime of its own that can be killed at any moment, and a supervisor that
//! starts it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use futures::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};

/// How long a killed service may take to be gone. It is gone when what it does next would wait.
const GONE_WITHIN: Duration = Duration::from_secs(30);

/// What is run: the service, from its start on, until it ends.
pub type Service = Arc<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What a supervisor is told.
enum Order {
    /// Kill it, and start it again once this is answered.
    Kill {
        gone: oneshot::Sender<()>,
        again: oneshot::Receiver<()>,
    },
    /// Kill it for good.
    End { gone: oneshot::Sender<()> },
}

/// A supervised service. Ends with [`Process::end`].
pub struct Process {
    name: String,
    orders: mpsc::UnboundedSender<Order>,
    ends: watch::Receiver<Vec<String>>,
    starts: Arc<AtomicU64>,
    supervisor: JoinHandle<()>,
}

impl Process {
    /// Starts the service and keeps it running: when it ends by itself, it is started again.
    pub fn start(name: &str, service: Service) -> Self {
        let (orders, taken) = mpsc::unbounded_channel();
        let (told, ends) = watch::channel(Vec::new());
        let starts = Arc::new(AtomicU64::new(0));
        let supervised = supervise(name.to_owned(), service, taken, told, starts.clone());
        Self {
            name: name.to_owned(),
            orders,
            ends,
            starts,
            supervisor: tokio::spawn(supervised),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it was started.
    pub fn starts(&self) -> u64 {
        self.starts.load(Ordering::Relaxed)
    }

    /// How it ended whenever it did so by itself.
    pub fn ends(&self) -> Vec<String> {
        self.ends.borrow().clone()
    }

    /// Kills it; when it is gone, does `meanwhile` and starts it again.
    pub async fn kill(&self, meanwhile: impl FnOnce()) {
        let (gone, is_gone) = oneshot::channel();
        let (start, again) = oneshot::channel();
        // The supervisor ends with the process only.
        let _ = self.orders.send(Order::Kill { gone, again });
        let _ = is_gone.await;
        meanwhile();
        let _ = start.send(());
    }

    /// Kills it for good.
    pub async fn end(self) {
        let (gone, is_gone) = oneshot::channel();
        let _ = self.orders.send(Order::End { gone });
        let _ = is_gone.await;
        let _ = self.supervisor.await;
    }
}

async fn supervise(
    name: String,
    service: Service,
    mut orders: mpsc::UnboundedReceiver<Order>,
    ends: watch::Sender<Vec<String>>,
    starts: Arc<AtomicU64>,
) {
    /// Between the end of a service and its next start, as supervisors have it.
    const PAUSE: Duration = Duration::from_millis(50);
    loop {
        starts.fetch_add(1, Ordering::Relaxed);
        let runtime = runtime(&name);
        let running = runtime.spawn(service());
        tokio::select! {
            ended = running => {
                gone(runtime).await;
                let how = match ended {
                    Ok(Ok(())) => "it ended".to_owned(),
                    Ok(Err(error)) => format!("{error:#}"),
                    Err(error) => format!("panic: {error}"),
                };
                ends.send_modify(|ends| ends.push(how));
                tokio::time::sleep(PAUSE).await;
            }
            order = orders.recv() => {
                gone(runtime).await;
                match order {
                    Some(Order::Kill { gone, again }) => {
                        let _ = gone.send(());
                        let _ = again.await;
                    }
                    Some(Order::End { gone }) => {
                        let _ = gone.send(());
                        return;
                    }
                    None => return,
                }
            }
        }
    }
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(name)
        .enable_all()
        .build()
        .expect("threads can be started")
}

/// Ends everything in the runtime where it waits; returns when nothing of it is left.
async fn gone(runtime: Runtime) {
    // Dropping a runtime waits, which the simulation's own must not.
    let _ = spawn_blocking(move || runtime.shutdown_timeout(GONE_WITHIN)).await;
}
