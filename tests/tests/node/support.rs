//! Starts `lex-node`, talks to it, ends it.

use std::fs::File;
use std::future::Future;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use lex_cli::stack::{PortClaim, PortPlan, find_node};
use lex_cli::target::repository;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use subxt::config::substrate::SubstrateExtrinsicParamsBuilder;
use subxt::{OnlineClient, SubstrateConfig, dynamic};
use subxt_signer::sr25519::dev;

/// Longest that a process may take to answer, or a block to appear, on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(50);

/// A running `lex-node`, killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) ports: Arc<PortClaim>,
    client: reqwest::Client,
}

impl Process {
    /// Starts `lex-node node` on `base_path` and waits until it answers.
    pub(crate) async fn node(base_path: &Path, options: &[&str]) -> Self {
        Self::node_on_ports(free_ports(), base_path, options).await
    }

    pub(crate) async fn node_on_ports(
        ports: Arc<PortClaim>,
        base_path: &Path,
        options: &[&str],
    ) -> Self {
        let process = Self::spawn("node", ports, base_path, options);
        wait_for("the node to answer", || async {
            process
                .try_call::<Value>("system_health", json!([]))
                .await
                .ok()
        })
        .await;
        process
    }

    /// Starts `lex-node eth-rpc` for a node and waits until it answers.
    pub(crate) async fn eth_rpc(node: &Process, base_path: &Path) -> Self {
        let url = node.websocket_url();
        let process = Self::spawn(
            "eth-rpc",
            free_ports(),
            base_path,
            &["--node-rpc-url", &url],
        );
        wait_for("the Ethereum JSON-RPC to answer", || async {
            process
                .try_call::<Value>("eth_chainId", json!([]))
                .await
                .ok()
        })
        .await;
        process
    }

    fn spawn(command: &str, ports: Arc<PortClaim>, base_path: &Path, options: &[&str]) -> Self {
        let port = ports.ports().node;
        let log_path = base_path.join(format!("{command}.log"));
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .expect("the base path is writable");
        let child = Command::new(find_node(&repository()).expect("the node is built"))
            .arg(command)
            .arg("--base-path")
            .arg(base_path)
            .args(["--no-prometheus", "--rpc-port", &port.to_string()])
            .args(options)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("lex-node starts");
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("an HTTP client");
        Self {
            child,
            ports,
            client,
        }
    }

    fn port(&self) -> u16 {
        self.ports.ports().node
    }

    /// Ends the process at whatever it is doing, like `kill -9`.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// [`Process::kill`] while others still ask the process.
    pub(crate) fn kill_now(&self) {
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        )
        .expect("the process runs");
    }

    fn end(&mut self) {
        // Both fail only if the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn websocket_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port())
    }

    /// A subxt client, for transactions.
    pub(crate) async fn subxt(&self) -> OnlineClient<SubstrateConfig> {
        OnlineClient::from_insecure_url(self.websocket_url())
            .await
            .expect("the node answers")
    }

    pub(crate) async fn try_call<R: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<R> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let url = format!("http://127.0.0.1:{}", self.port());
        let answer = self.client.post(url).json(&request).send().await?;
        let mut answer: Value = answer.error_for_status()?.json().await?;
        if let Some(error) = answer.get("error") {
            bail!("{error}");
        }
        Ok(serde_json::from_value(answer["result"].take())?)
    }

    pub(crate) async fn call<R: DeserializeOwned>(&self, method: &str, params: Value) -> R {
        self.try_call(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// Seals a block on `parent` (or the best block) and returns its hash.
    pub(crate) async fn seal(&self, parent: Option<&str>) -> String {
        let created: Value = self
            .call("engine_createBlock", json!([true, false, parent]))
            .await;
        created["hash"]
            .as_str()
            .expect("a block has a hash")
            .to_owned()
    }

    /// Hash of the block at `number` on the best chain.
    pub(crate) async fn block_hash(&self, number: u32) -> Option<String> {
        self.call("chain_getBlockHash", json!([number])).await
    }

    pub(crate) async fn best(&self) -> (u32, String) {
        let hash: String = self.call("chain_getBlockHash", json!([])).await;
        (self.number_of(&hash).await, hash)
    }

    pub(crate) async fn finalized_number(&self) -> u32 {
        let hash: String = self.call("chain_getFinalizedHead", json!([])).await;
        self.number_of(&hash).await
    }

    /// The number of a block; panics when the node does not know it.
    pub(crate) async fn number_of(&self, hash: &str) -> u32 {
        let header: Value = self.call("chain_getHeader", json!([hash])).await;
        let number = header["number"].as_str().expect("a header has a number");
        u32::from_str_radix(number.trim_start_matches("0x"), 16).expect("a hexadecimal number")
    }

    /// Time of the best block in Unix seconds.
    pub(crate) async fn best_block_time(&self) -> u64 {
        let data: String = self.call("state_getStorage", json!([TIMESTAMP_KEY])).await;
        let hex = data.trim_start_matches("0x");
        let millis = u64::from_str_radix(hex, 16)
            .expect("eight bytes of SCALE")
            .swap_bytes();
        millis / 1_000
    }

    /// Transactions of Alice on the best chain.
    pub(crate) async fn alice_nonce(&self) -> u32 {
        let account = dev::alice().public_key();
        let argument = format!("0x{}", hex(account.as_ref()));
        let data: String = self
            .call(
                "state_call",
                json!(["AccountNonceApi_account_nonce", argument]),
            )
            .await;
        u32::from_str_radix(data.trim_start_matches("0x"), 16)
            .expect("four bytes of SCALE")
            .swap_bytes()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Submits remarks of Alice with the nonces of `nonces`, without waiting for their blocks.
pub(crate) async fn submit_remarks(node: &Process, nonces: std::ops::Range<u64>) {
    let api = node.subxt().await;
    let remark = dynamic::transaction("System", "remark", (vec![0u8; 32],));
    for nonce in nonces {
        let params = SubstrateExtrinsicParamsBuilder::new()
            .nonce(nonce)
            .immortal()
            .build();
        api.tx()
            .await
            .expect("the node answers")
            .sign_and_submit(&remark, &dev::alice(), params)
            .await
            .expect("a valid transaction");
    }
}

/// `twox128("Timestamp") ++ twox128("Now")`.
const TIMESTAMP_KEY: &str = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";

/// Looks at a condition until it holds, and panics with its label after [`DEADLINE`].
pub(crate) async fn wait_for<T, F>(label: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "waited {DEADLINE:?} for {label}"
        );
        tokio::time::sleep(POLL).await;
    }
}

/// Ports that no other process of LEX takes; a process here needs one of them.
fn free_ports() -> Arc<PortClaim> {
    Arc::new(PortPlan::any_free().claim().expect("some ports are free"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
