//! A mark in the environment of every process of a stack, by which it is found when no pid file names
//! it. Only Linux shows the environment of processes; elsewhere none is found.

use std::fs;
use std::path::Path;

use super::process::{ProcessRecord, all};
use super::state::StateDir;

const VARIABLE: &str = "LEX_COMPONENT";

/// The variable that marks a process as this component of the stack in this state folder.
pub(super) fn mark(state: &Path, component: &str) -> (&'static str, String) {
    (VARIABLE, format!("{component}@{}", state.display()))
}

/// Every marked process of the stack that was not started by another marked one, with its component.
pub(super) fn marked(state: &StateDir) -> Vec<(String, ProcessRecord)> {
    all()
        .filter_map(|pid| {
            let component = component_of(pid, state.root())?;
            // The database's server starts processes for its clients and ends them with itself.
            let is_child = component_of(parent(pid)?, state.root()).is_some();
            let record = ProcessRecord::of(pid)?;
            (!is_child).then_some((component, record))
        })
        .collect()
}

fn component_of(pid: u32, state: &Path) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    component_in(&environment, state)
}

fn component_in(environment: &[u8], state: &Path) -> Option<String> {
    environment.split(|byte| *byte == 0).find_map(|variable| {
        let (name, value) = std::str::from_utf8(variable).ok()?.split_once('=')?;
        let (component, folder) = value.split_once('@')?;
        (name == VARIABLE && Path::new(folder) == state).then(|| component.to_owned())
    })
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the program's name, which may hold anything: the state, then the parent.
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_component_and_stack() {
        let state = Path::new("/clone/.lex");
        let (name, value) = mark(state, "eth-rpc");
        let environment = format!("PATH=/bin\0{name}={value}\0HOME=/");
        let found = |state| component_in(environment.as_bytes(), state);
        assert_eq!(found(state).as_deref(), Some("eth-rpc"));
        assert_eq!(found(Path::new("/clone/.lex2")), None);
        assert_eq!(component_in(b"PATH=/bin", state), None);
    }
}
