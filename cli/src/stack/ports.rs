//! The ports of a development stack: defaults, overrides and the check that they are free.

use std::net::{Ipv4Addr, TcpListener};

use serde::{Deserialize, Serialize};
use thiserror::Error;

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

impl Default for Ports {
    fn default() -> Self {
        Ports {
            node: 9944,
            eth_rpc: 8545,
            anvil: 8546,
            postgres: 55432,
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

/// Why a set of ports cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PortError {
    #[error("port {port} ({name}) is taken; free it or choose another with {flag}")]
    Taken {
        port: u16,
        name: &'static str,
        flag: &'static str,
    },
    #[error("port {port} is given to both {first} and {second}; change {flag}")]
    Twice {
        port: u16,
        first: &'static str,
        second: &'static str,
        flag: &'static str,
    },
    #[error("no free port could be found: {0}")]
    None(String),
}

impl Ports {
    /// Ports that the operating system says are free now.
    ///
    /// Another program may take one before the stack does; the stack then names it.
    ///
    /// # Errors
    /// When the operating system has no free port left.
    pub fn free() -> Result<Ports, PortError> {
        // All listeners are held until every port is known, so that no port is given twice.
        let mut listeners = Vec::new();
        let mut next = || -> Result<u16, PortError> {
            let listener = bind(0).map_err(|error| PortError::None(error.to_string()))?;
            let port = listener
                .local_addr()
                .map_err(|error| PortError::None(error.to_string()))?
                .port();
            listeners.push(listener);
            Ok(port)
        };
        Ok(Ports {
            node: next()?,
            eth_rpc: next()?,
            anvil: next()?,
            postgres: next()?,
            attesters: [next()?, next()?, next()?],
            deliverer: next()?,
            indexer: next()?,
        })
    }

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

    /// Checks that no port is given twice and that nothing listens on any of them.
    ///
    /// # Errors
    /// The first port, in starting order, that cannot be used.
    pub fn check_free(&self) -> Result<(), PortError> {
        let named = self.named();
        for (index, later) in named.iter().enumerate() {
            if let Some(earlier) = named[..index].iter().find(|other| other.port == later.port) {
                return Err(PortError::Twice {
                    port: later.port,
                    first: earlier.name,
                    second: later.name,
                    flag: later.flag,
                });
            }
        }
        for NamedPort { name, flag, port } in named {
            if bind(port).is_err() {
                return Err(PortError::Taken { port, name, flag });
            }
        }
        Ok(())
    }
}

/// Ports from one source (flags and environment, or the configuration file); absent means "not said".
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub struct PortOverrides {
    /// Port of the Substrate node's RPC [default: 9944]
    #[arg(
        long,
        env = "LEX_NODE_PORT",
        value_name = "PORT",
        help_heading = "Ports"
    )]
    pub node_port: Option<u16>,
    /// Port of the source chain's Ethereum JSON-RPC [default: 8545]
    #[arg(
        long,
        env = "LEX_ETH_RPC_PORT",
        value_name = "PORT",
        help_heading = "Ports"
    )]
    pub eth_rpc_port: Option<u16>,
    /// Port of anvil, the Ethereum chain that holds the mirror [default: 8546]
    #[arg(
        long,
        env = "LEX_ANVIL_PORT",
        value_name = "PORT",
        help_heading = "Ports"
    )]
    pub anvil_port: Option<u16>,
    /// Port of PostgreSQL [default: 55432]
    #[arg(
        long,
        env = "LEX_POSTGRES_PORT",
        value_name = "PORT",
        help_heading = "Ports"
    )]
    pub postgres_port: Option<u16>,
    /// Ports of the three attesters [default: 9101,9102,9103]
    #[arg(
        long,
        env = "LEX_ATTESTER_PORTS",
        value_name = "PORT,PORT,PORT",
        value_delimiter = ',',
        help_heading = "Ports"
    )]
    pub attester_ports: Option<Vec<u16>>,
    /// Port of the deliverer's health and metrics [default: 9110]
    #[arg(
        long,
        env = "LEX_DELIVERER_PORT",
        value_name = "PORT",
        help_heading = "Ports"
    )]
    pub deliverer_port: Option<u16>,
    /// Port of the indexer's GraphQL API [default: 9200]
    #[arg(
        long,
        env = "LEX_INDEXER_PORT",
        value_name = "PORT",
        help_heading = "Ports"
    )]
    pub indexer_port: Option<u16>,
}

/// `--attester-ports` needs exactly as many ports as there are attesters.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{ATTESTERS} attester ports are needed, {0} were given")]
pub struct WrongAttesterPorts(pub usize);

impl PortOverrides {
    /// `base` with everything that is said here put on top.
    ///
    /// # Errors
    /// When the number of attester ports is wrong.
    pub fn over(&self, base: Ports) -> Result<Ports, WrongAttesterPorts> {
        let attesters = match &self.attester_ports {
            None => base.attesters,
            Some(ports) => ports
                .as_slice()
                .try_into()
                .map_err(|_| WrongAttesterPorts(ports.len()))?,
        };
        Ok(Ports {
            node: self.node_port.unwrap_or(base.node),
            eth_rpc: self.eth_rpc_port.unwrap_or(base.eth_rpc),
            anvil: self.anvil_port.unwrap_or(base.anvil),
            postgres: self.postgres_port.unwrap_or(base.postgres),
            attesters,
            deliverer: self.deliverer_port.unwrap_or(base.deliverer),
            indexer: self.indexer_port.unwrap_or(base.indexer),
        })
    }
}

fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_reported_by_name_and_flag() {
        let held = bind(0).unwrap();
        let port = held.local_addr().unwrap().port();
        let ports = Ports {
            eth_rpc: port,
            ..Ports::free().unwrap()
        };
        assert_eq!(
            ports.check_free().unwrap_err().to_string(),
            format!(
                "port {port} (Ethereum JSON-RPC) is taken; free it or choose another with --eth-rpc-port"
            )
        );
    }

    #[test]
    fn free_ports_are_distinct_and_free() {
        assert_eq!(Ports::free().unwrap().check_free(), Ok(()));
    }

    #[test]
    fn one_port_for_two_uses_is_refused() {
        let free = Ports::free().unwrap();
        let ports = Ports {
            indexer: free.attesters[1],
            ..free
        };
        assert_eq!(
            ports.check_free(),
            Err(PortError::Twice {
                port: free.attesters[1],
                first: "attester 2",
                second: "indexer",
                flag: "--indexer-port",
            })
        );
    }

    #[test]
    fn overrides_win_and_absent_ones_keep_the_base() {
        let overrides = PortOverrides {
            node_port: Some(1),
            attester_ports: Some(vec![2, 3, 4]),
            ..PortOverrides::default()
        };
        let ports = overrides.over(Ports::default()).unwrap();
        assert_eq!(ports.node, 1);
        assert_eq!(ports.attesters, [2, 3, 4]);
        assert_eq!(ports.indexer, Ports::default().indexer);
    }

    #[test]
    fn two_attester_ports_are_too_few() {
        let overrides = PortOverrides {
            attester_ports: Some(vec![2, 3]),
            ..PortOverrides::default()
        };
        assert_eq!(overrides.over(Ports::default()), Err(WrongAttesterPorts(2)));
    }
}
