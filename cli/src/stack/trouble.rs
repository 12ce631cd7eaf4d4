//! What is wrong with a part of a running stack, since when, and what its operator does next.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::component::ComponentError;
use super::health::Unready;
use super::state::{StateDir, modified};
use crate::output::time;

/// A part that does not do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Name of a component, or of what it is about.
    pub part: String,
    pub what: String,
    /// Unix seconds; `None`: not known.
    pub since: Option<u64>,
    /// What the operator does.
    pub next: String,
}

impl Trouble {
    /// The trouble in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let since = self
            .since
            .map_or_else(String::new, |since| format!(", since {}", time(since)));
        format!("{}: {}{since}. Next: {}", self.part, self.what, self.next)
    }

    /// What a service did instead of serving when it was started.
    pub(super) fn of_start(error: &ComponentError, steps: &NextSteps) -> Trouble {
        let name = error.component();
        let unready = match error {
            ComponentError::Halted { why, .. } => Unready::Halted(why.clone()),
            ComponentError::NotReady { source, .. } => Unready::NotYet(format!(
                "it is not ready after {} s: {}",
                source.within.as_secs(),
                source.last
            )),
            ComponentError::Ended { why, tail, .. } => {
                let last = tail.lines().last().unwrap_or("nothing in its log");
                Unready::NotYet(format!("it ended ({why}): {last}"))
            }
            ComponentError::Spawn { .. } | ComponentError::Unsupervised { .. } => {
                Unready::NotYet(error.to_string())
            }
        };
        steps.of_unready(name, &unready, true)
    }
}

/// The commands and files that operators of one stack need.
#[derive(Clone, Debug)]
pub struct NextSteps {
    state: StateDir,
    /// How `lex-relayer` is called.
    relayer: PathBuf,
}

impl NextSteps {
    #[must_use]
    pub fn of(state: &StateDir) -> NextSteps {
        let beside = std::env::current_exe()
            .ok()
            .and_then(|lex| Some(lex.parent()?.join("lex-relayer")))
            .filter(|path| path.is_file());
        NextSteps {
            state: state.clone(),
            relayer: beside.unwrap_or_else(|| PathBuf::from("lex-relayer")),
        }
    }

    /// What is wrong with a component that is up, and what to do.
    #[must_use]
    pub fn of_unready(&self, component: &str, unready: &Unready, is_supervised: bool) -> Trouble {
        match unready {
            Unready::Halted(why) => Trouble {
                part: component.to_owned(),
                what: format!("HALTED: {why}"),
                since: None,
                next: self.resume(component),
            },
            Unready::Silent(why) => Trouble {
                part: component.to_owned(),
                what: why.clone(),
                since: self.state.started_at(component),
                next: self.end_hung(component, is_supervised),
            },
            Unready::NotYet(why) => Trouble {
                part: component.to_owned(),
                what: why.clone(),
                since: self.state.started_at(component),
                next: format!(
                    "it goes on by itself when that passes; its log is {}",
                    self.log(component).display()
                ),
            },
        }
    }

    /// What to do about a component whose process has ended.
    #[must_use]
    pub fn of_down(&self, component: &str, is_supervised: bool) -> Trouble {
        let (why, since) = self.exit(component);
        let log = self.log(component);
        let log = log.display();
        let next = if is_supervised {
            format!("`lex up` starts it again; if it goes on ending, its log says why: {log}")
        } else {
            format!("`lex up` starts everything again; its log is {log}")
        };
        Trouble {
            part: component.to_owned(),
            what: why.map_or_else(
                || String::from("DOWN"),
                |why| format!("DOWN: it ended ({why})"),
            ),
            since,
            next,
        }
    }

    /// What to do when everything was killed.
    #[must_use]
    pub fn of_gone(&self) -> Trouble {
        Trouble {
            part: String::from("stack"),
            what: String::from("nothing of it runs any more, and `lex down` has not ended it"),
            since: None,
            next: String::from("`lex up` goes on where it was"),
        }
    }

    /// What is done about a process that runs but answers nothing. One that is stopped takes no signal but
    /// this.
    fn end_hung(&self, component: &str, is_supervised: bool) -> String {
        let log = self.log(component);
        let pid = self.state.path(format!("run/{component}.pid"));
        let kill = format!("kill -9 $(cut -d' ' -f1 {})", quoted(&pid));
        let log = log.display();
        if is_supervised {
            format!(
                "if it stays silent, `lex up` kills it and starts it again; to do so at once: {kill}; its log is \
                 {log}"
            )
        } else {
            format!(
                "if it stays silent: {kill}; then `lex up` starts everything again; its log is {log}"
            )
        }
    }

    /// How a halt is ended. The service reads that it has ended when it starts, and its supervisor starts
    /// it again.
    fn resume(&self, component: &str) -> String {
        let config = self.state.path(format!("config/{component}.toml"));
        let pid = self.state.path(format!("run/{component}.pid"));
        format!(
            "find out who is right and remove the cause, then: {} resume --config {} && kill $(cut -d' ' \
             -f1 {})",
            quoted(&self.relayer),
            quoted(&config),
            quoted(&pid)
        )
    }

    fn log(&self, component: &str) -> PathBuf {
        self.state.log(component)
    }

    fn exit(&self, component: &str) -> (Option<String>, Option<u64>) {
        let file = self.state.exit_file(component);
        let why = std::fs::read_to_string(&file).ok();
        (why.map(|why| why.trim().to_owned()), modified(&file))
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    shlex::try_quote(&text).map_or(text.clone(), |quoted| quoted.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> (tempfile::TempDir, NextSteps) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(folder.path()).unwrap();
        let steps = NextSteps {
            relayer: "lex-relayer".into(),
            ..NextSteps::of(&state)
        };
        (folder, steps)
    }

    #[test]
    fn a_halt_names_the_command_that_ends_it() {
        let (folder, steps) = steps();
        let halted = ComponentError::Halted {
            name: "attester-2".into(),
            why: "two endpoints disagree".into(),
        };
        let trouble = Trouble::of_start(&halted, &steps);
        assert_eq!(trouble.what, "HALTED: two endpoints disagree");
        let command = format!(
            "lex-relayer resume --config {}/config/attester-2.toml",
            folder.path().display()
        );
        assert!(trouble.line().contains(&command), "{}", trouble.line());
    }

    #[test]
    fn a_component_that_ended_says_how_and_where_to_look() {
        let (folder, steps) = steps();
        std::fs::write(folder.path().join("run/indexer.exit"), "exit status: 3\n").unwrap();
        let trouble = steps.of_down("indexer", true);
        assert_eq!(trouble.what, "DOWN: it ended (exit status: 3)");
        assert!(trouble.since.is_some());
        assert!(
            trouble.next.contains("logs/indexer.log"),
            "{}",
            trouble.next
        );
        assert_eq!(steps.of_down("node", false).what, "DOWN");
    }

    #[test]
    fn the_end_of_a_start_is_told_with_the_last_line_of_its_log() {
        let (_folder, steps) = steps();
        let ended = ComponentError::Ended {
            name: "deliverer".into(),
            why: "exit status: 1".into(),
            log: "x".into(),
            tail: "starting\nno mirror at 0x7".into(),
        };
        let trouble = Trouble::of_start(&ended, &steps);
        assert_eq!(trouble.what, "it ended (exit status: 1): no mirror at 0x7");
    }
}
