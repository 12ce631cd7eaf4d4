//! A node that misbehaves as it is told: a WebSocket proxy in front of a real one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

/// What happens to one message.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: the node answers.
    None,
    /// The proxy answers with this error of JSON-RPC, and the node is not asked.
    Error { code: i32, message: &'static str },
    /// The connection breaks.
    Drop,
    /// There is never an answer.
    Silence,
    /// It is passed on this much later.
    Delay(Duration),
    /// It is passed on once this is notified.
    Hold(Arc<Notify>),
    /// Half of the answer comes.
    Truncate,
    /// The answer comes twice.
    Duplicate,
    /// The same question gets the same answer as when it was first asked so.
    Stale,
}

type Decide = dyn Fn(&str, u64) -> Fault + Send + Sync;

struct Rules {
    decide: Mutex<Arc<Decide>>,
    messages: AtomicU64,
    /// The first answers to what was asked while stale, by method and parameters.
    answers: Mutex<HashMap<String, Value>>,
}

/// The proxy. It ends when it is dropped.
pub struct FaultyNode {
    port: u16,
    rules: Arc<Rules>,
    listening: AbortHandle,
}

impl FaultyNode {
    /// Listens in front of the node at a WebSocket address, without faults at first.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn in_front_of(node: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let rules = Arc::new(Rules {
            decide: Mutex::new(Arc::new(|_, _| Fault::None)),
            messages: AtomicU64::new(0),
            answers: Mutex::default(),
        });
        let listening = tokio::spawn(listen(listener, node.to_owned(), rules.clone()));
        Ok(Self {
            port,
            rules,
            listening: listening.abort_handle(),
        })
    }

    /// Its address; a path or a user may be put in, it listens to none of them.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// From now on `decide` says what happens to each request, by its method, and to each
    /// notification of a subscription, by the method that it names (`chain_finalizedHead`). The
    /// number counts all messages.
    pub fn misbehave(&self, decide: impl Fn(&str, u64) -> Fault + Send + Sync + 'static) {
        lock(&self.rules.answers).clear();
        *lock(&self.rules.decide) = Arc::new(decide);
    }

    /// From now on there are no faults.
    pub fn behave(&self) {
        self.misbehave(|_, _| Fault::None);
    }

    /// Messages that were decided about.
    pub fn messages(&self) -> u64 {
        self.rules.messages.load(Ordering::Relaxed)
    }
}

impl Drop for FaultyNode {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Rules {
    fn fault(&self, method: &str) -> Fault {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        let decide = lock(&self.decide).clone();
        decide(method, number)
    }

    fn knows(&self, question: &str) -> bool {
        lock(&self.answers).contains_key(question)
    }
}

async fn listen(listener: TcpListener, node: String, rules: Arc<Rules>) {
    // Ends the connections with the proxy.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, node.clone(), rules.clone()));
    }
}

/// One connection, until either side ends it or a fault does.
async fn serve(stream: TcpStream, node: String, rules: Arc<Rules>) -> Result<()> {
    let (mut to_client, mut from_client) = accept_async(stream).await?.split();
    let (node, _) = connect_async(node).await.context("the node is away")?;
    let (mut to_node, mut from_node) = node.split();
    let (client, mut for_client) = mpsc::unbounded_channel();
    let (node, mut for_node) = mpsc::unbounded_channel();
    let mut connection = Connection {
        rules,
        client,
        node,
        asked: HashMap::new(),
        late: JoinSet::new(),
    };
    loop {
        let goes_on = tokio::select! {
            Some(text) = for_client.recv() => {
                to_client.send(Message::text(text)).await?;
                true
            }
            Some(text) = for_node.recv() => {
                to_node.send(Message::text(text)).await?;
                true
            }
            message = from_client.next() => match message {
                Some(message) => connection.request(message?),
                None => false,
            },
            message = from_node.next() => match message {
                Some(message) => connection.answer(message?),
                None => false,
            },
        };
        if !goes_on {
            return Ok(());
        }
    }
}

struct Connection {
    rules: Arc<Rules>,
    client: mpsc::UnboundedSender<String>,
    node: mpsc::UnboundedSender<String>,
    /// What happens to the answers, by the ids of the requests.
    asked: HashMap<String, (String, Fault)>,
    late: JoinSet<()>,
}

impl Connection {
    /// Passes a request on, or not; whether the connection goes on.
    fn request(&mut self, message: Message) -> bool {
        let Message::Text(text) = message else {
            return !message.is_close();
        };
        let text = text.to_string();
        let Ok(request) = serde_json::from_str::<Value>(&text) else {
            return send(&self.node, text);
        };
        let method = request["method"].as_str().unwrap_or_default();
        let id = request["id"].clone();
        let question = format!("{method}{}", request["params"]);
        match self.rules.fault(method) {
            Fault::None => send(&self.node, text),
            Fault::Error { code, message } => {
                let error = json!({"code": code, "message": message});
                let answer = json!({"jsonrpc": "2.0", "id": id, "error": error});
                send(&self.client, answer.to_string())
            }
            Fault::Drop => false,
            Fault::Silence => true,
            fault @ (Fault::Delay(_) | Fault::Hold(_)) => {
                self.send_later(self.node.clone(), text, fault);
                true
            }
            Fault::Stale if self.rules.knows(&question) => {
                let mut known = lock(&self.rules.answers)[&question].clone();
                known["id"] = id;
                send(&self.client, known.to_string())
            }
            fault @ (Fault::Stale | Fault::Truncate | Fault::Duplicate) => {
                self.asked.insert(id.to_string(), (question, fault));
                send(&self.node, text)
            }
        }
    }

    fn send_later(&mut self, to: mpsc::UnboundedSender<String>, text: String, fault: Fault) {
        self.late.spawn(async move {
            match fault {
                Fault::Hold(released) => released.notified().await,
                Fault::Delay(time) => sleep(time).await,
                _ => {}
            }
            send(&to, text);
        });
    }

    /// Passes an answer or a notification on, or not; whether the connection goes on.
    fn answer(&mut self, message: Message) -> bool {
        let Message::Text(text) = message else {
            return !message.is_close();
        };
        let text = text.to_string();
        let Ok(answer) = serde_json::from_str::<Value>(&text) else {
            return send(&self.client, text);
        };
        let fault = match self.asked.remove(&answer["id"].to_string()) {
            Some((question, Fault::Stale)) => {
                lock(&self.rules.answers).entry(question).or_insert(answer);
                Fault::None
            }
            Some((_, fault)) => fault,
            None => match answer["method"].as_str() {
                Some(method) => self.rules.fault(method),
                None => Fault::None,
            },
        };
        match fault {
            Fault::Drop => false,
            // A subscription that repeats itself says nothing new.
            Fault::Silence | Fault::Stale => true,
            Fault::Truncate => {
                let half: String = text.chars().take(text.chars().count() / 2).collect();
                send(&self.client, half)
            }
            Fault::Duplicate => send(&self.client, text.clone()) && send(&self.client, text),
            fault @ (Fault::Delay(_) | Fault::Hold(_)) => {
                self.send_later(self.client.clone(), text, fault);
                true
            }
            // There is no request that an error could answer.
            Fault::None | Fault::Error { .. } => send(&self.client, text),
        }
    }
}

/// Whether the other side still takes it.
fn send(to: &mpsc::UnboundedSender<String>, text: String) -> bool {
    to.send(text).is_ok()
}

/// A panic cannot leave these half-changed.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
