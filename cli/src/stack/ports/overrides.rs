//! Ports that a user chose.

use serde::Deserialize;
use thiserror::Error;

use super::{ATTESTERS, NamedPort, Ports};

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
    /// Port of PostgreSQL [default: 15432]
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

    /// `self` with `base` for what is not said here.
    #[must_use]
    pub fn or(self, base: PortOverrides) -> PortOverrides {
        PortOverrides {
            node_port: self.node_port.or(base.node_port),
            eth_rpc_port: self.eth_rpc_port.or(base.eth_rpc_port),
            anvil_port: self.anvil_port.or(base.anvil_port),
            postgres_port: self.postgres_port.or(base.postgres_port),
            attester_ports: self.attester_ports.or(base.attester_ports),
            deliverer_port: self.deliverer_port.or(base.deliverer_port),
            indexer_port: self.indexer_port.or(base.indexer_port),
        }
    }

    /// The ports that are said here, in the order in which the stack starts.
    ///
    /// # Errors
    /// When the number of attester ports is wrong.
    pub(super) fn named(&self) -> Result<Vec<NamedPort>, WrongAttesterPorts> {
        // What stays the same over any base is said here.
        let over = |port| self.over(all(port)).map(|ports| ports.named());
        let mut named = over(1)?;
        let over_another = over(2)?;
        named.retain(|port| over_another.contains(port));
        Ok(named)
    }
}

/// One port everywhere.
fn all(port: u16) -> Ports {
    Ports {
        node: port,
        eth_rpc: port,
        anvil: port,
        postgres: port,
        attesters: [port; ATTESTERS],
        deliverer: port,
        indexer: port,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn only_what_is_said_is_named() {
        let overrides = PortOverrides {
            attester_ports: Some(vec![2, 3, 4]),
            ..PortOverrides::default()
        };
        let named = overrides.named().unwrap();
        assert!(named.iter().all(|port| port.flag == "--attester-ports"));
        assert_eq!(named.len(), ATTESTERS);
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
