//! `lex up --detach`: starts a supervisor in the background and waits until everything serves.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval};

use super::UpArgs;
use super::report::UpReport;
use crate::commands::Context;
use crate::stack::StateDir;

/// How often the supervisor's progress is looked at.
const INTERVAL: Duration = Duration::from_millis(100);

pub(super) async fn run(context: &Context, args: &UpArgs) -> anyhow::Result<()> {
    let state = StateDir::create(&context.target.state_folder())?;
    // Only the supervisor may hold the lock; this is an early answer to a common mistake.
    drop(state.lock(&context.progress).await?);
    let report = state.path("run/report.json");
    let log = state.supervisor_log();
    match fs::remove_file(&report) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("failed to remove {}", report.display()));
        }
        _ => {}
    }
    let mut supervisor = start(context, args, &report, &log)?;
    let mut progress = Tail::new(&log)?;
    match follow(context, &mut supervisor, &report, &mut progress).await? {
        Outcome::Serving(report) => {
            context
                .format
                .print(&*report, |report| report.human(&context.target))?;
            context.progress.note(format!(
                "The stack runs in the background (log {}); `lex down` ends it.",
                log.display()
            ));
            Ok(report.outcome()?)
        }
        Outcome::Ended(status) => {
            bail!(
                "the stack did not come up ({status}); its log is {}",
                log.display()
            )
        }
    }
}

enum Outcome {
    Serving(Box<UpReport>),
    Ended(ExitStatus),
}

async fn follow(
    context: &Context,
    supervisor: &mut Child,
    report: &Path,
    progress: &mut Tail,
) -> anyhow::Result<Outcome> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let ended = supervisor
            .try_wait()
            .context("failed to watch the supervisor")?;
        for line in progress.lines()? {
            context.progress.note(line);
        }
        if let Ok(text) = fs::read_to_string(report) {
            let report = serde_json::from_str(&text).context("failed to read its report")?;
            return Ok(Outcome::Serving(Box::new(report)));
        }
        if let Some(status) = ended {
            return Ok(Outcome::Ended(status));
        }
    }
}

/// The same command in the foreground of a process group of its own, so that neither Ctrl-C nor
/// the end of this terminal's jobs reaches it.
fn start(context: &Context, args: &UpArgs, report: &Path, log: &Path) -> anyhow::Result<Child> {
    let lex = std::env::current_exe().context("failed to find the running program")?;
    // Begun anew, and appended to: it is emptied when it is too long.
    let output = File::create(log)
        .and_then(|_| OpenOptions::new().append(true).open(log))
        .with_context(|| format!("failed to open {}", log.display()))?;
    Command::new(lex)
        .args(arguments(context, args, report))
        .stdin(Stdio::null())
        .stdout(output.try_clone().context("failed to open the log twice")?)
        .stderr(output)
        .process_group(0)
        .spawn()
        .context("failed to start the supervisor")
}

/// Ports in the environment are inherited; only flags need repeating.
fn arguments(context: &Context, args: &UpArgs, report: &Path) -> Vec<String> {
    let mut arguments = vec![String::from("up")];
    let mut flag = |name: &str, value: String| arguments.extend([format!("--{name}"), value]);
    let path = |path: &PathBuf| path.display().to_string();
    flag("report", report.display().to_string());
    if let Some(state) = &context.target.state {
        flag("state", path(state));
    }
    if let Some(deployment) = &context.target.deployment {
        flag("deployment", path(deployment));
    }
    if let Some(config) = &args.config {
        flag("config", path(config));
    }
    let ports = [
        ("node-port", args.ports.node_port),
        ("eth-rpc-port", args.ports.eth_rpc_port),
        ("anvil-port", args.ports.anvil_port),
        ("postgres-port", args.ports.postgres_port),
        ("deliverer-port", args.ports.deliverer_port),
        ("indexer-port", args.ports.indexer_port),
    ];
    for (name, port) in ports {
        if let Some(port) = port {
            flag(name, port.to_string());
        }
    }
    if let Some(attesters) = &args.ports.attester_ports {
        let ports: Vec<String> = attesters.iter().map(u16::to_string).collect();
        flag("attester-ports", ports.join(","));
    }
    let switches = [
        ("--fresh", args.fresh),
        ("--no-journey", args.no_journey),
        ("--journey", args.journey),
    ];
    for (switch, on) in switches {
        if on {
            arguments.push(switch.to_owned());
        }
    }
    arguments
}

/// Whole lines that a growing file gains.
struct Tail {
    file: File,
    partial: String,
}

impl Tail {
    fn new(path: &Path) -> anyhow::Result<Tail> {
        let mut file =
            File::open(path).with_context(|| format!("failed to read {}", path.display()))?;
        file.seek(SeekFrom::Start(0))
            .context("failed to read the log")?;
        Ok(Tail {
            file,
            partial: String::new(),
        })
    }

    fn lines(&mut self) -> anyhow::Result<Vec<String>> {
        let mut bytes = Vec::new();
        self.file
            .read_to_end(&mut bytes)
            .context("failed to read the log")?;
        self.partial += &String::from_utf8_lossy(&bytes);
        let mut lines: Vec<String> = self.partial.split('\n').map(str::to_owned).collect();
        self.partial = lines.pop().unwrap_or_default();
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command as LexCommand};
    use crate::output::Format;
    use crate::progress::Progress;
    use clap::Parser;
    use std::io::Write;

    fn parse(arguments: &[String]) -> (Context, UpArgs) {
        let line = std::iter::once(String::from("lex")).chain(arguments.iter().cloned());
        let cli = Cli::try_parse_from(line).unwrap();
        let LexCommand::Up(args) = cli.command else {
            panic!("not up");
        };
        let context = Context {
            format: Format::Human,
            target: cli.global.target,
            progress: Progress::silent(),
        };
        (context, *args)
    }

    #[test]
    fn the_supervisor_gets_every_flag() {
        let given: Vec<String> =
            "up --fresh --journey --detach --state s --config c.toml --deployment d.json \
            --node-port 1 --eth-rpc-port 2 --anvil-port 3 --postgres-port 4 \
            --attester-ports 5,6,7 --deliverer-port 8 --indexer-port 9"
                .split_whitespace()
                .map(str::to_owned)
                .collect();
        let (context, args) = parse(&given);
        let (passed_context, passed) = parse(&arguments(&context, &args, Path::new("r.json")));
        assert_eq!(passed.ports, args.ports);
        assert_eq!(passed.config, args.config);
        assert_eq!(passed_context.target.state, context.target.state);
        assert_eq!(passed_context.target.deployment, context.target.deployment);
        assert!(passed.fresh && passed.journey && !passed.detach && !passed.no_journey);
        assert_eq!(passed.report.as_deref(), Some(Path::new("r.json")));
    }

    #[test]
    fn only_whole_lines_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = File::create(&path).unwrap();
        let mut tail = Tail::new(&path).unwrap();
        write!(log, "one\ntw").unwrap();
        assert_eq!(tail.lines().unwrap(), ["one"]);
        writeln!(log, "o").unwrap();
        assert_eq!(tail.lines().unwrap(), ["two"]);
        assert!(tail.lines().unwrap().is_empty());
    }
}
