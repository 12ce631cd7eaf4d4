//! The ports of a development stack: which they are, who may choose them, and how one stack keeps
//! them from every other.

mod blocks;
mod claim;
mod overrides;

use serde::{Deserialize, Serialize};

pub use self::claim::{Others, PortClaim, PortError, PortPlan};
pub use self::overrides::{PortOverrides, WrongAttesterPorts};

/// Number of attesters in the development stack; two of them sign each delivery.
pub const ATTESTERS: usize = 3;

/// Every TCP port that the stack listens on, all on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub node: u16,
    pub eth_rpc: u16,
    pub anvil: u16,
    pub postgres: u16,
    pub attesters: [u16; ATTESTERS],
    pub deliverer: u16,
    pub indexer: u16,
}

/// The documented ports. None is among those that Linux and macOS give to outgoing connections, any of
/// which could hold it for a while.
impl Default for Ports {
    fn default() -> Self {
        Ports {
            node: 9944,
            eth_rpc: 8545,
            anvil: 8546,
            postgres: 15432,
            attesters: [9101, 9102, 9103],
            deliverer: 9110,
            indexer: 9200,
        }
    }
}

/// One port, what listens on it and the flag that moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedPort {
    pub name: &'static str,
    pub flag: &'static str,
    pub port: u16,
}

impl Ports {
    /// All ports by name, in the order in which the stack starts.
    #[must_use]
    pub fn named(&self) -> Vec<NamedPort> {
        let named = |name, flag, port| NamedPort { name, flag, port };
        let [first, second, third] = self.attesters;
        vec![
            named("Substrate node", "--node-port", self.node),
            named("Ethereum JSON-RPC", "--eth-rpc-port", self.eth_rpc),
            named("anvil", "--anvil-port", self.anvil),
            named("PostgreSQL", "--postgres-port", self.postgres),
            named("attester 1", "--attester-ports", first),
            named("attester 2", "--attester-ports", second),
            named("attester 3", "--attester-ports", third),
            named("deliverer", "--deliverer-port", self.deliverer),
            named("indexer", "--indexer-port", self.indexer),
        ]
    }

    /// WebSocket address of the source chain's node.
    #[must_use]
    pub fn node_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.node)
    }

    /// Ethereum JSON-RPC of the source chain.
    #[must_use]
    pub fn eth_rpc_url(&self) -> String {
        http(self.eth_rpc)
    }

    /// Ethereum JSON-RPC of the chain with the mirror.
    #[must_use]
    pub fn mirror_url(&self) -> String {
        http(self.anvil)
    }

    /// Base URL of the indexer.
    #[must_use]
    pub fn indexer_url(&self) -> String {
        http(self.indexer)
    }
}

/// Base URL of what serves HTTP on a port of this machine.
pub(super) fn http(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
