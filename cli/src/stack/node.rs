//! The source chain: a Substrate development node and its Ethereum JSON-RPC.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use super::component::ComponentSpec;
use super::liveness::Liveness;
use super::ports::{Ports, http};
use super::readiness::Readiness;
use super::state::{StateDir, StateError};

/// The node's name as a component.
pub(super) const NAME: &str = "node";

/// How a node of the source chain is run; it needs nothing else of a stack.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// `lex-node`.
    pub program: PathBuf,
    pub port: u16,
    /// `None`: it seals a block for every transaction at once.
    pub block_time: Option<Duration>,
    /// Blocks that must stand on a block before it is final.
    pub finality_delay: u32,
}

impl NodeOptions {
    /// Its WebSocket address; the same port answers plain HTTP.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// The node as a component, which keeps its chain in the state folder.
    ///
    /// # Errors
    /// When the chain's folder cannot be made.
    pub fn component(&self, state: &StateDir) -> Result<ComponentSpec, StateError> {
        let data = state.folder("node")?;
        let mut args = vec!["node".into(), "--base-path".into(), data.into_os_string()];
        let port = self.port.to_string();
        let fixed = [
            "--rpc-port",
            &port,
            "--rpc-max-connections",
            "1000",
            // Wallets and dashboards in browsers; the port is reachable from this machine only.
            "--rpc-cors",
            "all",
            "--no-prometheus",
            "--no-telemetry",
        ];
        args.extend(fixed.map(Into::into));
        if let Some(block_time) = self.block_time {
            args.extend([
                "--block-time".into(),
                format!("{}ms", block_time.as_millis()).into(),
            ]);
        }
        if self.finality_delay > 0 {
            args.extend([
                "--finality-delay".into(),
                self.finality_delay.to_string().into(),
            ]);
        }
        Ok(ComponentSpec {
            name: NAME.to_owned(),
            program: self.program.clone(),
            args,
            before_start: None,
            env: Vec::new(),
            user: None,
            url: self.url(),
            ready: Readiness::JsonRpc {
                url: http(self.port),
                method: "system_health",
            },
            ready_within: Duration::from_secs(120),
            live: Some(Liveness::of_json_rpc(self.port)),
            stop_signal: Signal::TERM,
            stop_within: Duration::from_secs(20),
        })
    }
}

/// The Ethereum JSON-RPC of the node, by the same program.
pub(super) fn eth_rpc(
    program: &Path,
    ports: Ports,
    state: &StateDir,
) -> Result<ComponentSpec, StateError> {
    let port = ports.eth_rpc.to_string();
    let data = state.folder("eth-rpc")?;
    let mut args = vec![
        "eth-rpc".into(),
        "--base-path".into(),
        data.into_os_string(),
    ];
    let node = ports.node_url();
    let fixed = [
        "--node-rpc-url",
        &node,
        "--rpc-port",
        &port,
        "--rpc-max-connections",
        "1000",
        // Wallets and dashboards in browsers; the port is reachable from this machine only.
        "--rpc-cors",
        "all",
        "--no-prometheus",
    ];
    args.extend(fixed.map(Into::into));
    Ok(ComponentSpec {
        name: String::from("eth-rpc"),
        program: program.to_owned(),
        args,
        before_start: None,
        env: Vec::new(),
        user: None,
        url: ports.eth_rpc_url(),
        ready: Readiness::JsonRpc {
            url: ports.eth_rpc_url(),
            method: "eth_blockNumber",
        },
        ready_within: Duration::from_secs(120),
        live: Some(Liveness::of_json_rpc(ports.eth_rpc)),
        stop_signal: Signal::TERM,
        stop_within: Duration::from_secs(15),
    })
}
