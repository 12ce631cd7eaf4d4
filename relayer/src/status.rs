//! `lex-relayer status` and `lex-relayer resume`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use crate::condition::Condition;
use crate::config::{DatabaseSection, HttpSection, StateConfig};
use crate::retry::report;
use crate::store::{Halt, Store, StoreError, UpdateLifecycle};

/// How long the running service and the database may each take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What an instance is, knows and did.
#[derive(Clone, Debug, Serialize)]
pub struct StatusReport {
    /// What the running service says of itself; `None` when it says nothing.
    pub service: Option<Condition>,
    /// Why it says nothing.
    pub service_silent: Option<String>,
    /// What is recorded; `None` when the database does not answer.
    #[serde(flatten)]
    pub recorded: Option<Recorded>,
    /// Why it does not.
    pub database_silent: Option<String>,
}

/// What is recorded of an instance.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The newest verified source block.
    pub source_block: Option<u64>,
    /// The newest verified update.
    pub nonce: u64,
    /// Why the instance has stopped.
    pub halt: Option<Halt>,
    pub updates: Vec<UpdateLifecycle>,
}

/// Asks the running service how it is, and reads what is recorded. Where one is silent the report says so.
///
/// # Errors
/// When the database answers and has no schema, or that of another version.
pub async fn of(
    config: &StateConfig,
    nonce: Option<u64>,
    limit: u64,
) -> Result<StatusReport, StoreError> {
    let recorded = timeout(TIMEOUT, read(&config.database, nonce, limit));
    let (asked, recorded) = tokio::join!(ask(&config.http), recorded);
    let (recorded, database_silent) = match recorded {
        Ok(Ok(recorded)) => (Some(recorded), None),
        Ok(Err(error)) if error.is_transient() => (None, Some(report(&error))),
        Ok(Err(error)) => return Err(error),
        Err(_) => (None, Some("no answer in time".to_owned())),
    };
    let (service, service_silent) = match asked {
        Ok(condition) => (Some(condition), None),
        Err(error) => (None, Some(report(&error))),
    };
    Ok(StatusReport {
        service,
        service_silent,
        recorded,
        database_silent,
    })
}

async fn ask(section: &HttpSection) -> Result<Condition, reqwest::Error> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let url = format!("http://{}/v1/status", reachable(section.listen));
    client.get(url).send().await?.json().await
}

/// Where a service of this machine is reached that listens at `address`.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

/// Reads what is recorded of an instance, running or not. Its schema stays as it is.
///
/// # Errors
/// When the database cannot be read, or has the schema of another version.
pub async fn read(
    database: &DatabaseSection,
    nonce: Option<u64>,
    limit: u64,
) -> Result<Recorded, StoreError> {
    let store = Store::open(database).await?;
    store.must_be_readable().await?;
    let checkpoint = store.checkpoint().await?;
    let newest = checkpoint.map_or(0, |checkpoint| checkpoint.end.nonce);
    let (first, last) = match nonce {
        Some(nonce) => (nonce, nonce),
        None => (newest.saturating_sub(limit).saturating_add(1), newest),
    };
    Ok(Recorded {
        source_block: checkpoint.map(|checkpoint| checkpoint.number),
        nonce: newest,
        halt: store.halt().await?,
        updates: store.lifecycles(first, last).await?,
    })
}

/// Ends a halt and says what was done.
///
/// # Errors
/// When the database cannot be written, or has the schema of another version.
pub async fn resume(database: &DatabaseSection) -> Result<String, StoreError> {
    let store = Store::open(database).await?;
    store.must_be_readable().await?;
    let Some(halt) = store.halt().await? else {
        return Ok("the instance is not halted".into());
    };
    store.resume().await?;
    Ok(format!(
        "resumed; restart the service. It was halted because: {}",
        halt.reason
    ))
}

impl fmt::Display for StatusReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(condition) = &self.service {
            write!(f, "{condition}")?;
        }
        if let Some(why) = &self.service_silent {
            writeln!(f, "the service does not answer: {why}")?;
        }
        if let Some(why) = &self.database_silent {
            writeln!(f, "the database does not answer: {why}")?;
        }
        match &self.recorded {
            Some(recorded) => write!(f, "{recorded}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source_block {
            Some(block) => writeln!(f, "verified: update {} at block {block}", self.nonce)?,
            None => writeln!(f, "verified: nothing yet")?,
        }
        if let Some(halt) = &self.halt {
            writeln!(f, "HALTED: {}", halt.reason)?;
        }
        writeln!(
            f,
            "{:>8}  {:<9}  {:>6}  {:>10}  transaction",
            "update", "stage", "block", "signatures"
        )?;
        for update in &self.updates {
            let transaction = update
                .transactions
                .last()
                .map(|transaction| transaction.hash.to_string());
            writeln!(
                f,
                "{:>8}  {:<9}  {:>6}  {:>10}  {}",
                update.nonce,
                update.stage,
                update.source_block,
                update.signatures,
                transaction.unwrap_or_default()
            )?;
        }
        Ok(())
    }
}
