//! One connection from its first byte to its last.

use std::{convert::Infallible, pin::pin, sync::Arc};

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;

use super::{DoorsConfig, clients::Client, crowd::Seat, patience::Patience};

/// Bytes of a request's line and headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Bytes that are read ahead of what the service has asked for. The library's own limit is 400 KiB,
/// for each connection.
const MAX_READ_AHEAD: usize = 32 * 1024;

pub(super) struct Connection {
    pub(super) router: Router,
    pub(super) config: Arc<DoorsConfig>,
    pub(super) client: Arc<Client>,
    pub(super) seat: Arc<Seat>,
    pub(super) cancel: CancellationToken,
}

impl Connection {
    /// Serves until the client leaves, is cut off, or the service ends.
    pub(super) async fn serve(self, stream: TcpStream) {
        // An answer is written at once; waiting for more to send with it only delays it. A failure
        // is one of the connection, which the next write finds.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(Patience::new(stream, self.config.write_timeout));
        let service = service_fn(|request| async {
            self.seat.set_busy(true);
            let answered = answer(&self.router, &self.client, request).await;
            self.seat.set_busy(false);
            answered
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.config.header_timeout)
            .max_header_size(MAX_HEAD_BYTES)
            .max_buf_size(MAX_READ_AHEAD)
            .serve_connection(stream, service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.seat.cut.cancelled() => {
                return debug!("cut a connection to make room for another client");
            }
            () = self.cancel.cancelled() => {
                connection.as_mut().graceful_shutdown();
                match timeout(self.config.shutdown_timeout, connection).await {
                    Ok(ended) => ended,
                    Err(_) => return debug!("cut a connection that did not end in time"),
                }
            }
        };
        if let Err(error) = ended {
            debug!(%error, "a connection ended early");
        }
    }
}

async fn answer(
    router: &Router,
    client: &Arc<Client>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(client.clone());
    router.clone().oneshot(request).await
}
