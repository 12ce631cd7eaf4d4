//! Ports that one stack has to itself, from before its components bind them until it has ended.
//!
//! A port that is free now may be another stack's when a component binds it, and is free again while
//! that component restarts. So for each of its TCP ports a stack holds the UDP port of the same number,
//! on which nothing of LEX listens. The kernel gives that to one process of the machine, whoever runs it
//! from whichever clone, and takes it back however the process ends.

use std::io;
use std::iter;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use thiserror::Error;

use super::blocks::blocks;
use super::{NamedPort, PortOverrides, Ports, WrongAttesterPorts};

/// Which ports a stack wants.
#[derive(Clone, Debug)]
pub struct PortPlan {
    /// It has these, or it does not start.
    pub named: PortOverrides,
    pub others: Others,
}

/// Where the ports come from that nobody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The documented ones; when one of them is taken, the next free block.
    Usual,
    /// The next free block.
    AnyFree,
}

/// Ports that no other stack gets while this lives.
#[derive(Debug)]
pub struct PortClaim {
    ports: Ports,
    instead_of: Option<NamedPort>,
    _held: Vec<UdpSocket>,
}

/// Why a stack does not get its ports.
#[derive(Debug, Error)]
pub enum PortError {
    #[error("port {port} ({name}) is taken; free it or choose another with {flag}")]
    Taken {
        port: u16,
        name: &'static str,
        flag: &'static str,
    },
    #[error("port {port} ({name}) cannot be used; choose another with {flag}")]
    Unusable {
        port: u16,
        name: &'static str,
        flag: &'static str,
        source: io::Error,
    },
    #[error("port {port} is given to both {first} and {second}; change {flag}")]
    Twice {
        port: u16,
        first: &'static str,
        second: &'static str,
        flag: &'static str,
    },
    #[error(transparent)]
    Attesters(#[from] WrongAttesterPorts),
    #[error("no block of free ports could be found; end other stacks (`lex down`) or name ports")]
    None,
}

impl PortPlan {
    /// The documented ports but for those that are named.
    #[must_use]
    pub fn usual(named: PortOverrides) -> PortPlan {
        PortPlan {
            named,
            others: Others::Usual,
        }
    }

    /// Any ports.
    #[must_use]
    pub fn any_free() -> PortPlan {
        PortPlan {
            named: PortOverrides::default(),
            others: Others::AnyFree,
        }
    }

    /// Takes the ports.
    ///
    /// # Errors
    /// When a named port cannot be had, or no block of ports is free.
    pub fn claim(&self) -> Result<PortClaim, PortError> {
        let named = self.named.named()?;
        each_once(&named)?;
        let mut held = hold_all(&named)?;
        let mut instead_of = None;
        for candidate in self.candidates() {
            let ports = self.named.over(candidate)?;
            let others: Vec<NamedPort> = ports
                .named()
                .into_iter()
                .filter(|port| !named.contains(port))
                .collect();
            match hold_all(&others) {
                Ok(more) => {
                    held.extend(more);
                    return Ok(PortClaim {
                        ports,
                        instead_of,
                        _held: held,
                    });
                }
                Err(PortError::Taken { port, name, flag }) if self.others == Others::Usual => {
                    instead_of.get_or_insert(NamedPort { name, flag, port });
                }
                Err(_) => {}
            }
        }
        Err(PortError::None)
    }

    /// Takes the ports of an earlier stack, but for those that are named.
    ///
    /// # Errors
    /// When one of them cannot be had.
    pub fn claim_again(&self, earlier: Ports) -> Result<PortClaim, PortError> {
        let ports = self.named.over(earlier)?;
        let wanted = ports.named();
        each_once(&wanted)?;
        Ok(PortClaim {
            ports,
            instead_of: None,
            _held: hold_all(&wanted)?,
        })
    }

    fn candidates(&self) -> impl Iterator<Item = Ports> {
        let usual = (self.others == Others::Usual).then(Ports::default);
        iter::chain(usual, blocks())
    }
}

impl PortClaim {
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// The taken port because of which these are not the usual ones.
    #[must_use]
    pub fn instead_of(&self) -> Option<NamedPort> {
        self.instead_of
    }
}

fn each_once(ports: &[NamedPort]) -> Result<(), PortError> {
    for (index, later) in ports.iter().enumerate() {
        if let Some(earlier) = ports[..index].iter().find(|other| other.port == later.port) {
            return Err(PortError::Twice {
                port: later.port,
                first: earlier.name,
                second: later.name,
                flag: later.flag,
            });
        }
    }
    Ok(())
}

fn hold_all(ports: &[NamedPort]) -> Result<Vec<UdpSocket>, PortError> {
    ports
        .iter()
        .map(|&NamedPort { name, flag, port }| {
            hold(port).map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => PortError::Taken { port, name, flag },
                _ => PortError::Unusable {
                    port,
                    name,
                    flag,
                    source,
                },
            })
        })
        .collect()
}

fn hold(port: u16) -> io::Result<UdpSocket> {
    if port == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "0 stands for any port",
        ));
    }
    let held = UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?;
    // Other programs hold no UDP port for theirs; this shows whether one listens.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    Ok(held)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    fn naming(eth_rpc: u16, indexer: u16) -> PortPlan {
        PortPlan {
            named: PortOverrides {
                eth_rpc_port: Some(eth_rpc),
                indexer_port: Some(indexer),
                ..PortOverrides::default()
            },
            others: Others::AnyFree,
        }
    }

    fn numbers(claim: &PortClaim) -> Vec<u16> {
        claim
            .ports()
            .named()
            .iter()
            .map(|named| named.port)
            .collect()
    }

    #[test]
    fn a_named_port_that_a_program_has_is_reported_by_name_and_flag() {
        let program = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = program.local_addr().unwrap().port();
        let free = PortPlan::any_free().claim().unwrap().ports();
        assert_eq!(
            naming(port, free.indexer).claim().unwrap_err().to_string(),
            format!(
                "port {port} (Ethereum JSON-RPC) is taken; free it or choose another with --eth-rpc-port"
            )
        );
    }

    #[test]
    fn a_named_port_that_another_stack_has_is_taken_though_nothing_listens_yet() {
        let other = PortPlan::any_free().claim().unwrap();
        let error = naming(other.ports().eth_rpc, other.ports().indexer)
            .claim()
            .unwrap_err();
        assert!(matches!(error, PortError::Taken { port, .. } if port == other.ports().eth_rpc));
    }

    #[test]
    fn port_zero_cannot_be_used() {
        let error = naming(0, 1).claim().unwrap_err();
        assert!(
            matches!(error, PortError::Unusable { port: 0, .. }),
            "{error}"
        );
    }

    #[test]
    fn one_port_for_two_uses_is_refused() {
        let port = PortPlan::any_free().claim().unwrap().ports().node;
        assert_eq!(
            naming(port, port).claim().unwrap_err().to_string(),
            format!(
                "port {port} is given to both Ethereum JSON-RPC and indexer; change --indexer-port"
            )
        );
    }

    #[test]
    fn unnamed_ports_move_away_from_what_is_taken_and_named_ones_stay() {
        let other = PortPlan::any_free().claim().unwrap();
        let free = PortPlan::any_free().claim().unwrap().ports();
        let claim = naming(free.eth_rpc, free.indexer).claim().unwrap();
        assert_eq!(claim.ports().eth_rpc, free.eth_rpc);
        assert_eq!(claim.ports().indexer, free.indexer);
        let others: HashSet<u16> = numbers(&other).into_iter().collect();
        assert!(numbers(&claim).iter().all(|port| !others.contains(port)));
    }

    #[test]
    fn usual_ports_are_had_or_the_taken_one_is_named() {
        // Whoever has the usual ports on this machine, the second of two stacks does not get them.
        let first = PortPlan::usual(PortOverrides::default()).claim().unwrap();
        let second = PortPlan::usual(PortOverrides::default()).claim().unwrap();
        assert_ne!(second.ports(), Ports::default());
        let taken = second.instead_of().unwrap();
        assert!(Ports::default().named().contains(&taken));
        assert_eq!(
            first.instead_of().is_none(),
            first.ports() == Ports::default()
        );
    }

    #[test]
    fn claims_at_the_same_instant_share_no_port() {
        const STACKS: usize = 40;
        let start = Barrier::new(STACKS);
        let claims: Vec<PortClaim> = thread::scope(|scope| {
            let claimers: Vec<_> = (0..STACKS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        PortPlan::any_free().claim().unwrap()
                    })
                })
                .collect();
            let claims = claimers.into_iter().map(|claimer| claimer.join().unwrap());
            claims.collect()
        });
        let ports: Vec<u16> = claims.iter().flat_map(numbers).collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), ports.len());
    }

    #[test]
    fn a_claim_ends_with_its_holder() {
        let claim = PortPlan::any_free().claim().unwrap();
        let ports = claim.ports();
        drop(claim);
        // Another test may have taken the block meanwhile, but not for long.
        let again = (0..1000).any(|_| {
            thread::yield_now();
            hold_all(&ports.named()).is_ok()
        });
        assert!(again);
    }
}
