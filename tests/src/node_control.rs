//! The development node's own RPCs: its clock and its block production.

use anyhow::{Context, Result, bail};
use lex_client::B256;
use serde_json::{Value, json};

/// Moves the clock of a development node and seals blocks by hand.
#[derive(Clone, Debug)]
pub struct NodeControl {
    url: String,
    client: reqwest::Client,
}

impl NodeControl {
    /// `url` is the node's WebSocket address; the same port answers plain HTTP.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: &str) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self {
            url: url.replacen("ws", "http", 1),
            client,
        })
    }

    /// Lets `seconds` pass on the chain and seals a block that shows it.
    ///
    /// # Errors
    /// When the node refuses.
    pub async fn advance(&self, seconds: u64) -> Result<()> {
        self.request("dev_increaseTime", json!([seconds])).await?;
        Ok(())
    }

    /// Seals an empty block, final at once.
    ///
    /// # Errors
    /// When the node refuses.
    pub async fn seal(&self) -> Result<()> {
        self.request("engine_createBlock", json!([true, true, null]))
            .await?;
        Ok(())
    }

    /// The version of the runtime in the state of a block: that of what executes the next one.
    ///
    /// # Errors
    /// When the node refuses.
    pub async fn spec_version(&self, at: B256) -> Result<u64> {
        self.runtime_version(json!([at])).await
    }

    /// The version of the runtime that executes what is submitted now.
    ///
    /// # Errors
    /// When the node refuses.
    pub async fn best_spec_version(&self) -> Result<u64> {
        self.runtime_version(json!([])).await
    }

    async fn runtime_version(&self, parameters: Value) -> Result<u64> {
        let version = self.request("state_getRuntimeVersion", parameters).await?;
        version["specVersion"].as_u64().context("it has no version")
    }

    async fn request(&self, method: &str, params: Value) -> Result<Value> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer: Value = self
            .client
            .post(&self.url)
            .json(&request)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .with_context(|| format!("{method} was not answered"))?
            .json()
            .await?;
        if let Some(error) = answer.get("error") {
            bail!("{method} failed: {error}");
        }
        Ok(answer["result"].clone())
    }
}
