//! An HTTP server that stands before another one and misbehaves as it is told.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// There is never an answer.
    Silence,
    /// JSON-RPC's error, with the data of a contract's refusal, for requests of this method.
    Rpc {
        method: Option<&'static str>,
        code: i32,
        data: Option<&'static str>,
    },
    /// An attester's refusal.
    Refusal,
}

/// The proxy. It ends when it is dropped.
pub struct Proxy {
    pub url: String,
    rules: Arc<Rules>,
    serving: JoinHandle<()>,
}

struct Rules {
    target: String,
    fault: Mutex<Fault>,
    client: reqwest::Client,
}

impl Proxy {
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let rules = Arc::new(Rules {
            target: target.trim_end_matches('/').to_owned(),
            fault: Mutex::new(Fault::None),
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
        });
        let router = Router::new().fallback(pass).with_state(rules.clone());
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            url,
            rules,
            serving,
        }
    }

    pub fn set(&self, fault: Fault) {
        *self.rules.fault.lock().expect("no panic") = fault;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(rules): State<Arc<Rules>>, request: Request) -> Result<Response, Infallible> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole request");
    let fault = *rules.fault.lock().expect("no panic");
    match fault {
        Fault::None => {}
        Fault::Silence => std::future::pending().await,
        Fault::Refusal => {
            let error =
                json!({"error": {"code": "told_so", "message": "it refuses as it is told"}});
            return Ok((StatusCode::CONFLICT, error.to_string()).into_response());
        }
        Fault::Rpc { method, code, data } => {
            let request: Value = serde_json::from_slice(&body).expect("JSON-RPC");
            if method.is_none_or(|method| request["method"] == method) {
                let error = json!({"code": code, "message": "execution reverted", "data": data});
                let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
                return Ok(answer.to_string().into_response());
            }
        }
    }
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(forward(&rules, head.method, path, body).await)
}

async fn forward(rules: &Rules, method: axum::http::Method, path: &str, body: Bytes) -> Response {
    let url = format!("{}{path}", rules.target);
    let request = rules.client.request(method, url);
    let request = request
        .header("content-type", "application/json")
        .body(body);
    match request.send().await {
        Ok(answer) => {
            let status = answer.status();
            let body = answer.bytes().await.unwrap_or_default();
            (status, body).into_response()
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
