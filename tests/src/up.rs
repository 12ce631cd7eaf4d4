//! `lex` as a program, with a stack of its own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use anyhow::{Context, Result, ensure};
use lex_cli::stack::{
    Binaries, Endpoints, Others, PortOverrides, PortPlan, Postgres, ProcessRecord, StateDir,
};
use lex_cli::target::repository;
use rand::Rng;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// A folder in which `lex up` runs a stack, which ends with this.
pub struct Up {
    program: PathBuf,
    state: StateDir,
    folder: TempDir,
    /// Of each `lex up`, beside what it is started with.
    options: Vec<String>,
}

impl Up {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When a program is missing, or the folder cannot be made.
    pub fn new() -> Result<Up> {
        let folder = tempfile::tempdir().context("failed to make a folder")?;
        // The database's user must be able to walk through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let program = Binaries::find(&repository())?.indexer.with_file_name("lex");
        ensure!(
            program.is_file(),
            "{} is missing; `cargo build --workspace` makes it",
            program.display()
        );
        Ok(Up {
            program,
            state: StateDir::create(&folder.path().join("state"))?,
            folder,
            options: Vec::new(),
        })
    }

    /// With a supervisor that leaves alone for ten minutes what runs and answers nothing.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub fn leaving_what_hangs(mut self) -> Result<Up> {
        let file = self.folder.path().join("stack.toml");
        fs::write(&file, "[supervision]\nmax_silence_ms = 600000\n")?;
        self.options = vec!["--config".to_owned(), file.display().to_string()];
        Ok(self)
    }

    #[must_use]
    pub fn state(&self) -> &StateDir {
        &self.state
    }

    /// A program that stands beside `lex`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.program.with_file_name(name)
    }

    /// The configuration of a service.
    #[must_use]
    pub fn config(&self, name: &str) -> PathBuf {
        self.state.path(format!("config/{name}.toml"))
    }

    /// Runs `lex` to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn lex(&self, arguments: &[&str]) -> Result<Output> {
        Ok(Command::new(&self.program)
            .args(arguments)
            .arg("--state")
            .arg(self.state.root())
            .output()
            .await?)
    }

    /// The first `lex up`: in the background, on ports where no other stack of this machine looks first, so
    /// that none takes them between a kill and the next start.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start_apart(&self) -> Result<Output> {
        let ports = ports_apart()?;
        let mut arguments = vec!["up", "--detach", "--no-journey"];
        arguments.extend(ports.iter().map(String::as_str));
        self.start(arguments).await
    }

    /// Every later `lex up`, which finds the ports by itself.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start_again(&self) -> Result<Output> {
        self.start(vec!["up", "--detach", "--no-journey"]).await
    }

    async fn start<'a>(&'a self, mut arguments: Vec<&'a str>) -> Result<Output> {
        arguments.extend(self.options.iter().map(String::as_str));
        self.lex(&arguments).await
    }

    /// Exit code and document of `lex status --licenses --json`.
    ///
    /// # Errors
    /// When it prints no document.
    pub async fn status(&self) -> Result<(Option<i32>, Value)> {
        let output = self.lex(&["status", "--licenses", "--json"]).await?;
        let status = serde_json::from_slice(&output.stdout).with_context(|| said(&output))?;
        Ok((output.status.code(), status))
    }

    /// Where the stack serves.
    ///
    /// # Errors
    /// When it does not run.
    pub fn endpoints(&self) -> Result<Endpoints> {
        Endpoints::of_running(self.state.root())?.context("the stack does not run")
    }

    /// The address of each component.
    ///
    /// # Errors
    /// When the stack does not run.
    pub fn addresses(&self) -> Result<BTreeMap<String, String>> {
        let components = self.endpoints()?.components.into_iter();
        Ok(components
            .map(|component| (component.name, component.url))
            .collect())
    }

    /// The process of a component, or of the supervisor, while it runs.
    #[must_use]
    pub fn process(&self, name: &str) -> Option<ProcessRecord> {
        let file = match name {
            SUPERVISOR => self.state.supervisor(),
            component => self.state.pid_file(component),
        };
        file.running()
    }

    /// SIGKILL to the supervisor, then to everything that it started.
    ///
    /// # Errors
    /// When fewer parts run than a stack has.
    pub fn kill_all(&self) -> Result<()> {
        let components = self.state.recorded_components();
        ensure!(components.len() > 5, "only {components:?} run");
        let names = std::iter::once(SUPERVISOR).chain(components.iter().map(String::as_str));
        // Found first, so that the kills follow each other closely.
        let processes: Vec<_> = names.filter_map(|name| self.process(name)).collect();
        for process in processes {
            process.signal(Signal::KILL);
        }
        Ok(())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Nothing can be done here about what cannot be ended or removed.
        let _ = std::process::Command::new(&self.program)
            .args(["down", "--state"])
            .arg(self.state.root())
            .output();
        // A cluster that stands outside the state folder goes too.
        let _ = Postgres::wipe(&self.state);
        let _ = fs::remove_dir_all(self.folder.path());
    }
}

/// What [`Up::process`] calls the `lex up` that supervises the stack.
pub const SUPERVISOR: &str = "supervisor";

/// Everything that a program printed.
#[must_use]
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

/// Flags for a free block of ports somewhere, not for the first.
fn ports_apart() -> Result<Vec<String>> {
    const TRIES: usize = 100;
    let mut rng = rand::rng();
    let claimed = (0..TRIES).find_map(|_| {
        let first = 10 * rng.random_range(2_400..3_200_u16);
        let port = |offset: u16| Some(first + offset);
        let plan = PortPlan {
            named: PortOverrides {
                node_port: port(0),
                eth_rpc_port: port(1),
                anvil_port: port(2),
                postgres_port: port(3),
                attester_ports: Some(vec![first + 4, first + 5, first + 6]),
                deliverer_port: port(7),
                indexer_port: port(8),
            },
            others: Others::AnyFree,
        };
        plan.claim().ok()
    });
    let ports = claimed.context("no block of ports is free")?.ports();
    let flags = ports.named().into_iter();
    let attesters = ports.attesters.map(|port| port.to_string()).join(",");
    let mut arguments: Vec<String> = flags
        .filter(|named| !ports.attesters.contains(&named.port))
        .flat_map(|named| [named.flag.to_owned(), named.port.to_string()])
        .collect();
    arguments.extend([String::from("--attester-ports"), attesters]);
    Ok(arguments)
}
