//! How the stack knows that a component serves.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use super::health::{Unready, unready};

/// The condition under which a component counts as ready.
#[derive(Clone, Debug)]
pub enum Readiness {
    /// The JSON-RPC server answers this parameterless method with a result.
    JsonRpc { url: String, method: &'static str },
    /// A GET of this URL answers 200.
    Http { url: String },
    /// The command (`psql -c 'select 1'` for example) ends with success.
    Command {
        program: PathBuf,
        args: Vec<String>,
        env: Vec<(String, String)>,
    },
}

impl Readiness {
    /// One look.
    ///
    /// # Errors
    /// What is missing, in words for a log or a time-out message.
    pub async fn check(&self, client: &reqwest::Client) -> Result<(), Unready> {
        match self {
            Readiness::JsonRpc { url, method } => json_rpc(client, url, method).await,
            Readiness::Http { url } => http(client, url).await,
            Readiness::Command { program, args, env } => {
                command(program, args, env).await.map_err(Unready::NotYet)
            }
        }
    }
}

/// An HTTP client for looks at local components: never through a proxy, never for long.
///
/// # Errors
/// When the TLS back end cannot be initialised.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()
}

async fn json_rpc(client: &reqwest::Client, url: &str, method: &str) -> Result<(), Unready> {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": []});
    let response = client
        .post(url)
        .json(&request)
        .send()
        .await
        .map_err(|error| silent(&error))?;
    let answer: Value = response.json().await.map_err(|error| silent(&error))?;
    match answer.get("error") {
        None => Ok(()),
        Some(error) => Err(Unready::NotYet(format!("{method} answers {error}"))),
    }
}

async fn http(client: &reqwest::Client, url: &str) -> Result<(), Unready> {
    let response = client.get(url).send().await;
    let response = response.map_err(|error| silent(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = response.text().await.unwrap_or_default();
    Err(unready(status.as_u16(), &body))
}

async fn command(
    program: &PathBuf,
    args: &[String],
    env: &[(String, String)],
) -> Result<(), String> {
    let output = Command::new(program)
        .args(args)
        .envs(env.iter().cloned())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

fn silent(error: &reqwest::Error) -> Unready {
    Unready::Silent(innermost(error))
}

/// The innermost cause: "connection refused" says more than "error sending request".
#[must_use]
pub fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
