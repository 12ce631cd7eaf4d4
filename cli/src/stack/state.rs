//! The state folder: everything a stack keeps between two starts, and who runs it now.
//!
//! ```text
//! lex.lock        held by the `lex up` that supervises the stack
//! stack.json      addresses and ports, for the other commands
//! run/            one pid file for each process, how it ended when it did by itself, since when it is silent,
//!                 and the stack's ports
//! logs/           one log for each process, and the one before it
//! lex.log         of a `lex up` in the background
//! keys/  config/  0600: development keys, configurations that hold the database password
//! node/  eth-rpc/  anvil/  postgres/    data of the components
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::process::{PidFile, ProcessRecord};
use crate::progress::Progress;

/// Folders that `--fresh` empties; nothing else in the state folder is ever removed.
const OWNED: [&str; 9] = [
    "run",
    "logs",
    "keys",
    "config",
    "node",
    "eth-rpc",
    "anvil",
    "postgres",
    "deployments",
];

/// Between two looks at a lock that is held.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Longest wait for the lock of a supervisor that runs: it may have been killed already.
const WHILE_RECORDED: Duration = Duration::from_secs(2);
/// Longest wait for a lock whose holder is not known: the threads of a killed supervisor that have not
/// ended yet, or a command that has a look.
const WHILE_UNKNOWN: Duration = Duration::from_secs(20);

/// A state folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StateDir {
    root: PathBuf,
}

/// Why a state folder cannot be used.
#[derive(Debug, Error)]
pub enum StateError {
    #[error("the stack in {folder} already runs{}; see `lex status`, or end it with `lex down`", supervisor(.pid))]
    Running { folder: PathBuf, pid: Option<u32> },
    #[error(
        "process {pid}, the `lex up` that ran in {folder}, was killed and does not end; look at what it waits \
         for (`ps -o pid,stat,wchan -p {pid}`), then try again"
    )]
    Dying { folder: PathBuf, pid: u32 },
    #[error(
        "{name} (process {pid}) of an earlier `lex up` does not end, even by SIGKILL; look at what it waits for \
         (`ps -o pid,stat,wchan -p {pid}`), then try again"
    )]
    Undead { name: String, pid: u32 },
    #[error("{path} is still locked{}; end that, then try again", by(.holders))]
    Locked { path: PathBuf, holders: Vec<u32> },
    #[error("{what} {path} failed")]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

fn supervisor(pid: &Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

fn by(holders: &[u32]) -> String {
    let pids: Vec<String> = holders.iter().map(u32::to_string).collect();
    if pids.is_empty() {
        String::new()
    } else {
        format!(" by process {}", pids.join(", "))
    }
}

/// Held while a stack is supervised; the system releases it when the supervisor dies, however it dies.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
    pid_file: PidFile,
}

impl Drop for StateLock {
    fn drop(&mut self) {
        self.pid_file.remove();
    }
}

impl StateDir {
    /// The folder, made if it does not exist; nothing of it is read yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(root: &Path) -> Result<StateDir, StateError> {
        let state = StateDir {
            root: std::path::absolute(root).map_err(failed("finding", root))?,
        };
        state.folder("run")?;
        state.folder("logs")?;
        for secret in ["keys", "config"] {
            let path = state.folder(secret)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
                .map_err(failed("protecting", &path))?;
        }
        Ok(state)
    }

    /// The folder if it exists.
    #[must_use]
    pub fn existing(root: &Path) -> Option<StateDir> {
        let root = std::path::absolute(root).ok()?;
        root.join("run").is_dir().then_some(StateDir { root })
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[must_use]
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A folder in the state folder, made if needed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self, relative: impl AsRef<Path>) -> Result<PathBuf, StateError> {
        let path = self.root.join(relative);
        fs::create_dir_all(&path).map_err(failed("making", &path))?;
        Ok(path)
    }

    #[must_use]
    pub fn log(&self, component: &str) -> PathBuf {
        self.root.join("logs").join(format!("{component}.log"))
    }

    /// Log of a `lex up` in the background.
    #[must_use]
    pub fn supervisor_log(&self) -> PathBuf {
        self.root.join("lex.log")
    }

    #[must_use]
    pub fn pid_file(&self, component: &str) -> PidFile {
        PidFile::new(self.root.join("run").join(format!("{component}.pid")))
    }

    /// When the component's process was started, Unix seconds; `None` when none is recorded.
    #[must_use]
    pub fn started_at(&self, component: &str) -> Option<u64> {
        // A pid file is written when its process starts.
        modified(&self.root.join("run").join(format!("{component}.pid")))
    }

    /// How the component's last process ended, while it is down.
    #[must_use]
    pub fn exit_file(&self, component: &str) -> PathBuf {
        self.root.join("run").join(format!("{component}.exit"))
    }

    /// Where a supervisor writes since when a component's process is silent, while it is.
    pub(super) fn silent_file(&self, component: &str) -> PathBuf {
        self.root.join("run").join(format!("{component}.silent"))
    }

    /// Since when the component's process is silent, Unix seconds, as its supervisor says; `None`: it answers.
    #[must_use]
    pub fn silent_since(&self, component: &str) -> Option<u64> {
        let text = fs::read_to_string(self.silent_file(component)).ok()?;
        text.parse().ok()
    }

    /// Pid file of the `lex up` that supervises the stack.
    #[must_use]
    pub fn supervisor(&self) -> PidFile {
        PidFile::new(self.root.join("lex.pid"))
    }

    /// Makes this process the supervisor. One that is dying, killed a moment ago, is waited for: until the
    /// last of it has gone it holds its ports, too.
    ///
    /// # Errors
    /// [`StateError::Running`] when another process is.
    pub async fn lock(&self, progress: &Progress) -> Result<StateLock, StateError> {
        let file = self.lock_file(progress).await?;
        let pid_file = self.supervisor();
        // Whoever gives the lock up removes its record first; one that is left was killed.
        if let Some(killed) = pid_file.running() {
            self.until_gone(&killed, progress).await?;
        }
        if let Some(record) = ProcessRecord::of(std::process::id()) {
            pid_file
                .write(&record)
                .map_err(failed("writing", &self.root.join("lex.pid")))?;
        }
        Ok(StateLock {
            _file: file,
            pid_file,
        })
    }

    async fn lock_file(&self, progress: &Progress) -> Result<File, StateError> {
        let path = self.root.join("lex.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed("opening", &path))?;
        let since = Instant::now();
        let mut waiting = None;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => self.may_be_free_soon(since.elapsed())?,
                Err(TryLockError::Error(source)) => return Err(failed("locking", &path)(source)),
            }
            waiting.get_or_insert_with(|| progress.step("waiting for another lex"));
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn until_gone(
        &self,
        killed: &ProcessRecord,
        progress: &Progress,
    ) -> Result<(), StateError> {
        let step = progress.step("waiting for a killed lex up");
        if !killed.has_ended(WHILE_UNKNOWN).await {
            return Err(StateError::Dying {
                folder: self.root.clone(),
                pid: killed.pid,
            });
        }
        step.done("it has ended");
        Ok(())
    }

    fn may_be_free_soon(&self, waited: Duration) -> Result<(), StateError> {
        let supervisor = self.supervisor().running();
        let patience = if supervisor.is_some() {
            WHILE_RECORDED
        } else {
            WHILE_UNKNOWN
        };
        if waited < patience {
            return Ok(());
        }
        Err(StateError::Running {
            folder: self.root.clone(),
            pid: supervisor.map(|record| record.pid),
        })
    }

    /// Whether a supervisor holds the folder now.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        File::open(self.root.join("lex.lock"))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether anything of a stack runs here, supervised or not.
    #[must_use]
    pub fn runs(&self) -> bool {
        let component = |name: &String| self.pid_file(name).running().is_some();
        self.is_locked() || self.recorded_components().iter().any(component)
    }

    /// Names of the components that have a pid file.
    #[must_use]
    pub fn recorded_components(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join("run")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".pid").map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Removes what earlier stacks left here. The caller holds the lock and nothing runs.
    ///
    /// # Errors
    /// When a folder cannot be removed or made again.
    pub fn wipe(&self) -> Result<(), StateError> {
        for name in OWNED {
            let path = self.root.join(name);
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("removing", &path)(error));
                }
                _ => {}
            }
        }
        StateDir::create(&self.root).map(drop)
    }

    /// Writes a file that only its owner may read, all of it or nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_secret(
        &self,
        relative: impl AsRef<Path>,
        text: &str,
    ) -> Result<PathBuf, StateError> {
        let path = self.root.join(relative);
        let unfinished = path.with_extension("new");
        let written = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&unfinished)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(failed("writing", &path))?;
        Ok(path)
    }
}

/// When a file was last written, Unix seconds.
pub(super) fn modified(path: &Path) -> Option<u64> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

/// Names the file in an input/output error.
pub(crate) fn failed(
    what: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> StateError + use<> {
    let path = path.to_owned();
    move |source| StateError::Io { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(&folder.path().join("state")).unwrap();
        (folder, state)
    }

    #[tokio::test(start_paused = true)]
    async fn only_one_supervisor_at_a_time() {
        let (_folder, state) = state();
        assert!(!state.is_locked());
        let lock = state.lock(&Progress::silent()).await.unwrap();
        assert!(state.is_locked());
        let error = state.lock(&Progress::silent()).await.unwrap_err();
        assert!(matches!(
            error,
            StateError::Running { pid: Some(pid), .. } if pid == std::process::id()
        ));
        drop(lock);
        state.lock(&Progress::silent()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_is_given_up_soon_is_waited_for() {
        let (_folder, state) = state();
        let dying = state.lock(&Progress::silent()).await.unwrap();
        let next = async { state.lock(&Progress::silent()).await.map(drop) };
        let ends = async {
            sleep(Duration::from_secs(1)).await;
            drop(dying);
        };
        let (next, ()) = tokio::join!(next, ends);
        next.unwrap();
    }

    #[tokio::test]
    async fn a_killed_supervisor_is_waited_for_until_the_last_of_it_has_gone() {
        let (_folder, state) = state();
        let mut dying = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let record = ProcessRecord::of(dying.id()).unwrap();
        state.supervisor().write(&record).unwrap();
        let next = async {
            let lock = state.lock(&Progress::silent()).await.unwrap();
            assert!(!record.is_running());
            lock
        };
        let dies = async {
            // The lock is taken by now, or will be when the process has gone: both are right.
            tokio::task::yield_now().await;
            dying.kill().unwrap();
            dying.wait().unwrap();
        };
        let (lock, ()) = tokio::join!(next, dies);
        assert_eq!(state.supervisor().read().unwrap().pid, std::process::id());
        drop(lock);
    }

    #[test]
    fn secrets_are_for_their_owner_only() {
        let (_folder, state) = state();
        let path = state.write_secret("keys/a.key", "0x01").unwrap();
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let folder = fs::metadata(state.path("keys")).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn wipe_keeps_what_the_stack_does_not_own() {
        let (_folder, state) = state();
        fs::write(state.path("mine.txt"), "").unwrap();
        fs::write(state.log("node"), "").unwrap();
        state.wipe().unwrap();
        assert!(state.path("mine.txt").exists());
        assert!(!state.log("node").exists());
        assert!(state.path("logs").is_dir());
    }

    #[test]
    fn recorded_components_are_the_pid_files() {
        let (_folder, state) = state();
        assert!(state.recorded_components().is_empty());
        let record = ProcessRecord::of(std::process::id()).unwrap();
        state.pid_file("node").write(&record).unwrap();
        state.pid_file("anvil").write(&record).unwrap();
        assert_eq!(state.recorded_components(), ["anvil", "node"]);
    }
}
