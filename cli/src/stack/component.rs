//! One supervised process: started, watched, restarted after a crash, stopped.

mod silence;
mod supervisor;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use self::supervisor::{Order, Supervisor};
use super::health::Unready;
use super::liveness::Liveness;
use super::log::Log;
use super::process::ProcessRecord;
use super::readiness::{Readiness, http_client};
use super::state::StateDir;
use super::user::UnixUser;
use super::wait;
use crate::progress::Progress;

/// Lines of the log that an error shows.
const LOG_TAIL: usize = 12;

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
    /// `None`: it is not noticed when the process hangs.
    pub live: Option<Liveness>,
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
    Restart {
        /// A process that runs but is silent for so long (see [`Liveness`]) is killed and counts as crashed;
        /// while it starts it has [`ComponentSpec::ready_within`]. `None`: it is left alone.
        max_silence: Option<Duration>,
    },
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
        let mut supervisor = Supervisor::new(
            Arc::clone(&spec),
            log.clone(),
            state,
            on_crash,
            progress,
            state_sender,
            Arc::clone(&is_kept_up),
        );
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
                    Err(Unready::NotYet(why) | Unready::Silent(why)) => Err(why),
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

#[cfg(test)]
mod tests {
    use super::supervisor::FIRST_BACKOFF;
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
                live: None,
                stop_signal: Signal::TERM,
                stop_within: Duration::from_secs(5),
            }
        }

        fn start(&self, script: &str, on_crash: OnCrash) -> Component {
            Component::spawn(self.spec(script), &self.state, on_crash, Progress::silent()).unwrap()
        }
    }

    const RESTART: OnCrash = OnCrash::Restart { max_silence: None };
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
        let component = fixture.start(SERVE, RESTART);
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
        let component = fixture.start(SERVE, RESTART);
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
        let component = fixture.start("echo again; exit 3", RESTART);
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
        let component = fixture.start(&script, RESTART);
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
            Component::spawn(spec, &fixture.state, RESTART, Progress::silent()).unwrap();
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
