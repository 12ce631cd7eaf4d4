//! The way of one service to its database, which can be cut at any durable step.
//!
//! Everything durable that a service does is a commit in PostgreSQL. Between both stands this gate: it
//! reads what the service asks for, knows of each request that would make something durable what that is
//! ([`Step`]), and where a [`Trap`] is set for it, cuts all connections of the service just before the
//! server hears of it, or just after it did and before the service does. So a service is killed at every
//! durable step without a line of it being changed for that.

mod step;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use bytes::BytesMut;
use lex_test_postgres::Cluster;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

use step::Session;
pub use step::Step;

/// Protocol 3.0, the only one that is spoken here; anything else asks for encryption.
const PROTOCOL: [u8; 4] = [0, 3, 0, 0];
/// "This goes on without encryption".
const NO_ENCRYPTION: &[u8] = b"N";

/// On which side of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The server never hears of it.
    Before,
    /// It is done, and the service never hears of it.
    After,
}

type Matches = Box<dyn FnMut(&Step) -> bool + Send>;

/// Waits for a step.
struct Trap {
    side: Side,
    matches: Matches,
    sprung: oneshot::Sender<Step>,
}

struct Shared {
    trap: Mutex<Option<Trap>>,
    /// Whether connections may be; turned to false, it ends those that are.
    open: watch::Sender<bool>,
}

/// The gate. It ends when it is dropped.
pub struct Gate {
    url: String,
    shared: Arc<Shared>,
    listening: AbortHandle,
}

impl Gate {
    /// A gate before a private cluster.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn before(cluster: &Cluster) -> Result<Self> {
        let (_, folder) = cluster
            .url()
            .split_once("host=")
            .context("the cluster has no socket")?;
        let socket = PathBuf::from(folder).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("postgres://lex@{}/postgres", listener.local_addr()?);
        let shared = Arc::new(Shared {
            trap: Mutex::new(None),
            open: watch::Sender::new(true),
        });
        let listening = tokio::spawn(listen(listener, socket, shared.clone())).abort_handle();
        Ok(Self {
            url,
            shared,
            listening,
        })
    }

    /// Where the service finds its database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets a trap at the first step that `matches`, instead of any that was set. Tells the step when
    /// it was cut there; from then on nothing passes until [`Gate::open`].
    pub fn cut_at(
        &self,
        side: Side,
        matches: impl FnMut(&Step) -> bool + Send + 'static,
    ) -> oneshot::Receiver<Step> {
        let (sprung, told) = oneshot::channel();
        *self.shared.trap() = Some(Trap {
            side,
            matches: Box::new(matches),
            sprung,
        });
        told
    }

    /// Takes the trap away, if it was not sprung.
    pub fn disarm(&self) {
        *self.shared.trap() = None;
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.shared.open.send_replace(true);
    }

    /// Ends all connections; until [`Gate::open`] there are no others.
    pub fn close(&self) {
        self.shared.open.send_replace(false);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    fn trap(&self) -> MutexGuard<'_, Option<Trap>> {
        // A panic cannot leave it half-changed.
        self.trap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The trap, if it is set for this step; it is set no more.
    fn sprung(&self, step: Step) -> Option<(Step, Trap)> {
        let trap = self.trap().take_if(|trap| (trap.matches)(&step))?;
        Some((step, trap))
    }
}

async fn listen(listener: TcpListener, socket: PathBuf, shared: Arc<Shared>) {
    // Ends the connections with the gate.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (socket, shared) = (socket.clone(), shared.clone());
        connections.spawn(async move {
            let mut open = shared.open.subscribe();
            tokio::select! {
                ended = serve(client, &socket, &shared) => ended,
                _ = open.wait_for(|open| !open) => Ok(()),
            }
        });
    }
}

/// One connection, until either side or a trap ends it.
async fn serve(mut client: TcpStream, socket: &Path, shared: &Shared) -> Result<()> {
    client.set_nodelay(true)?;
    let startup = loop {
        let message = read_startup(&mut client).await?;
        if message[4..].starts_with(&PROTOCOL) {
            break message;
        }
        client.write_all(NO_ENCRYPTION).await?;
    };
    let mut server = UnixStream::connect(socket).await?;
    server.write_all(&startup).await?;
    let (from_client, mut to_client) = client.split();
    let (from_server, mut to_server) = server.split();
    let (mut requests, mut answers) = (Messages::from(from_client), Messages::from(from_server));
    let mut session = Session::default();
    loop {
        tokio::select! {
            answer = answers.next() => {
                let answer = answer?;
                session.answered(&answer);
                to_client.write_all(&answer).await?;
            }
            request = requests.next() => {
                let request = request?;
                let step = session.asked(&request);
                let Some((step, trap)) = step.and_then(|step| shared.sprung(step)) else {
                    to_server.write_all(&request).await?;
                    continue;
                };
                if trap.side == Side::After {
                    to_server.write_all(&request).await?;
                    while session.is_waiting() {
                        session.answered(&answers.next().await?);
                    }
                }
                shared.open.send_replace(false);
                // Whoever set the trap may have given up.
                let _ = trap.sprung.send(step);
                return Ok(());
            }
        }
    }
}

/// Whole messages of a stream, each with its type and length.
struct Messages<R> {
    stream: R,
    read: BytesMut,
}

impl<R: AsyncRead + Unpin> From<R> for Messages<R> {
    fn from(stream: R) -> Self {
        Self {
            stream,
            read: BytesMut::new(),
        }
    }
}

impl<R: AsyncRead + Unpin> Messages<R> {
    /// The next message. Nothing is lost when it is not waited for to the end.
    async fn next(&mut self) -> Result<BytesMut> {
        loop {
            if let Some(header) = self.read.first_chunk::<5>() {
                let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
                let whole = 1 + usize::try_from(length)?;
                if self.read.len() >= whole {
                    return Ok(self.read.split_to(whole));
                }
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the connection ended");
            }
        }
    }
}

/// A message without a type: its length, which counts itself, and its content.
async fn read_startup(client: &mut TcpStream) -> Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(usize::try_from(length)?.max(8), 0);
    client.read_exact(&mut message[4..]).await?;
    Ok(message)
}
