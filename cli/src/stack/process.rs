//! Processes that outlive the one that started them: recognised by id and start time, so that an
//! id which the system has given to another program is never signalled.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::wait;

/// Longest wait for a killed process to be gone: it may have to write much, or to give back much memory.
const KILLED_WITHIN: Duration = Duration::from_secs(60);

/// How a process took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    Ended,
    /// By SIGKILL.
    Killed,
    /// It waits for something that does not come, a disk for example, and holds what it holds.
    StillRuns,
}

/// A process as it was when it started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    pub pid: u32,
    /// Opaque: equal for the same process, different for another one with the same id.
    pub started: String,
}

impl ProcessRecord {
    /// The running process with this id; `None` when there is none (or only its exit status is left).
    #[must_use]
    pub fn of(pid: u32) -> Option<ProcessRecord> {
        let started = if can_list() {
            started_by_proc(pid)
        } else {
            started_by_ps(pid)
        }?;
        Some(ProcessRecord { pid, started })
    }

    /// Whether this very process, not a successor with its id, still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        ProcessRecord::of(self.pid).as_ref() == Some(self)
    }

    /// Sends a signal, if this very process still runs.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.is_running()) {
            // Fails only when the process has just ended, which is what the caller wants to see next.
            let _ = kill_process(pid, signal);
        }
    }

    /// Ends the process: `signal`, then SIGKILL when it still runs after `within`.
    pub async fn stop(&self, signal: Signal, within: Duration) -> Stopped {
        self.signal(signal);
        if self.has_ended(within).await {
            return Stopped::Ended;
        }
        self.signal(Signal::KILL);
        if self.has_ended(KILLED_WITHIN).await {
            Stopped::Killed
        } else {
            Stopped::StillRuns
        }
    }

    /// Waits for the end of the process, at most this long.
    pub async fn has_ended(&self, within: Duration) -> bool {
        wait::until("the end of a process", within, || async {
            if self.is_running() {
                Err(format!("process {} still runs", self.pid))
            } else {
                Ok(())
            }
        })
        .await
        .is_ok()
    }
}

/// Whether this machine tells what all processes are and do. Only Linux does.
pub(super) fn can_list() -> bool {
    Path::new("/proc/self/stat").exists()
}

/// Ids of all processes; none where they cannot be listed.
pub(super) fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The processes whose working folder this is.
pub(super) fn working_in(folder: &Path) -> Vec<ProcessRecord> {
    all()
        .filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder))
        .filter_map(ProcessRecord::of)
        .collect()
}

/// The file in which a [`ProcessRecord`] is kept while the process runs.
#[derive(Clone, Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    #[must_use]
    pub fn new(path: PathBuf) -> PidFile {
        PidFile(path)
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, record: &ProcessRecord) -> io::Result<()> {
        let unfinished = self.0.with_extension("pid.new");
        fs::write(&unfinished, format!("{} {}\n", record.pid, record.started))?;
        fs::rename(&unfinished, &self.0)
    }

    /// The recorded process; `None` when there is no file or it does not hold a record.
    #[must_use]
    pub fn read(&self) -> Option<ProcessRecord> {
        let text = fs::read_to_string(&self.0).ok()?;
        let (pid, started) = text.trim_end().split_once(' ')?;
        Some(ProcessRecord {
            pid: pid.parse().ok()?,
            started: started.to_owned(),
        })
    }

    /// The recorded process, if it still runs.
    #[must_use]
    pub fn running(&self) -> Option<ProcessRecord> {
        self.read().filter(ProcessRecord::is_running)
    }

    pub fn remove(&self) {
        // A file that is already gone is what is wanted.
        let _ = fs::remove_file(&self.0);
    }
}

/// Linux: clock ticks since boot, together with the boot they are counted from.
fn started_by_proc(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = started_in(&stat)?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{ticks}@{}", boot.trim()))
}

/// The start time in a line of `/proc/PID/stat`, unless nothing but the exit status is left. Of a process
/// that is being killed the first thread may have ended while others still hold its files and ports.
fn started_in(stat: &str) -> Option<&str> {
    // The second field is the program's name in parentheses and may hold anything, so the fields
    // are counted from its end: the state is the first, the number of threads the eighteenth, the start
    // time the twentieth.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let threads: u32 = fields.nth(16)?.parse().ok()?;
    if matches!(state, "Z" | "X") && threads <= 1 {
        return None;
    }
    fields.nth(1)
}

fn started_by_ps(pid: u32) -> Option<String> {
    let output = Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let (state, started) = line.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| started.trim().replace(' ', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> std::process::Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn this_process_runs() {
        assert!(ProcessRecord::of(std::process::id()).unwrap().is_running());
    }

    /// A machine without `/proc` has `ps`; one with `/proc` may do without it.
    #[test]
    fn ps_knows_this_process_where_proc_does_not() {
        let own = std::process::id();
        let has_ps = Command::new("ps").arg("-p").arg("1").output().is_ok();
        assert!(has_ps || started_by_proc(own).is_some());
        assert_eq!(started_by_ps(own).is_some(), has_ps);
    }

    #[test]
    fn a_process_has_ended_when_all_its_threads_have() {
        let stat = |state: &str, threads: u32| {
            format!("7 (a) b) {state} 1 7 7 0 -1 0 0 0 0 0 5 5 0 0 20 0 {threads} 0 4711 0 0")
        };
        assert_eq!(started_in(&stat("S", 9)), Some("4711"));
        assert_eq!(started_in(&stat("Z", 3)), Some("4711"));
        assert_eq!(started_in(&stat("Z", 1)), None);
        assert_eq!(started_in(""), None);
    }

    #[test]
    fn pid_file_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let file = PidFile::new(folder.path().join("me.pid"));
        assert_eq!(file.read(), None);
        let record = ProcessRecord::of(std::process::id()).unwrap();
        file.write(&record).unwrap();
        assert_eq!(file.running(), Some(record));
        file.remove();
        assert_eq!(file.read(), None);
    }

    #[test]
    fn garbage_in_a_pid_file_is_no_process() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "12", "x 1", "-5 1", "99999999999 1"] {
            let path = folder.path().join("x.pid");
            fs::write(&path, text).unwrap();
            assert_eq!(PidFile::new(path).running(), None, "{text:?}");
        }
    }

    #[test]
    fn a_reused_pid_is_not_signalled() {
        let mut child = sleeper();
        let mut record = ProcessRecord::of(child.id()).unwrap();
        record.started = String::from("another time");
        assert!(!record.is_running());
        record.signal(Signal::KILL);
        assert_eq!(child.try_wait().unwrap(), None, "the sleeper still runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_found_by_its_working_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        assert!(working_in(&path).is_empty());
        let mut child = Command::new("sleep")
            .arg("60")
            .current_dir(&path)
            .spawn()
            .unwrap();
        assert_eq!(working_in(&path), [ProcessRecord::of(child.id()).unwrap()]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(working_in(&path).is_empty());
    }

    #[tokio::test]
    async fn stop_ends_a_process_by_its_signal() {
        let mut child = sleeper();
        let record = ProcessRecord::of(child.id()).unwrap();
        let stopped = record.stop(Signal::TERM, Duration::from_secs(60)).await;
        assert_eq!(stopped, Stopped::Ended);
        assert!(!record.is_running());
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn stop_kills_a_process_that_ignores_its_signal() {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "trap '' TERM; : > {}; while :; do sleep 1; done",
                ready.display()
            ))
            .spawn()
            .unwrap();
        wait::until("the trap", Duration::from_secs(60), || async {
            ready.exists().then_some(()).ok_or_else(String::new)
        })
        .await
        .unwrap();
        let record = ProcessRecord::of(child.id()).unwrap();
        let stopped = record.stop(Signal::TERM, Duration::from_millis(200)).await;
        assert_eq!(stopped, Stopped::Killed);
        child.wait().unwrap();
    }
}
