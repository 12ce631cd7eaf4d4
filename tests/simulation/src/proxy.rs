//! What stands before an HTTP service and misbehaves as it is told: before the destination's node, and
//! before each attester.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::gate::Side;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is answered with an error, and not passed on.
    Error,
    /// It is not passed on, and the connection breaks.
    LoseRequest,
    /// It is passed on, and the connection breaks before the answer.
    LoseAnswer,
    /// It is passed on later.
    Delay(Duration),
    /// It is passed on twice.
    Duplicate,
    /// Half of the answer comes.
    Truncate,
    /// The answer says something else.
    Lie,
}

type Decide = dyn Fn(&str, u64) -> Fault + Send + Sync;
/// What a liar makes of an answer; `None` when there is nothing to lie about.
pub type Liar = fn(request: &Value, answer: &Value) -> Option<Value>;
/// Is shown each answer as it was before any fault.
pub type Witness = Arc<dyn Fn(&str, &Value) + Send + Sync>;

struct Trap {
    side: Side,
    label: &'static str,
    sprung: oneshot::Sender<()>,
}

struct Shared {
    target: String,
    client: reqwest::Client,
    liar: Liar,
    witness: Option<Witness>,
    decide: Mutex<Arc<Decide>>,
    trap: Mutex<Option<Trap>>,
    requests: AtomicU64,
}

/// The proxy. It ends when it is dropped.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    serving: AbortHandle,
}

impl Proxy {
    /// A proxy without faults at first, before the service at an address.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn before(target: &str, liar: Liar, witness: Option<Witness>) -> Result<Self> {
        let shared = Arc::new(Shared {
            target: target.trim_end_matches('/').to_owned(),
            client: reqwest::Client::new(),
            liar,
            witness,
            decide: Mutex::new(Arc::new(|_, _| Fault::None)),
            trap: Mutex::new(None),
            requests: AtomicU64::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            url,
            shared,
            serving: serving.abort_handle(),
        })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on `decide` says what happens to each request, by its method of JSON-RPC, or its path
    /// where it has none, and by its number.
    pub fn misbehave(&self, decide: impl Fn(&str, u64) -> Fault + Send + Sync + 'static) {
        *lock(&self.shared.decide) = Arc::new(decide);
    }

    /// Holds the next request of this label for ever, before it is passed on or instead of its answer,
    /// and tells when it does.
    pub fn hold_at(&self, side: Side, label: &'static str) -> oneshot::Receiver<()> {
        let (sprung, told) = oneshot::channel();
        *lock(&self.shared.trap) = Some(Trap {
            side,
            label,
            sprung,
        });
        told
    }

    /// Takes the trap away, if it was not sprung.
    pub fn disarm(&self) {
        *lock(&self.shared.trap) = None;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let label = request["method"].as_str().unwrap_or(uri.path()).to_owned();
    let trap = lock(&shared.trap).take_if(|trap| trap.label == label);
    if let Some(Trap { side, sprung, .. }) = trap {
        if side == Side::After {
            // Whether it succeeded is nobody's to know.
            let _ = shared.forward(&method, &uri, &body).await;
        }
        let _ = sprung.send(());
        return std::future::pending().await;
    }
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    let decide = lock(&shared.decide).clone();
    let fault = decide(&label, number);
    match fault {
        Fault::Error => return refusal(&request),
        Fault::LoseRequest => return broken(Bytes::new()),
        Fault::Delay(time) => sleep(time).await,
        Fault::Duplicate => {
            let _ = shared.forward(&method, &uri, &body).await;
        }
        Fault::None | Fault::LoseAnswer | Fault::Truncate | Fault::Lie => {}
    }
    let Ok((status, answer)) = shared.forward(&method, &uri, &body).await else {
        // The service is away: so is the connection.
        return broken(Bytes::new());
    };
    let told: Value = serde_json::from_slice(&answer).unwrap_or_default();
    if let Some(witness) = &shared.witness
        && status == StatusCode::OK
    {
        witness(&label, &told);
    }
    match fault {
        Fault::LoseAnswer => broken(Bytes::new()),
        Fault::Truncate => broken(answer.slice(..answer.len() / 2)),
        Fault::Lie => match (shared.liar)(&request, &told) {
            Some(lie) => json_answer(status, lie.to_string().into()),
            None => json_answer(status, answer),
        },
        _ => json_answer(status, answer),
    }
}

impl Shared {
    async fn forward(
        &self,
        method: &Method,
        uri: &Uri,
        body: &Bytes,
    ) -> reqwest::Result<(StatusCode, Bytes)> {
        let url = format!("{}{}", self.target, uri.path());
        let request = self.client.request(method.clone(), url);
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.clone());
        let answer = request.send().await?;
        Ok((answer.status(), answer.bytes().await?))
    }
}

fn json_answer(status: StatusCode, body: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A node in trouble answers in JSON-RPC, anything else by its status.
fn refusal(request: &Value) -> Response {
    if request["jsonrpc"].is_null() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let error = json!({"code": -32_005, "message": "too many requests"});
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
    json_answer(StatusCode::OK, answer.to_string().into())
}

/// An answer that breaks off after this much.
fn broken(begun: Bytes) -> Response {
    let parts = [
        Ok(begun),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ];
    Body::from_stream(stream::iter(parts)).into_response()
}

/// A panic cannot leave these half-changed.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
