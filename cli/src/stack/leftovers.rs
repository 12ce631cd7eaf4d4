//! Ends what a supervisor that was killed has left running.

use std::time::Duration;

use rustix::process::Signal;

use super::state::StateDir;
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

/// Ends every process that the state folder records and that is still the recorded one. Returns
/// the names of those that ran.
pub async fn end_leftovers(state: &StateDir, progress: &Progress) -> Vec<String> {
    let mut names = state.recorded_components();
    names.sort_by_key(|name| ORDER.iter().position(|known| known == name));
    let mut ended = Vec::new();
    for name in names {
        let file = state.pid_file(&name);
        if let Some(record) = file.running() {
            let step = progress.step(format!("ending {name}"));
            let killed = record.stop(signal(&name), WITHIN).await;
            step.done(if killed { "killed" } else { "ended" });
            ended.push(name);
        }
        file.remove();
    }
    ended
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

        let ended = end_leftovers(&state, &Progress::silent()).await;

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
}
