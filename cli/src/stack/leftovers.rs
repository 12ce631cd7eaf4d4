//! Ends what a supervisor that was killed has left running.

use std::time::Duration;

use rustix::process::Signal;

use super::marks::marked;
use super::postgres;
use super::process::Stopped;
use super::state::{StateDir, StateError};
use crate::progress::Progress;

/// Longest wait for a process to end by its signal.
const WITHIN: Duration = Duration::from_secs(15);

/// In this order things are ended: those that write before those that they write to.
const ORDER: [&str; 9] = [
    "indexer",
    "deliverer",
    "attester-3",
    "attester-2",
    "attester-1",
    "eth-rpc",
    "postgres",
    "anvil",
    "node",
];

/// Ends every process that the state folder records and that is still the recorded one, and those that
/// were to be recorded when their supervisor was killed. Returns the names of those that ran.
///
/// # Errors
/// [`StateError::Undead`] when one does not end: it would keep its files and ports from the next.
pub async fn end_leftovers(
    state: &StateDir,
    progress: &Progress,
) -> Result<Vec<String>, StateError> {
    record_the_unrecorded(state);
    let mut names = state.recorded_components();
    names.sort_by_key(|name| ORDER.iter().position(|known| known == name));
    let mut ended = Vec::new();
    let mut undead = None;
    for name in names {
        let file = state.pid_file(&name);
        if let Some(record) = file.running() {
            let step = progress.step(format!("ending {name}"));
            match record.stop(signal(&name), WITHIN).await {
                Stopped::Ended => step.done("ended"),
                Stopped::Killed => step.done("killed"),
                Stopped::StillRuns => {
                    let pid = record.pid;
                    undead.get_or_insert(StateError::Undead { name, pid });
                    continue;
                }
            };
            ended.push(name);
        }
        file.remove();
    }
    postgres::end_orphans(state).await;
    match undead {
        None => Ok(ended),
        Some(error) => Err(error),
    }
}

/// A supervisor may be killed after it has started a process and before it has written that down.
fn record_the_unrecorded(state: &StateDir) {
    for (name, record) in marked(state) {
        let file = state.pid_file(&name);
        if file.running().is_none() {
            // Without the file the process is left alone, as it would be without this search.
            let _ = file.write(&record);
        }
    }
}

fn signal(name: &str) -> Signal {
    // PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
    if name == "postgres" {
        Signal::INT
    } else {
        Signal::TERM
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::stack::marks::mark;
    use crate::stack::process::ProcessRecord;

    #[tokio::test]
    async fn ends_what_is_recorded_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(folder.path()).unwrap();
        let mut ours = Command::new("sleep").arg("60").spawn().unwrap();
        let mut reused = Command::new("sleep").arg("60").spawn().unwrap();
        let record = ProcessRecord::of(ours.id()).unwrap();
        state.pid_file("node").write(&record).unwrap();
        let stale = ProcessRecord {
            pid: reused.id(),
            started: String::from("long ago"),
        };
        state.pid_file("anvil").write(&stale).unwrap();

        let ended = end_leftovers(&state, &Progress::silent()).await.unwrap();

        assert_eq!(ended, ["node"]);
        assert!(!record.is_running());
        assert_eq!(
            reused.try_wait().unwrap(),
            None,
            "a reused id is left alone"
        );
        assert!(state.recorded_components().is_empty());
        reused.kill().unwrap();
        reused.wait().unwrap();
        ours.wait().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn ends_what_a_killed_supervisor_had_no_time_to_record() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(folder.path()).unwrap();
        let sleeper = |state: &StateDir| {
            let mut command = Command::new("sleep");
            let (name, value) = mark(state.root(), "node");
            command.arg("60").env(name, value).spawn().unwrap()
        };
        let other_folder = tempfile::tempdir().unwrap();
        let other_state = StateDir::create(other_folder.path()).unwrap();
        let mut ours = sleeper(&state);
        let mut anothers = sleeper(&other_state);

        let ended = end_leftovers(&state, &Progress::silent()).await.unwrap();

        assert_eq!(ended, ["node"]);
        ours.wait().unwrap();
        assert_eq!(anothers.try_wait().unwrap(), None, "another stack's");
        anothers.kill().unwrap();
        anothers.wait().unwrap();
    }
}
