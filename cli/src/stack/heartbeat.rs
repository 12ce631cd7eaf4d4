//! Keeps the clock of an idle source chain moving.
//!
//! A chain that seals a block for every transaction stands still while nobody sends one, and the
//! mirror, which trusts an attestation only for a while, would go stale. The stack has an empty
//! block sealed from time to time; the deliverer then renews the attestation.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::config::StackConfig;
use super::ports::http;
use super::readiness::http_client;

/// How often it is looked whether the chain went on. The longest time without a final block is twice
/// this: the chain may have gone on just after a look.
const INTERVAL: Duration = Duration::from_secs(30);
/// Until the next look at a node that did not answer: it may have been restarted, and the chain is silent
/// all the longer.
const AGAIN: Duration = Duration::from_secs(1);

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Heartbeat(Option<JoinHandle<()>>);

impl Heartbeat {
    /// Starts it for the node on this port, unless the chain makes blocks by itself.
    pub(super) fn start(config: &StackConfig, node: u16) -> Heartbeat {
        if config.block_time.is_some() {
            return Heartbeat(None);
        }
        let url = http(node);
        Heartbeat(Some(tokio::spawn(beat(url, config.finality_delay))))
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

async fn beat(url: String, finality_delay: u32) {
    let Ok(client) = http_client() else { return };
    let mut last = None;
    loop {
        let pause = match look(&client, &url, finality_delay, last.as_deref()).await {
            Some(best) => {
                last = Some(best);
                INTERVAL
            }
            // A node that is down is its supervisor's concern.
            None => AGAIN,
        };
        sleep(pause).await;
    }
}

/// Has a block sealed if the chain still stands where it stood, and at the first look: a stack that was down for
/// long begins with a new block. Returns where it stands now; `None`: the node did not answer.
async fn look(
    client: &reqwest::Client,
    url: &str,
    finality_delay: u32,
    last: Option<&str>,
) -> Option<String> {
    let best = best_block(client, url).await?;
    if last.is_none_or(|last| last == best) {
        // With a finality delay the node finalizes by depth, so what becomes final is a block
        // that this many stand on.
        for _ in 0..=finality_delay {
            let empty_block = json!([true, finality_delay == 0, null]);
            rpc(client, url, "engine_createBlock", empty_block).await?;
        }
    }
    best_block(client, url).await
}

async fn best_block(client: &reqwest::Client, url: &str) -> Option<String> {
    let header = rpc(client, url, "chain_getHeader", json!([])).await?;
    header.get("number")?.as_str().map(str::to_owned)
}

async fn rpc(client: &reqwest::Client, url: &str, method: &str, params: Value) -> Option<Value> {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let response = client.post(url).json(&request).send().await.ok()?;
    response.json::<Value>().await.ok()?.get("result").cloned()
}
