//! What stands between a service and PostgreSQL as a pooler in transaction mode does: it refuses startup
//! options, leaves them out when it is told to, or knows how to keep them; and in the end all clients share
//! sessions.

use std::{
    io::{Read, Write, copy},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use crate::Cluster;

/// Protocol 3.0, the only one that is spoken here; anything else asks for encryption.
const PROTOCOL: [u8; 4] = [0, 3, 0, 0];
/// PostgreSQL's name for "this goes on without encryption".
const NO_ENCRYPTION: &[u8] = b"N";
/// The client's messages after which the server says when it is ready: sync, and a simple query.
const ENDS_REQUEST: [u8; 2] = [b'S', b'Q'];
/// The server's word for "in no transaction".
const IDLE: u8 = b'I';

/// What it does with clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each has a session, but not with the startup options that it asked for.
    LeavesOutOptions,
    /// Who has startup options is refused.
    RefusesOptions,
    /// All share one session, which has the options of the first, transaction by transaction.
    SharesSession,
}

/// Works until the process ends.
#[derive(Debug)]
pub struct Pooler {
    port: u16,
}

impl Pooler {
    /// A pooler before `cluster`, which must be one of ours.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn before(cluster: &Cluster, mode: Mode) -> Self {
        let (_, folder) = cluster.url().split_once("host=").expect("a socket");
        let socket = Path::new(folder).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let shared = Arc::new(Mutex::new(None));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (socket, shared) = (socket.clone(), shared.clone());
                thread::spawn(move || serve(client, &socket, mode, &shared));
            }
        });
        Self { port }
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://lex@127.0.0.1:{}/postgres", self.port)
    }
}

/// Until either side ends; what breaks off is for the client to report.
fn serve(
    mut client: TcpStream,
    socket: &Path,
    mode: Mode,
    shared: &Mutex<Option<UnixStream>>,
) -> std::io::Result<()> {
    let startup = loop {
        let message = read_startup(&mut client)?;
        if message.starts_with(&PROTOCOL) {
            break message;
        }
        client.write_all(NO_ENCRYPTION)?;
    };
    let kept = without_options(&startup);
    match mode {
        Mode::LeavesOutOptions => pass_on(client, connect(socket, &kept)?),
        Mode::RefusesOptions if kept != startup => refuse(&mut client),
        Mode::RefusesOptions => pass_on(client, connect(socket, &startup)?),
        Mode::SharesSession => share(client, socket, &startup, shared),
    }
}

fn connect(socket: &Path, startup: &[u8]) -> std::io::Result<UnixStream> {
    let mut server = UnixStream::connect(socket)?;
    let length = u32::try_from(startup.len() + 4).expect("a short message");
    server.write_all(&length.to_be_bytes())?;
    server.write_all(startup)?;
    Ok(server)
}

fn pass_on(mut client: TcpStream, mut server: UnixStream) -> std::io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

/// Serves a client by the session of all, which is its own from a request to the end of its transaction.
fn share(
    mut client: TcpStream,
    socket: &Path,
    startup: &[u8],
    shared: &Mutex<Option<UnixStream>>,
) -> std::io::Result<()> {
    {
        let mut session = shared.lock().expect("no thread panics while it holds this");
        if session.is_none() {
            let mut server = connect(socket, startup)?;
            let _ = until_ready(&mut server, &mut std::io::sink())?;
            *session = Some(server);
        }
    }
    // Authenticated, and ready for a request.
    client.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")?;
    loop {
        let mut request = read_message(&mut client)?;
        let mut session = shared.lock().expect("no thread panics while it holds this");
        let server = session.as_mut().expect("it was opened above");
        loop {
            server.write_all(&request)?;
            let is_whole = ENDS_REQUEST.contains(&request[0]);
            if is_whole && until_ready(server, &mut client)? == IDLE {
                break;
            }
            request = read_message(&mut client)?;
        }
    }
}

/// Passes the server's messages on up to the one that says it is ready; answers the transaction's state.
fn until_ready(server: &mut UnixStream, client: &mut impl Write) -> std::io::Result<u8> {
    loop {
        let message = read_message(server)?;
        client.write_all(&message)?;
        if message[0] == b'Z' {
            return Ok(message[5]);
        }
    }
}

/// A message with its type and length; that of a client that ends the connection is an end.
fn read_message(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; 5];
    from.read_exact(&mut message)?;
    let length = u32::from_be_bytes([message[1], message[2], message[3], message[4]]) as usize;
    message.resize(1 + length, 0);
    from.read_exact(&mut message[5..])?;
    match message[0] {
        b'X' => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(message),
    }
}

/// In PgBouncer's words.
fn refuse(client: &mut TcpStream) -> std::io::Result<()> {
    let fields = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
    let length = u32::try_from(fields.len() + 4).expect("a short message");
    client.write_all(b"E")?;
    client.write_all(&length.to_be_bytes())?;
    client.write_all(fields)
}

/// A message without a type: its length, which counts itself, and its content.
fn read_startup(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut message = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
    client.read_exact(&mut message)?;
    Ok(message)
}

/// The protocol's version, then names and values, each ended by a zero, and one more zero.
fn without_options(startup: &[u8]) -> Vec<u8> {
    let mut kept = startup[..4].to_vec();
    let texts: Vec<&[u8]> = startup[4..].split(|byte| *byte == 0).collect();
    for pair in texts.chunks_exact(2).filter(|pair| !pair[0].is_empty()) {
        if pair[0] != b"options" {
            for text in pair {
                kept.extend_from_slice(text);
                kept.push(0);
            }
        }
    }
    kept.push(0);
    kept
}
