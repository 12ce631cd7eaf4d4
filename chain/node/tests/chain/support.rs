//! Starts `lex-node`, talks to it, ends it.

use jsonrpsee::{
    core::{client::ClientT, traits::ToRpcParams, ClientError, DeserializeOwned},
    http_client::HttpClient,
    rpc_params,
};
use serde_json::Value;
use std::{
    fs::File,
    future::Future,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use subxt::{OnlineClient, PolkadotConfig};

/// Longest that a process may take to answer, or a block to appear, on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(50);

/// A running `lex-node`, killed when dropped.
pub struct Process {
    child: Child,
    pub port: u16,
    client: HttpClient,
}

impl Process {
    /// Starts `lex-node node` on `base_path` and waits until it answers.
    pub async fn node(base_path: &Path, options: &[&str]) -> Self {
        Self::node_on_port(free_port(), base_path, options).await
    }

    pub async fn node_on_port(port: u16, base_path: &Path, options: &[&str]) -> Self {
        let process = Self::spawn("node", port, base_path, options);
        wait_for("the node to answer", || async {
            process
                .try_call::<Value, _>("system_health", rpc_params![])
                .await
                .ok()
        })
        .await;
        process
    }

    /// Starts `lex-node eth-rpc` for a node and waits until it answers.
    pub async fn eth_rpc(node: &Process, base_path: &Path) -> Self {
        let url = node.websocket_url();
        let process = Self::spawn("eth-rpc", free_port(), base_path, &["--node-rpc-url", &url]);
        wait_for("the Ethereum JSON-RPC to answer", || async {
            process
                .try_call::<Value, _>("eth_chainId", rpc_params![])
                .await
                .ok()
        })
        .await;
        process
    }

    fn spawn(command: &str, port: u16, base_path: &Path, options: &[&str]) -> Self {
        let log_path = base_path.join(format!("{command}.log"));
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .expect("the base path is writable");
        let child = Command::new(env!("CARGO_BIN_EXE_lex-node"))
            .arg(command)
            .arg("--base-path")
            .arg(base_path)
            .args(["--no-prometheus", "--rpc-port", &port.to_string()])
            .args(options)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("lex-node is built with the tests");
        let client = HttpClient::builder()
            .build(format!("http://127.0.0.1:{port}"))
            .expect("a valid URL");
        Self {
            child,
            port,
            client,
        }
    }

    /// Ends the process at whatever it is doing, like `kill -9`.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // Both fail only if the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn websocket_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// A subxt client, for transactions.
    pub async fn subxt(&self) -> OnlineClient<PolkadotConfig> {
        OnlineClient::from_insecure_url(self.websocket_url())
            .await
            .expect("the node answers")
    }

    pub async fn try_call<R, P>(&self, method: &str, params: P) -> Result<R, ClientError>
    where
        R: DeserializeOwned,
        P: ToRpcParams + Send,
    {
        self.client.request(method, params).await
    }

    pub async fn call<R, P>(&self, method: &str, params: P) -> R
    where
        R: DeserializeOwned,
        P: ToRpcParams + Send,
    {
        self.try_call(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// Seals a block on `parent` (or the best block) and returns its hash.
    pub async fn seal(&self, parent: Option<&str>) -> String {
        let created: Value = self
            .call("engine_createBlock", rpc_params![true, false, parent])
            .await;
        created["hash"]
            .as_str()
            .expect("a block has a hash")
            .to_owned()
    }

    /// Hash of the block at `number` on the best chain.
    pub async fn block_hash(&self, number: u32) -> Option<String> {
        self.call("chain_getBlockHash", rpc_params![number]).await
    }

    pub async fn best(&self) -> (u32, String) {
        let hash: String = self.call("chain_getBlockHash", rpc_params![]).await;
        (self.number_of(&hash).await, hash)
    }

    pub async fn finalized_number(&self) -> u32 {
        let hash: String = self.call("chain_getFinalizedHead", rpc_params![]).await;
        self.number_of(&hash).await
    }

    async fn number_of(&self, hash: &str) -> u32 {
        let header: Value = self.call("chain_getHeader", rpc_params![hash]).await;
        let number = header["number"].as_str().expect("a header has a number");
        u32::from_str_radix(number.trim_start_matches("0x"), 16).expect("a hexadecimal number")
    }

    /// Time of the best block in Unix seconds.
    pub async fn best_block_time(&self) -> u64 {
        let data: String = self
            .call("state_getStorage", rpc_params![TIMESTAMP_KEY])
            .await;
        let hex = data.trim_start_matches("0x");
        let millis = u64::from_str_radix(hex, 16)
            .expect("eight bytes of SCALE")
            .swap_bytes();
        millis / 1_000
    }

    /// Transactions of Alice on the best chain.
    pub async fn alice_nonce(&self) -> u32 {
        let account = subxt_signer::sr25519::dev::alice().public_key();
        let argument = format!("0x{}", hex(account.as_ref()));
        let data: String = self
            .call(
                "state_call",
                rpc_params!["AccountNonceApi_account_nonce", argument],
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

/// `twox128("Timestamp") ++ twox128("Now")`.
const TIMESTAMP_KEY: &str = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";

/// Looks at a condition until it holds, and panics with its label after [`DEADLINE`].
pub async fn wait_for<T, F>(label: &str, mut condition: impl FnMut() -> F) -> T
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

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("some port is free");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
