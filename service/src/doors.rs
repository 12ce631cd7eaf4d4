//! The doors of a service: accepting, limiting and cutting off clients.
//!
//! One client is one IPv4 address or one IPv6 network of 64 bits. Behind a proxy all clients are one:
//! there the proxy divides, and the limits per client are set to those of the service.

mod clients;
mod config;
mod connection;
mod guard;
mod metrics;
mod patience;
mod refusal;

use std::{io, sync::Arc, time::Duration};

use axum::{Router, middleware, response::Response};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::{clients::Clients, connection::Connection, guard::Guard};

pub use self::{
    config::{DoorsConfig, OutOfRange},
    guard::Turn,
    refusal::Refusal,
};

/// How long the accepting of connections rests after it failed, which it does when the process has
/// no file descriptor left.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What a service decides about its doors.
#[derive(Clone, Debug)]
pub struct Doors {
    pub config: DoorsConfig,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// The answer to a refused request, in the service's own shape.
    pub refuse: fn(&Refusal) -> Response,
}

/// Serves HTTP/1.1 until `cancel`. Requests under way then have
/// [`shutdown_timeout`](DoorsConfig::shutdown_timeout) to end, before their connections are cut.
///
/// Paths below `/health/` and `/metrics` have places of their own, so that a busy service is still
/// seen to live. Answers are sent whole, not as streams.
pub async fn serve(listener: TcpListener, router: Router, doors: Doors, cancel: CancellationToken) {
    let config = Arc::new(doors.config.clone());
    let places = Arc::new(Semaphore::new(config.max_connections));
    let clients = Clients::new(&config);
    let guard = Arc::new(Guard::new(doors));
    let router = router.layer(middleware::from_fn_with_state(guard, guard::pass));
    let mut connections = JoinSet::new();
    let accept = async {
        loop {
            let (place, stream, peer) = next(&listener, &places).await;
            let client = clients.of(peer.ip());
            let Ok(own_place) = client.connections.clone().try_acquire_owned() else {
                debug!(%peer, "turned away: the client has all its connections already");
                metrics::turned_away();
                turn_away(&stream);
                continue;
            };
            let connection = Connection {
                router: router.clone(),
                config: config.clone(),
                client,
                cancel: cancel.clone(),
            };
            connections.spawn(async move {
                connection.serve(stream).await;
                drop((place, own_place));
            });
            while connections.try_join_next().is_some() {}
        }
    };
    cancel.run_until_cancelled(accept).await;
    drop(listener);
    // Each ends by itself, within the time that it has for that.
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, TcpStream, std::net::SocketAddr) {
    let place = places
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (place, stream, peer),
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                warn!(%error, "failed to accept a connection");
                tokio::time::sleep(REST_AFTER_FAILURE).await;
            }
        }
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Says why, as far as the client hears it; nothing waits for that.
fn turn_away(stream: &TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\
        retry-after: 1\r\nconnection: close\r\n\r\n";
    // Failure means that the client has gone, or does not listen.
    let _ = stream.try_write(ANSWER);
}
