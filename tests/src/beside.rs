//! A second process of a service beside the one that serves, as a rolling upgrade has it.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lex_cli::stack::{Component, PortClaim, PortPlan, wait};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Longest time for what a process does by itself.
const WITHIN: Duration = Duration::from_secs(120);

/// Ends when it is dropped.
pub struct Beside {
    process: Child,
    claim: PortClaim,
    log: PathBuf,
    name: String,
}

impl Beside {
    /// The component's program with its configuration, on another port. It waits for the lead of its schema.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(component: &Component, log: PathBuf) -> Result<Beside> {
        let claim = PortPlan::any_free().claim()?;
        let port = claim.ports().indexer;
        let output = File::create(&log)?;
        let spec = component.spec();
        let process = Command::new(&spec.program)
            .args(&spec.args)
            .env("LEX__HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Beside {
            process,
            claim,
            log,
            name: spec.name.clone(),
        })
    }

    /// Where it serves, or will.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Waits until it has begun: it listens, or has said what it waits for.
    ///
    /// # Errors
    /// When it does not.
    pub async fn begun(&self) -> Result<()> {
        let address = (Ipv4Addr::LOCALHOST, self.port());
        wait::until("a second process", WITHIN, || async {
            let listens = TcpStream::connect(address).await;
            let has_said = std::fs::metadata(&self.log).is_ok_and(|log| log.len() > 0);
            match listens {
                Err(error) if !has_said => Err(error.to_string()),
                _ => Ok(()),
            }
        })
        .await?;
        Ok(())
    }

    /// Waits until it does the work.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ready(&self) -> Result<()> {
        let url = format!("{}/health/ready", self.url());
        let ready = wait::until("readiness of the second process", WITHIN, || async {
            let answer = reqwest::get(&url)
                .await
                .map_err(|error| error.to_string())?;
            match answer.status().as_u16() {
                200 => Ok(()),
                status => Err(format!(
                    "{status}: {}",
                    answer.text().await.unwrap_or_default()
                )),
            }
        });
        ready.await.with_context(|| self.said())
    }

    /// Ends it as an operator does, and waits for its end.
    ///
    /// # Errors
    /// When it ends otherwise than by itself.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.process.id().context("it has ended already")?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process id")?;
        kill_process(pid, Signal::TERM)?;
        let status = tokio::time::timeout(WITHIN, self.process.wait()).await??;
        if !status.success() {
            bail!("{status}: {}", self.said());
        }
        Ok(())
    }

    fn port(&self) -> u16 {
        self.claim.ports().indexer
    }

    fn said(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        format!("the second {}: {log}", self.name)
    }
}
