//! `lex up` and `lex status` as programs, on a real stack that fares badly: a halted attester, and kills of
//! everything at once.
//!
//! `LEX_KILLS=N` kills as often.

#![expect(clippy::unwrap_used, reason = "what a test does not expect ends it")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use lex_cli::stack::{Binaries, PidFile, PortOverrides, PortPlan, ProcessRecord, StateDir, wait};
use lex_cli::target::repository;
use rustix::process::Signal;
use serde_json::Value;

/// How often everything is killed unless `LEX_KILLS` says otherwise.
const KILLS: usize = 2;
/// Longest time for what must happen by itself.
const WITHIN: Duration = Duration::from_secs(180);

/// A stack of the program's own, which ends with this.
struct Up {
    folder: tempfile::TempDir,
    state: StateDir,
    ports: PortOverrides,
}

impl Up {
    fn new() -> Up {
        let folder = tempfile::tempdir().unwrap();
        // The database's user must be able to walk through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Named, so that a stack which does not get its ports again fails instead of moving.
        let ports = PortPlan::any_free().claim().unwrap().ports();
        Up {
            state: StateDir::create(&folder.path().join("state")).unwrap(),
            folder,
            ports: PortOverrides {
                node_port: Some(ports.node),
                eth_rpc_port: Some(ports.eth_rpc),
                anvil_port: Some(ports.anvil),
                postgres_port: Some(ports.postgres),
                attester_ports: Some(ports.attesters.to_vec()),
                deliverer_port: Some(ports.deliverer),
                indexer_port: Some(ports.indexer),
            },
        }
    }

    fn lex(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lex"))
            .args(arguments)
            .arg("--state")
            .arg(self.state.root())
            .output()
            .unwrap()
    }

    /// `lex up` in the background, on the stack's ports.
    fn start(&self) -> Output {
        let port = |port: Option<u16>| port.unwrap().to_string();
        let attesters = self.ports.attester_ports.clone().unwrap();
        let attesters: Vec<String> = attesters.iter().map(u16::to_string).collect();
        self.lex(&[
            "up",
            "--detach",
            "--no-journey",
            "--node-port",
            &port(self.ports.node_port),
            "--eth-rpc-port",
            &port(self.ports.eth_rpc_port),
            "--anvil-port",
            &port(self.ports.anvil_port),
            "--postgres-port",
            &port(self.ports.postgres_port),
            "--attester-ports",
            &attesters.join(","),
            "--deliverer-port",
            &port(self.ports.deliverer_port),
            "--indexer-port",
            &port(self.ports.indexer_port),
        ])
    }

    fn status(&self) -> (Option<i32>, Value) {
        let output = self.lex(&["status", "--licenses", "--json"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let status = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        (output.status.code(), status)
    }

    /// SIGKILL to the supervisor, then to everything that it started.
    fn kill_all(&self) {
        let components = self.state.recorded_components();
        assert!(components.len() > 5, "{components:?}");
        let records: Vec<ProcessRecord> = std::iter::once(self.state.supervisor())
            .chain(components.iter().map(|name| self.state.pid_file(name)))
            .filter_map(|file: PidFile| file.running())
            .collect();
        for record in records {
            record.signal(Signal::KILL);
        }
    }

    fn config(&self, name: &str) -> PathBuf {
        self.state.path(format!("config/{name}.toml"))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.lex(&["down"]);
        // A cluster that stands outside the state folder goes too.
        let _ = lex_cli::stack::Postgres::wipe(&self.state);
        let _ = fs::remove_dir_all(self.folder.path());
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

/// What an attester writes when it finds that its source lies.
fn halt(config: &Path) {
    let config: toml::Table = fs::read_to_string(config).unwrap().parse().unwrap();
    let database = config["database"].as_table().unwrap();
    let sql = format!(
        "insert into {}.halt (reason) values ('two endpoints disagree')",
        database["schema"].as_str().unwrap()
    );
    let psql = Binaries::find(&repository())
        .unwrap()
        .postgres
        .program("psql");
    let output = Command::new(psql)
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &sql])
        .arg(database["url"].as_str().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[tokio::test]
async fn a_halted_attester_and_kills_of_everything_take_nothing_down() {
    let up = Up::new();
    let output = up.start();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (code, status) = up.status();
    assert_eq!(code, Some(0), "{status:#}");
    assert_eq!(status["troubles"], serde_json::json!([]));

    halt(&up.config("attester-2"));
    up.kill_all();
    let output = up.start();
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert!(
        said(&output).contains("HALTED: two endpoints disagree"),
        "{}",
        said(&output)
    );
    let (code, status) = up.status();
    assert_eq!(code, Some(7), "{status:#}");
    let components = status["components"].as_array().unwrap();
    assert_eq!(components.len(), 9);
    assert!(
        components.iter().all(|part| part["up"] == true),
        "{status:#}"
    );
    let troubles = status["troubles"].as_array().unwrap();
    assert_eq!(troubles.len(), 1, "{status:#}");
    assert_eq!(troubles[0]["part"], "attester-2");

    end_the_halt(troubles[0]["next"].as_str().unwrap());
    wait::until("the end of all trouble", WITHIN, || async {
        match up.status() {
            (Some(0), _) => Ok(()),
            (code, status) => Err(format!("{code:?}: {}", status["troubles"])),
        }
    })
    .await
    .unwrap();
    kills_in_a_row(&up);
    what_nobody_ended_is_one_trouble_until_somebody_does(&up).await;
}

/// Does what `lex status` says.
fn end_the_halt(next: &str) {
    let (_, command) = next.split_once("then: ").unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_lex")).with_file_name("lex-relayer");
    let program = program.display().to_string();
    assert!(command.starts_with(&program), "{command}");
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

fn kills_in_a_row(up: &Up) {
    let kills = match std::env::var("LEX_KILLS") {
        Ok(kills) => kills.parse().unwrap(),
        Err(_) => KILLS,
    };
    for kill in 1..=kills {
        up.kill_all();
        let output = up.start();
        assert_eq!(
            output.status.code(),
            Some(0),
            "kill {kill}: {}",
            said(&output)
        );
    }
    let (code, status) = up.status();
    assert_eq!(code, Some(0), "{status:#}");
}

async fn what_nobody_ended_is_one_trouble_until_somebody_does(up: &Up) {
    up.kill_all();
    // The last of a killed process may take a while to go.
    wait::until("the end of everything", WITHIN, || async {
        match up.status() {
            (Some(7), status) if status["troubles"][0]["part"] == "stack" => Ok(()),
            (code, status) => Err(format!("{code:?}: {}", status["troubles"])),
        }
    })
    .await
    .unwrap();
    up.lex(&["down"]);
    let (code, status) = up.status();
    assert_eq!(code, Some(4), "{status:#}");
    assert_eq!(status["components"], serde_json::json!([]));
}
