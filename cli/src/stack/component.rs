//! One supervised process: started, watched, restarted after a crash, stopped.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::health::Unready;
use super::log::Log;
use super::marks::mark;
use super::process::{PidFile, ProcessRecord};
use super::readiness::{Readiness, http_client};
use super::state::StateDir;
use super::user::UnixUser;
use super::wait;
use crate::progress::Progress;

/// First pause before a crashed component is started again; doubles with each crash in a row.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);
/// A component that ran this long before it crashed starts over with the first pause.
const STEADY: Duration = Duration::from_secs(30);
/// Lines of the log that an error shows.
const LOG_TAIL: usize = 12;
/// How often the length of the log is looked at.
const LOG_INTERVAL: Duration = Duration::from_secs(5);

/// What to run and how to know that it serves.
#[derive(Clone, Debug)]
pub struct ComponentSpec {
    /// Also the name of its log and pid file.
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// What is done before each start.
    pub before_start: Option<Arc<dyn BeforeStart>>,
    pub env: Vec<(String, String)>,
    /// Runs as this user instead of ours.
    pub user: Option<UnixUser>,
    /// Where it serves, for people.
    pub url: String,
    pub ready: Readiness,
    pub ready_within: Duration,
    pub stop_signal: Signal,
    /// After this it is killed.
    pub stop_within: Duration,
}

/// Work that each start of a component needs, also those after a crash.
pub trait BeforeStart: std::fmt::Debug + Send + Sync {
    /// Puts right what the last run left. Returns further arguments for the next.
    ///
    /// # Errors
    /// When that cannot be done; the start is tried again later.
    fn prepare(&self, progress: &Progress) -> io::Result<Vec<OsString>>;
}

/// What happens when a component ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCrash {
    /// Start it again, with growing pauses, if it has served before or is to be kept up
    /// ([`Component::keep_up`]).
    Restart,
    /// Leave it down until [`Component::restart`].
    StayDown,
}

/// What a component is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentState {
    Running(ProcessRecord),
    /// Not running; the text says why.
    Down(String),
}

/// Why a component does not serve.
#[derive(Debug, Error)]
pub enum ComponentError {
    #[error("{name} cannot be started from {program}")]
    Spawn {
        name: String,
        program: PathBuf,
        source: io::Error,
    },
    #[error("{name} ended before it was ready ({why}); the end of its log {log}:\n{tail}")]
    Ended {
        name: String,
        why: String,
        log: PathBuf,
        tail: String,
    },
    #[error("{name} is not ready; the end of its log {log}:\n{tail}")]
    NotReady {
        name: String,
        log: PathBuf,
        tail: String,
        source: Box<wait::TimedOut>,
    },
    #[error("{name} has halted: {why}")]
    Halted { name: String, why: String },
    #[error("the supervisor of {name} has ended")]
    Unsupervised { name: String },
}

impl ComponentError {
    /// Name of the component that does not serve.
    #[must_use]
    pub fn component(&self) -> &str {
        match self {
            ComponentError::Spawn { name, .. }
            | ComponentError::Ended { name, .. }
            | ComponentError::NotReady { name, .. }
            | ComponentError::Halted { name, .. }
            | ComponentError::Unsupervised { name } => name,
        }
    }
}

/// A handle to a supervised process. Cheap to clone; when the last handle is dropped the process
/// is ended, and killed when the async runtime ends first, so that a test that panics leaves
/// nothing behind.
#[derive(Clone, Debug)]
pub struct Component {
    spec: Arc<ComponentSpec>,
    log: Log,
    client: reqwest::Client,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<ComponentState>,
    is_kept_up: Arc<AtomicBool>,
}

enum Order {
    Kill(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
    Start(oneshot::Sender<io::Result<()>>),
    KeepUp(oneshot::Sender<()>),
}

impl Component {
    /// Starts the process; [`Component::wait_ready`] tells when it serves.
    ///
    /// # Errors
    /// [`ComponentError::Spawn`].
    pub fn spawn(
        spec: ComponentSpec,
        state: &StateDir,
        on_crash: OnCrash,
        progress: Progress,
    ) -> Result<Component, ComponentError> {
        let spec = Arc::new(spec);
        let log = Log::new(state.log(&spec.name));
        let spawn_error = |source| ComponentError::Spawn {
            name: spec.name.clone(),
            program: spec.program.clone(),
            source,
        };
        let client = http_client().map_err(|error| spawn_error(io::Error::other(error)))?;
        let (orders, inbox) = mpsc::channel(8);
        let (state_sender, state_receiver) =
            watch::channel(ComponentState::Down("not started".into()));
        let is_kept_up = Arc::new(AtomicBool::new(false));
        let mut supervisor = Supervisor {
            spec: Arc::clone(&spec),
            log: log.clone(),
            pid_file: state.pid_file(&spec.name),
            exit_file: state.exit_file(&spec.name),
            mark: mark(state.root(), &spec.name),
            on_crash,
            progress,
            state: state_sender,
            running: None,
            backoff: FIRST_BACKOFF,
            restart_at: None,
            is_kept_up: Arc::clone(&is_kept_up),
        };
        supervisor.start().map_err(spawn_error)?;
        tokio::spawn(supervisor.run(inbox));
        Ok(Component {
            spec,
            log,
            client,
            orders,
            state: state_receiver,
            is_kept_up,
        })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    #[must_use]
    pub fn spec(&self) -> &ComponentSpec {
        &self.spec
    }

    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &*self.state.borrow() {
            ComponentState::Running(record) => Some(record.pid),
            ComponentState::Down(_) => None,
        }
    }

    /// Waits until the component serves.
    ///
    /// # Errors
    /// When it ends first (without restart) or the deadline passes; both show the end of the log. When it
    /// says that it has halted, without waiting for more.
    pub async fn wait_ready(&self) -> Result<(), ComponentError> {
        let mut state = self.state.clone();
        let ended = async {
            let down = state
                .wait_for(|now| matches!(now, ComponentState::Down(_)))
                .await;
            match down.as_deref() {
                Ok(ComponentState::Down(why)) => why.clone(),
                _ => String::from("its supervisor has ended"),
            }
        };
        let ready = wait::until(
            format!("readiness of {}", self.name()),
            self.spec.ready_within,
            || async {
                match self.spec.ready.check(&self.client).await {
                    Ok(()) => Ok(None),
                    Err(Unready::Halted(why)) => Ok(Some(why)),
                    Err(Unready::NotYet(why)) => Err(why),
                }
            },
        );
        tokio::select! {
            result = ready => match result {
                Ok(None) => {
                    self.is_kept_up.store(true, Ordering::Relaxed);
                    Ok(())
                }
                Ok(Some(why)) => Err(ComponentError::Halted {
                    name: self.name().to_owned(),
                    why,
                }),
                Err(source) => Err(ComponentError::NotReady {
                    name: self.name().to_owned(),
                    log: self.log.path().to_owned(),
                    tail: self.log_tail(),
                    source: Box::new(source),
                }),
            },
            why = ended => Err(ComponentError::Ended {
                name: self.name().to_owned(),
                why,
                log: self.log.path().to_owned(),
                tail: self.log_tail(),
            }),
        }
    }

    /// SIGKILL, as a crash would be; afterwards the component is down, whatever [`OnCrash`] says,
    /// until [`Component::restart`].
    ///
    /// # Errors
    /// When its supervisor has ended.
    pub async fn kill9(&self) -> Result<(), ComponentError> {
        self.order(Order::Kill).await
    }

    /// Ends the component and waits until it has ended.
    ///
    /// # Errors
    /// When its supervisor has ended.
    pub async fn stop(&self) -> Result<(), ComponentError> {
        self.order(Order::Stop).await
    }

    /// Starts the component if it is down and waits until it serves.
    ///
    /// # Errors
    /// As for [`Component::spawn`] and [`Component::wait_ready`].
    pub async fn restart(&self) -> Result<(), ComponentError> {
        self.order(Order::Start)
            .await?
            .map_err(|source| ComponentError::Spawn {
                name: self.name().to_owned(),
                program: self.spec.program.clone(),
                source,
            })?;
        self.wait_ready().await
    }

    /// From now on the component is started again whenever it ends, as [`OnCrash`] says, though it has
    /// not served yet.
    ///
    /// # Errors
    /// When its supervisor has ended.
    pub async fn keep_up(&self) -> Result<(), ComponentError> {
        self.order(Order::KeepUp).await
    }

    async fn order<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<T>) -> Order,
    ) -> Result<T, ComponentError> {
        let unsupervised = || ComponentError::Unsupervised {
            name: self.name().to_owned(),
        };
        let (sender, receiver) = oneshot::channel();
        self.orders
            .send(order(sender))
            .await
            .map_err(|_| unsupervised())?;
        receiver.await.map_err(|_| unsupervised())
    }

    fn log_tail(&self) -> String {
        self.log.tail(LOG_TAIL)
    }
}

/// Owns the process; the only place that starts or ends it.
struct Supervisor {
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
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
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

    fn start(&mut self) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixture {
        _folder: tempfile::TempDir,
        state: StateDir,
        marker: PathBuf,
    }

    impl Fixture {
        fn new() -> Fixture {
            let folder = tempfile::tempdir().unwrap();
            let state = StateDir::create(folder.path()).unwrap();
            let marker = folder.path().join("ready");
            Fixture {
                _folder: folder,
                state,
                marker,
            }
        }

        /// A shell script that is ready when it has made the marker file.
        fn spec(&self, script: &str) -> ComponentSpec {
            let script = script.replace("READY", &format!(": > {}", self.marker.display()));
            ComponentSpec {
                name: "script".into(),
                program: "sh".into(),
                args: vec!["-c".into(), script.into()],
                before_start: None,
                env: Vec::new(),
                user: None,
                url: String::new(),
                ready: Readiness::Command {
                    program: "test".into(),
                    args: vec!["-e".into(), self.marker.display().to_string()],
                    env: Vec::new(),
                },
                ready_within: Duration::from_secs(60),
                stop_signal: Signal::TERM,
                stop_within: Duration::from_secs(5),
            }
        }

        fn start(&self, script: &str, on_crash: OnCrash) -> Component {
            Component::spawn(self.spec(script), &self.state, on_crash, Progress::silent()).unwrap()
        }
    }

    const SERVE: &str = "READY; exec sleep 600";

    #[tokio::test]
    async fn runs_until_it_is_stopped() {
        let fixture = Fixture::new();
        let component = fixture.start(SERVE, OnCrash::StayDown);
        component.wait_ready().await.unwrap();
        let record = fixture.state.pid_file("script").running().unwrap();
        assert_eq!(component.pid(), Some(record.pid));
        component.stop().await.unwrap();
        assert!(!record.is_running());
        assert_eq!(component.pid(), None);
        assert!(fixture.state.recorded_components().is_empty());
    }

    #[tokio::test]
    async fn a_killed_component_stays_down_until_it_is_restarted() {
        let fixture = Fixture::new();
        let component = fixture.start(SERVE, OnCrash::Restart);
        component.wait_ready().await.unwrap();
        let first = component.pid();
        component.kill9().await.unwrap();
        assert_eq!(component.pid(), None);
        component.restart().await.unwrap();
        assert!(component.pid().is_some());
        assert_ne!(component.pid(), first);
        component.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_crashed_component_is_started_again() {
        let fixture = Fixture::new();
        let component = fixture.start(SERVE, OnCrash::Restart);
        component.wait_ready().await.unwrap();
        let first = fixture.state.pid_file("script").running().unwrap();
        first.signal(Signal::KILL);
        wait::until("the restart", Duration::from_secs(60), || async {
            match component.pid() {
                Some(pid) if pid != first.pid => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await
        .unwrap();
        component.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_component_that_never_served_is_not_started_again() {
        let fixture = Fixture::new();
        let component = fixture.start("echo again; exit 3", OnCrash::Restart);
        let error = component.wait_ready().await.unwrap_err();
        assert!(matches!(error, ComponentError::Ended { .. }), "{error}");
        tokio::time::sleep(FIRST_BACKOFF * 2).await;
        assert_eq!(component.log_tail(), "again");
    }

    #[tokio::test]
    async fn what_is_to_be_kept_up_is_started_again_though_it_never_served() {
        let fixture = Fixture::new();
        let first = fixture.marker.with_file_name("first");
        let script = format!(
            "if [ -e {0} ]; then READY; exec sleep 600; else : > {0}; exit 3; fi",
            first.display()
        );
        let component = fixture.start(&script, OnCrash::Restart);
        component.wait_ready().await.unwrap_err();
        component.keep_up().await.unwrap();
        wait::until("the second start", Duration::from_secs(60), || async {
            component
                .pid()
                .map(drop)
                .ok_or_else(|| String::from("down"))
        })
        .await
        .unwrap();
        component.wait_ready().await.unwrap();
        component.stop().await.unwrap();
    }

    #[tokio::test]
    async fn each_start_is_prepared_also_the_one_after_a_crash() {
        #[derive(Debug)]
        struct Counted(std::sync::atomic::AtomicUsize);
        impl BeforeStart for Counted {
            fn prepare(&self, _progress: &Progress) -> io::Result<Vec<OsString>> {
                self.0.fetch_add(1, Ordering::Relaxed);
                Ok(Vec::new())
            }
        }
        let fixture = Fixture::new();
        let counted = Arc::new(Counted(0.into()));
        let mut spec = fixture.spec(SERVE);
        spec.before_start = Some(Arc::clone(&counted) as Arc<dyn BeforeStart>);
        let component =
            Component::spawn(spec, &fixture.state, OnCrash::Restart, Progress::silent()).unwrap();
        component.wait_ready().await.unwrap();
        let first = fixture.state.pid_file("script").running().unwrap();
        first.signal(Signal::KILL);
        wait::until("the second start", Duration::from_secs(60), || async {
            match counted.0.load(Ordering::Relaxed) {
                2 => Ok(()),
                starts => Err(format!("{starts} starts")),
            }
        })
        .await
        .unwrap();
        component.stop().await.unwrap();
    }

    #[tokio::test]
    async fn an_early_end_shows_the_log() {
        let fixture = Fixture::new();
        let component = fixture.start("echo no such database; exit 3", OnCrash::StayDown);
        let error = component.wait_ready().await.unwrap_err();
        assert!(
            matches!(&error, ComponentError::Ended { tail, why, .. }
            if tail == "no such database" && why.contains('3')),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_component_that_is_never_ready_is_reported() {
        let fixture = Fixture::new();
        let mut spec = fixture.spec("exec sleep 600");
        spec.ready_within = Duration::from_millis(200);
        let component =
            Component::spawn(spec, &fixture.state, OnCrash::StayDown, Progress::silent()).unwrap();
        let error = component.wait_ready().await.unwrap_err();
        assert!(matches!(error, ComponentError::NotReady { .. }), "{error}");
        component.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let fixture = Fixture::new();
        let mut spec = fixture.spec("");
        spec.program = "/nowhere/lex-node".into();
        let error = Component::spawn(spec, &fixture.state, OnCrash::StayDown, Progress::silent())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "script cannot be started from /nowhere/lex-node"
        );
    }
}
