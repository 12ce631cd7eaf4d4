//! What each client has of the service at present.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

use super::{
    DoorsConfig,
    guard::{MAX_WATCHES_PER_CLIENT, kibibytes, memory_of_one},
};

/// One client's places; they return when its connections end.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) connections: Arc<Semaphore>,
    pub(super) requests: Arc<Semaphore>,
    pub(super) watches: Arc<Semaphore>,
    /// In KiB.
    pub(super) memory: Arc<Semaphore>,
}

/// The clients that have connections.
#[derive(Debug)]
pub(super) struct Clients {
    connections: usize,
    requests: usize,
    memory: usize,
    /// Those who have left are forgotten when the map grows beyond this.
    enough: usize,
    known: Mutex<HashMap<IpAddr, Weak<Client>>>,
}

impl Clients {
    pub(super) fn new(config: &DoorsConfig) -> Self {
        Self {
            connections: config.max_connections_per_client,
            requests: config.max_requests_per_client,
            memory: kibibytes(memory_of_one(config)) as usize,
            enough: config.max_connections.saturating_mul(2),
            known: Mutex::default(),
        }
    }

    pub(super) fn of(&self, address: IpAddr) -> Arc<Client> {
        // Nothing panics while it holds this; a half-made entry would only be one more.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(address);
        if let Some(client) = known.get(&key).and_then(Weak::upgrade) {
            return client;
        }
        if known.len() >= self.enough {
            known.retain(|_, client| client.strong_count() > 0);
        }
        let client = Arc::new(Client {
            connections: Arc::new(Semaphore::new(self.connections)),
            requests: Arc::new(Semaphore::new(self.requests)),
            watches: Arc::new(Semaphore::new(MAX_WATCHES_PER_CLIENT)),
            memory: Arc::new(Semaphore::new(self.memory)),
        });
        known.insert(key, Arc::downgrade(&client));
        client
    }
}

/// A subscriber has a whole IPv6 network of 64 bits, so all its addresses are one client.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network() {
        assert_eq!(key(address("::ffff:10.0.0.1")), address("10.0.0.1"));
        assert_eq!(key(address("2001:db8::1")), key(address("2001:db8::2:3")));
        assert_ne!(key(address("2001:db8::1")), key(address("2001:db8:0:1::1")));
        assert_ne!(key(address("10.0.0.1")), key(address("10.0.0.2")));
    }

    #[test]
    fn those_who_left_are_forgotten() {
        let config = DoorsConfig {
            max_connections: 2,
            ..DoorsConfig::default()
        };
        let clients = Clients::new(&config);
        let stays = clients.of(address("10.0.0.1"));
        for last in 2..200 {
            drop(clients.of(IpAddr::from([10, 0, 0, last])));
        }
        let known = clients.known.lock().expect("no panic").len();
        assert!(known <= 4, "{known}");
        assert!(Arc::ptr_eq(&stays, &clients.of(address("10.0.0.1"))));
    }
}
