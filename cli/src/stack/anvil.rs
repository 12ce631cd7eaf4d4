//! The destination chain: anvil, with its state kept in a file.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use super::component::{BeforeStart, ComponentSpec};
use super::kept_dump::KeptDump;
use super::liveness::Liveness;
use super::ports::http;
use super::readiness::Readiness;
use crate::mirror::unix_now;
use crate::progress::Progress;

/// Chain id of the destination in development.
pub const CHAIN_ID: u64 = 31_337;
/// Seconds between two dumps of the state: what a kill -9 of anvil can lose.
const STATE_INTERVAL: &str = "2";

pub(super) fn anvil(program: &Path, port: u16, dump: &KeptDump) -> ComponentSpec {
    let mut args = vec!["--state".into(), dump.path().as_os_str().to_owned()];
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
    ComponentSpec {
        name: String::from("anvil"),
        program: program.to_owned(),
        args,
        before_start: Some(Arc::new(dump.clone())),
        env: Vec::new(),
        user: None,
        url: http(port),
        ready: Readiness::JsonRpc {
            url: http(port),
            method: "eth_chainId",
        },
        ready_within: Duration::from_secs(60),
        live: Some(Liveness::of_json_rpc(port)),
        // anvil writes its state when it is asked to end.
        stop_signal: Signal::TERM,
        stop_within: Duration::from_secs(20),
    }
}

/// The dump and the clock are looked at anew by each start, also after a crash.
impl BeforeStart for KeptDump {
    fn prepare(&self, progress: &Progress) -> io::Result<Vec<OsString>> {
        self.repair(progress)?;
        Ok(clock())
    }
}

/// Where anvil's clock begins. Left alone it rounds twice and may go a second or two late; the mirror then says
/// of a license that has just come into force that it is not valid yet. A second early it never does.
fn clock() -> Vec<OsString> {
    vec!["--timestamp".into(), (unix_now() + 1).to_string().into()]
}
