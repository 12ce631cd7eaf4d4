//! Answers that leave at once.
//!
//! The SDK's RPC server takes connections as the system makes them: what is written while an earlier
//! piece is on its way waits for that to be acknowledged, and the other side holds acknowledgements
//! back for 40 ms. A message of two pieces takes as long, whatever the node does: of the 88 ms from
//! handing over a transaction to hearing that it is final, 70 were this. Connections inherit the option
//! from the socket that takes them, so that is where it is set.

use rustix::net::sockopt::{set_tcp_nodelay, socket_acceptconn};
use std::{fs, io, os::fd::BorrowedFd};

/// Lets every connection that this process takes from now on send what is written at once.
///
/// # Errors
///
/// If the process's sockets cannot be listed, or one refuses.
pub fn send_at_once() -> io::Result<()> {
    for entry in fs::read_dir("/dev/fd")? {
        let Some(number) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // SAFETY: the number was listed as open just now. Should it have been closed since, or be
        // another file by now, the system says so, or an option is set that changes no content.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        if socket_acceptconn(file) == Ok(true) {
            set_tcp_nodelay(file, true)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn connections_that_are_taken_send_at_once() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        send_at_once().expect("sockets with options");
        let address = listener.local_addr().expect("a bound socket");
        let _client = TcpStream::connect(address).expect("someone listens");
        let (taken, _) = listener.accept().expect("a connection");
        assert!(taken.nodelay().expect("an option"));
    }
}
