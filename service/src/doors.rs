//! The doors of a service: accepting, limiting and cutting off clients.
//!
//! When every place is taken, a client that has few connections gets one of a client that has many.
//! One client is one IPv4 address or one IPv6 network of 64 bits. Behind a proxy all clients are one:
//! there the proxy divides, and the limits per client are set to those of the service.

mod clients;
mod config;
mod connection;
mod crowd;
mod guard;
mod metrics;
mod patience;
mod refusal;

use std::{io, sync::Arc, time::Duration};

use axum::{Router, middleware, response::Response};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::{clients::Clients, connection::Connection, crowd::Crowd, guard::Guard};

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
    let crowd = Arc::new(Crowd::default());
    let guard = Arc::new(Guard::new(doors));
    let router = router.layer(middleware::from_fn_with_state(guard, guard::pass));
    let mut connections = JoinSet::new();
    let accept = async {
        loop {
            let (stream, peer) = next(&listener).await;
            let client = clients.of(peer.ip());
            let own_place = client.connections.clone().try_acquire_owned();
            let is_full = places.available_permits() == 0;
            let (Ok(own_place), true) = (own_place, !is_full || crowd.make_room_for(&client))
            else {
                debug!(%peer, "turned away: it has all its connections already, or all are taken");
                metrics::turned_away();
                turn_away(&stream);
                continue;
            };
            let place = places.clone().acquire_owned().await;
            let place = place.expect("the semaphore is never closed");
            let seated = crowd.seat(client.clone());
            let connection = Connection {
                router: router.clone(),
                config: config.clone(),
                client,
                seat: seated.seat.clone(),
                cancel: cancel.clone(),
            };
            connections.spawn(async move {
                connection.serve(stream).await;
                drop((seated, place, own_place));
            });
            while connections.try_join_next().is_some() {}
        }
    };
    cancel.run_until_cancelled(accept).await;
    drop(listener);
    // Each ends by itself, within the time that it has for that.
    while connections.join_next().await.is_some() {}
}

async fn next(listener: &TcpListener) -> (TcpStream, std::net::SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
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
