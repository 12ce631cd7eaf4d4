//! Ethereum JSON-RPC over HTTP, with errors that do not repeat the address: it may carry a token.

use std::error::Error;
use std::task::{Context, Poll};

use alloy::rpc::client::{ClientBuilder, RpcClient};
use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::{Client, Url};
use alloy::transports::{HttpError, RpcError, TransportError, TransportErrorKind, TransportFut};
use tower::{Layer, Service};

use crate::endpoint::EndpointAddress;

/// A client of the Ethereum JSON-RPC at `url`.
pub fn ethereum_rpc(client: Client, url: Url) -> RpcClient {
    let address = EndpointAddress::new(url.as_str());
    ClientBuilder::default()
        .layer(Redaction(address))
        .http_with_client(client, url)
}

#[derive(Clone)]
struct Redaction(EndpointAddress);

impl<S> Layer<S> for Redaction {
    type Service = Redacted<S>;

    fn layer(&self, inner: S) -> Redacted<S> {
        let address = self.0.clone();
        Redacted { inner, address }
    }
}

/// A transport whose errors are safe to show.
#[derive(Clone)]
struct Redacted<S> {
    inner: S,
    address: EndpointAddress,
}

impl<S> Service<RequestPacket> for Redacted<S>
where
    S: Service<
            RequestPacket,
            Response = ResponsePacket,
            Error = TransportError,
            Future = TransportFut<'static>,
        >,
{
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let answer = self.inner.call(request);
        let address = self.address.clone();
        Box::pin(async move { answer.await.map_err(|error| redact(&address, error)) })
    }
}

/// The same error without the address. The HTTP client's own errors repeat it; a server may.
fn redact(address: &EndpointAddress, error: TransportError) -> TransportError {
    let of_http = |error: HttpError| HttpError {
        status: error.status,
        body: address.redact(error.body),
    };
    let kind = match error {
        RpcError::Transport(kind) => kind,
        RpcError::DeserError { err, text } => {
            let text = address.redact(text);
            return RpcError::DeserError { err, text };
        }
        other => return other,
    };
    RpcError::Transport(match kind {
        TransportErrorKind::HttpError(error) => TransportErrorKind::HttpError(of_http(error)),
        TransportErrorKind::HttpErrorWithRetryAfter { error, retry_after } => {
            TransportErrorKind::HttpErrorWithRetryAfter {
                error: of_http(error),
                retry_after,
            }
        }
        TransportErrorKind::Custom(error) => {
            TransportErrorKind::Custom(address.redact(with_causes(&*error)).into())
        }
        TransportErrorKind::NonRetryable(error) => {
            TransportErrorKind::NonRetryable(address.redact(with_causes(&*error)).into())
        }
        other => other,
    })
}

/// An error and its causes in one line.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use alloy::providers::{Provider, ProviderBuilder};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const SECRETS: [&str; 3] = ["hunter2", "t0k3n-0123456789", "s3cr3tkey"];

    async fn error_of(port: u16) -> TransportError {
        let url = format!("http://user:hunter2@127.0.0.1:{port}/v3/t0k3n-0123456789?key=s3cr3tkey");
        let client = ethereum_rpc(Client::new(), url.parse().unwrap());
        let provider = ProviderBuilder::new().connect_client(client);
        provider.get_block_number().await.unwrap_err()
    }

    fn assert_hides(error: &TransportError) {
        let shown = format!("{} {error:?}", with_causes(error));
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[tokio::test]
    async fn a_destination_that_is_away_is_named_without_its_token() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let error = error_of(port).await;
        assert_hides(&error);
        let name = format!("http://127.0.0.1:{port}");
        assert!(error.to_string().contains(&name), "{error}");
    }

    #[tokio::test]
    async fn a_destination_that_repeats_the_token_is_not_quoted() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let body = "no project t0k3n-0123456789";
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 401 Unauthorized\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let error = error_of(port).await;
        serving.await.unwrap();
        assert_hides(&error);
        assert!(
            error.to_string().contains("no project [redacted]"),
            "{error}"
        );
    }
}
