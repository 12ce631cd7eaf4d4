//! How the stack knows that a process still does anything at all.
//!
//! Not whether it does its work: that is [`super::Readiness`], which many things of the world decide. What is
//! asked here every process answers by itself, whatever it waits for and however busy it is, as long as it
//! takes connections.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest time for one answer.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// A question that has an answer as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liveness {
    port: u16,
    /// Of the answer the first byte is enough.
    question: &'static [u8],
}

impl Liveness {
    /// A service of LEX on this port of this machine.
    #[must_use]
    pub fn of_service(port: u16) -> Liveness {
        Liveness {
            port,
            question: b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
        }
    }

    /// A server of JSON-RPC. It refuses a GET before any of its methods has to do with it: these may wait for
    /// another process, or take their time.
    #[must_use]
    pub fn of_json_rpc(port: u16) -> Liveness {
        Liveness {
            port,
            question: b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
        }
    }

    /// PostgreSQL. Its request for encryption (`SSLRequest` of the protocol) is answered before anything else,
    /// also while the server recovers or has no connection left.
    #[must_use]
    pub fn of_postgres(port: u16) -> Liveness {
        Liveness {
            port,
            question: &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f],
        }
    }

    /// One look.
    pub(super) async fn answers(self) -> bool {
        let answer = timeout(ANSWERS_WITHIN, self.ask()).await;
        matches!(answer, Ok(Ok(())))
    }

    async fn ask(self) -> io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        stream.write_all(self.question).await?;
        stream.read_u8().await.map(drop)
    }
}
