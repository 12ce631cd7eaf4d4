//! The task that owns a component's process.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::silence::{self, Watch};
use super::{ComponentSpec, ComponentState, OnCrash};
use crate::progress::Progress;
use crate::stack::log::Log;
use crate::stack::marks::mark;
use crate::stack::process::{PidFile, ProcessRecord};
use crate::stack::state::StateDir;

/// First pause before a crashed component is started again; doubles with each crash in a row.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);
/// A component that ran this long before it crashed starts over with the first pause.
const STEADY: Duration = Duration::from_secs(30);
/// How often the length of the log is looked at.
const LOG_INTERVAL: Duration = Duration::from_secs(5);

pub(super) enum Order {
    Kill(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
    Start(oneshot::Sender<io::Result<()>>),
    KeepUp(oneshot::Sender<()>),
}

/// Owns the process; the only place that starts or ends it.
pub(super) struct Supervisor {
    spec: Arc<ComponentSpec>,
    log: Log,
    pid_file: PidFile,
    exit_file: PathBuf,
    silent_file: PathBuf,
    mark: (&'static str, String),
    on_crash: OnCrash,
    progress: Progress,
    state: watch::Sender<ComponentState>,
    running: Option<Running>,
    backoff: Duration,
    restart_at: Option<Instant>,
    /// Whether it was ready at any time, or is to be started again all the same.
    is_kept_up: Arc<AtomicBool>,
}

struct Running {
    child: Child,
    since: Instant,
    /// Ends when the process has been silent for too long, with the time for which it had answered.
    silence: Pin<Box<dyn Future<Output = Duration> + Send>>,
}

/// What the supervisor wakes up for.
enum Wake {
    Exited(io::Result<ExitStatus>),
    Silent { answered_for: Duration },
    RestartDue,
    LogDue,
    Ordered(Option<Order>),
}

impl Supervisor {
    pub(super) fn new(
        spec: Arc<ComponentSpec>,
        log: Log,
        folder: &StateDir,
        on_crash: OnCrash,
        progress: Progress,
        state: watch::Sender<ComponentState>,
        is_kept_up: Arc<AtomicBool>,
    ) -> Supervisor {
        Supervisor {
            pid_file: folder.pid_file(&spec.name),
            exit_file: folder.exit_file(&spec.name),
            silent_file: folder.silent_file(&spec.name),
            mark: mark(folder.root(), &spec.name),
            spec,
            log,
            on_crash,
            progress,
            state,
            running: None,
            backoff: FIRST_BACKOFF,
            restart_at: None,
            is_kept_up,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut looks = interval(LOG_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wake = tokio::select! {
                wake = next_of(&mut self.running) => wake,
                () = due(self.restart_at) => Wake::RestartDue,
                _ = looks.tick() => Wake::LogDue,
                order = inbox.recv() => Wake::Ordered(order),
            };
            match wake {
                Wake::Exited(status) => self.exited(status),
                Wake::Silent { answered_for } => self.end_silent(answered_for).await,
                Wake::RestartDue => self.restart_after_crash(),
                // A log that cannot be bounded now is looked at again; nothing else depends on it.
                Wake::LogDue => drop(self.log.bound()),
                Wake::Ordered(order) => {
                    if self.obey(order).await.is_break() {
                        return;
                    }
                }
            }
        }
    }

    async fn obey(&mut self, order: Option<Order>) -> ControlFlow<()> {
        // A caller that has stopped waiting for the answer is no concern of the supervisor's.
        match order {
            Some(Order::Kill(done)) => {
                self.end(Signal::KILL).await;
                let _ = done.send(());
            }
            Some(Order::Stop(done)) => {
                self.end(self.spec.stop_signal).await;
                let _ = done.send(());
            }
            Some(Order::Start(done)) => {
                let started = if self.running.is_none() {
                    self.start()
                } else {
                    Ok(())
                };
                let _ = done.send(started);
            }
            Some(Order::KeepUp(done)) => {
                self.keep_up();
                let _ = done.send(());
            }
            None => {
                self.end(self.spec.stop_signal).await;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    pub(super) fn start(&mut self) -> io::Result<()> {
        self.restart_at = None;
        let log = self.log.open()?;
        let further = match &self.spec.before_start {
            Some(work) => work.prepare(&self.progress)?,
            None => Vec::new(),
        };
        let mut command = Command::new(&self.spec.program);
        command
            .args(&self.spec.args)
            .args(further)
            .envs(self.spec.env.iter().cloned())
            .env(self.mark.0, &self.mark.1)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: Ctrl-C in the terminal reaches only the supervisor, which then
            // ends the components in order.
            .process_group(0)
            .kill_on_drop(true);
        // Overrides that are meant for one service run by hand would reach all of them.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"LEX__") {
                command.env_remove(name);
            }
        }
        if let Some(user) = &self.spec.user {
            command.uid(user.uid).gid(user.gid);
        }
        let child = command.spawn()?;
        let pid = child.id().unwrap_or_default();
        // A process that has ended already matches no record; its exit is noticed next.
        let record = ProcessRecord::of(pid).unwrap_or_else(|| ProcessRecord {
            pid,
            started: String::from("ended"),
        });
        self.pid_file.write(&record)?;
        // One that was never written is as good as removed.
        let _ = fs::remove_file(&self.exit_file);
        silence::forget(&self.silent_file);
        self.running = Some(Running {
            child,
            since: Instant::now(),
            silence: self.silence(),
        });
        self.state.send_replace(ComponentState::Running(record));
        Ok(())
    }

    fn silence(&self) -> Pin<Box<dyn Future<Output = Duration> + Send>> {
        match (self.on_crash, self.spec.live) {
            (
                OnCrash::Restart {
                    max_silence: Some(max_silence),
                },
                Some(liveness),
            ) => Box::pin(
                Watch {
                    liveness,
                    max_silence,
                    max_start: self.spec.ready_within,
                    file: self.silent_file.clone(),
                }
                .until_silent(),
            ),
            _ => Box::pin(std::future::pending()),
        }
    }

    fn exited(&mut self, status: io::Result<ExitStatus>) {
        let ran = self.running.take().map(|running| running.since.elapsed());
        let why = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        self.crashed(&why, ran.unwrap_or_default());
    }

    /// A process that is stopped takes no other signal.
    async fn end_silent(&mut self, answered_for: Duration) {
        // Whoever starts it for the first time waits for it, and says what it does.
        if !self.is_kept_up.load(Ordering::Relaxed) {
            let silence = self.silence();
            self.running = self
                .running
                .take()
                .map(|running| Running { silence, ..running });
            return;
        }
        self.progress.note(format!(
            "  {} runs but answers nothing any more and is killed",
            self.spec.name
        ));
        self.kill().await;
        self.crashed("killed: it ran but answered nothing any more", answered_for);
    }

    /// Plans the next start of a process that has ended after it had worked for so long.
    fn crashed(&mut self, why: &str, worked_for: Duration) {
        self.down(why);
        // For `lex status`, which says less without it.
        let _ = fs::write(&self.exit_file, why);
        // What has never served would fail again; whoever waits for it is told why it ended.
        if self.on_crash == OnCrash::StayDown || !self.is_kept_up.load(Ordering::Relaxed) {
            return;
        }
        if worked_for >= STEADY {
            self.backoff = FIRST_BACKOFF;
        }
        self.schedule_restart(why);
    }

    fn keep_up(&mut self) {
        self.is_kept_up.store(true, Ordering::Relaxed);
        let is_idle = self.running.is_none() && self.restart_at.is_none();
        if is_idle && self.on_crash != OnCrash::StayDown {
            let ComponentState::Down(why) = self.state.borrow().clone() else {
                return;
            };
            self.schedule_restart(&why);
        }
    }

    fn restart_after_crash(&mut self) {
        if let Err(error) = self.start() {
            self.schedule_restart(&error.to_string());
        }
    }

    fn schedule_restart(&mut self, why: &str) {
        self.progress.note(format!(
            "  {} ended ({why}); it is started again in {} ms. Log: {}",
            self.spec.name,
            self.backoff.as_millis(),
            self.log.path().display()
        ));
        self.restart_at = Some(Instant::now() + self.backoff);
        self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
    }

    async fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Fails only when the process has ended meanwhile.
            let _ = running.child.kill().await;
        }
    }

    /// Ends the process and waits for it.
    async fn end(&mut self, signal: Signal) {
        self.restart_at = None;
        let Some(mut running) = self.running.take() else {
            return;
        };
        if let Some(record) = running.child.id().and_then(ProcessRecord::of) {
            record.signal(signal);
        }
        let ended = tokio::time::timeout(self.spec.stop_within, running.child.wait()).await;
        if ended.is_err() {
            self.progress.note(format!(
                "  {} did not end within {} s and is killed",
                self.spec.name,
                self.spec.stop_within.as_secs()
            ));
            self.running = Some(running);
            self.kill().await;
        }
        self.down("stopped");
    }

    fn down(&mut self, why: &str) {
        self.pid_file.remove();
        silence::forget(&self.silent_file);
        self.state
            .send_replace(ComponentState::Down(why.to_owned()));
    }
}

/// What the process does next by itself.
async fn next_of(running: &mut Option<Running>) -> Wake {
    let Some(running) = running else {
        return std::future::pending().await;
    };
    tokio::select! {
        status = running.child.wait() => Wake::Exited(status),
        answered_for = &mut running.silence => Wake::Silent { answered_for },
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
