//! What stands between a service and PostgreSQL and takes no startup options, as PgBouncer does when it is
//! told to ignore them, or when it is not.

use std::{
    io::{Read, Write, copy},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    thread,
};

use crate::Cluster;

/// Protocol 3.0, the only one that is spoken here; anything else asks for encryption.
const PROTOCOL: [u8; 4] = [0, 3, 0, 0];
/// PostgreSQL's name for "this goes on without encryption".
const NO_ENCRYPTION: &[u8] = b"N";

/// Passes everything on but the startup option `options`. Ends with the process.
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
    pub fn before(cluster: &Cluster) -> Self {
        let (_, folder) = cluster.url().split_once("host=").expect("a socket");
        let socket = Path::new(folder).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let socket = socket.clone();
                thread::spawn(move || serve(client, socket));
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
fn serve(mut client: TcpStream, socket: PathBuf) -> std::io::Result<()> {
    let startup = loop {
        let message = read_startup(&mut client)?;
        if message.starts_with(&PROTOCOL) {
            break message;
        }
        client.write_all(NO_ENCRYPTION)?;
    };
    let mut server = UnixStream::connect(socket)?;
    let startup = without_options(&startup);
    let length = u32::try_from(startup.len() + 4).expect("a short message");
    server.write_all(&length.to_be_bytes())?;
    server.write_all(&startup)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
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
