//! The task that owns a component's process.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

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
}

/// What the supervisor wakes up for.
enum Wake {
    Exited(io::Result<ExitStatus>),
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
                status = exit_of(&mut self.running) => Wake::Exited(status),
                () = due(self.restart_at) => Wake::RestartDue,
                _ = looks.tick() => Wake::LogDue,
                order = inbox.recv() => Wake::Ordered(order),
            };
            match wake {
                Wake::Exited(status) => self.exited(status),
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
        self.running = Some(Running {
            child,
            since: Instant::now(),
        });
        self.state.send_replace(ComponentState::Running(record));
        Ok(())
    }

    fn exited(&mut self, status: io::Result<ExitStatus>) {
        let ran = self.running.take().map(|running| running.since.elapsed());
        let why = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        self.down(&why);
        // For `lex status`, which says less without it.
        let _ = fs::write(&self.exit_file, &why);
        // What has never served would fail again; whoever waits for it is told why it ended.
        if self.on_crash == OnCrash::StayDown || !self.is_kept_up.load(Ordering::Relaxed) {
            return;
        }
        if ran.is_some_and(|ran| ran >= STEADY) {
            self.backoff = FIRST_BACKOFF;
        }
        self.schedule_restart(&why);
    }

    fn keep_up(&mut self) {
        self.is_kept_up.store(true, Ordering::Relaxed);
        let is_idle = self.running.is_none() && self.restart_at.is_none();
        if is_idle && self.on_crash == OnCrash::Restart {
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
            // Fails only when the process has ended meanwhile.
            let _ = running.child.kill().await;
        }
        self.down("stopped");
    }

    fn down(&mut self, why: &str) {
        self.pid_file.remove();
        self.state
            .send_replace(ComponentState::Down(why.to_owned()));
    }
}

async fn exit_of(running: &mut Option<Running>) -> io::Result<ExitStatus> {
    match running {
        Some(running) => running.child.wait().await,
        None => std::future::pending().await,
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
