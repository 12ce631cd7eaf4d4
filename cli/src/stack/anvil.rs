//! The destination chain: anvil, with its state kept in a file.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde::de::IgnoredAny;

use super::component::ComponentSpec;
use super::ports::http;
use super::readiness::Readiness;
use super::state::{StateDir, StateError, failed};
use crate::mirror::unix_now;
use crate::progress::Progress;

/// Chain id of the destination in development.
pub const CHAIN_ID: u64 = 31_337;
/// Seconds between two dumps of the state: what a kill -9 of anvil can lose.
const STATE_INTERVAL: &str = "2";

pub(super) fn anvil(
    program: &Path,
    port: u16,
    state: &StateDir,
    progress: &Progress,
) -> Result<ComponentSpec, StateError> {
    let dump = state.folder("anvil")?.join("state.json");
    set_broken_dump_aside(&dump, progress)?;
    let dump = dump.into_os_string();
    let mut args = vec!["--state".into(), dump];
    let port_text = port.to_string();
    let chain_id = CHAIN_ID.to_string();
    let fixed = [
        "--state-interval",
        STATE_INTERVAL,
        "--host",
        "127.0.0.1",
        "--port",
        &port_text,
        "--chain-id",
        &chain_id,
    ];
    args.extend(fixed.map(Into::into));
    Ok(ComponentSpec {
        name: String::from("anvil"),
        program: program.to_owned(),
        args,
        args_of_start: clock,
        env: Vec::new(),
        user: None,
        url: http(port),
        ready: Readiness::JsonRpc {
            url: http(port),
            method: "eth_chainId",
        },
        ready_within: Duration::from_secs(60),
        // anvil writes its state when it is asked to end.
        stop_signal: Signal::TERM,
        stop_within: Duration::from_secs(20),
    })
}

/// Where anvil's clock begins. Left alone it rounds twice and may go a second or two late; the mirror then says
/// of a license that has just come into force that it is not valid yet. A second early it never does.
fn clock() -> Vec<OsString> {
    vec!["--timestamp".into(), (unix_now() + 1).to_string().into()]
}

/// A dump that was cut off by a kill would keep anvil from starting. Without it the chain starts
/// anew, the mirror is deployed again and the relayer delivers everything again.
fn set_broken_dump_aside(dump: &Path, progress: &Progress) -> Result<(), StateError> {
    let Ok(text) = fs::read(dump) else {
        return Ok(());
    };
    if serde_json::from_slice::<IgnoredAny>(&text).is_ok() {
        return Ok(());
    }
    let aside = dump.with_extension("broken.json");
    fs::rename(dump, &aside).map_err(failed("renaming", dump))?;
    progress.note(format!(
        "  anvil's saved state was incomplete and is set aside as {}; the mirror is deployed again",
        aside.display()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_off_dump_is_set_aside_and_a_whole_one_kept() {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("state.json");
        set_broken_dump_aside(&dump, &Progress::silent()).unwrap();
        fs::write(&dump, "{\"block\":null}").unwrap();
        set_broken_dump_aside(&dump, &Progress::silent()).unwrap();
        assert!(dump.exists());
        fs::write(&dump, "{\"block\":").unwrap();
        set_broken_dump_aside(&dump, &Progress::silent()).unwrap();
        assert!(!dump.exists());
        assert!(folder.path().join("state.broken.json").exists());
    }
}
