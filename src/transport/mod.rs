//! Sockets to the daemon: dialling them, and reading and writing without waiting.

mod tcp;
mod unix;
#[cfg(feature = "websocket")]
mod websocket;

#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use socket2::{SockAddr, SockRef, Type};
use tokio::io::Interest;

use crate::config::Dial;
use crate::platform::{has_begun_to_connect, hold_standard, LocalStream, Watched, NO_SIGNAL};
use crate::Result;

/// A connection to the daemon. Never blocks, is closed on exec, and writing to it after
/// the daemon is gone raises no signal.
#[derive(Debug)]
pub enum Socket {
    /// Over a Unix domain socket.
    Unix(LocalStream),
    /// Over TCP, with Nagle's algorithm off.
    Tcp(TcpStream),
    /// What a WebSocket carries; on this machine it is a pair of sockets.
    #[cfg(feature = "websocket")]
    Ws(websocket::Carried),
}

/// Connects. `CONNECT` names the address and carries the errno of the last attempt.
///
/// To be called in the context of a tokio runtime with I/O and time. Completes in its first step
/// where a peer on this machine takes the connection at once. Giving up is dropping the future.
pub async fn dial(dial: &Dial) -> Result<Socket> {
    dial.validate()?;
    match dial {
        Dial::Unix { path } => unix::dial(path).await.map(Socket::Unix),
        Dial::Tcp { address, network } => tcp::dial(address, *network).await.map(Socket::Tcp),
        #[cfg(feature = "websocket")]
        Dial::Ws { url } => websocket::dial(url).await.map(Socket::Ws),
        #[cfg(not(feature = "websocket"))]
        Dial::Ws { .. } => Err(crate::Error::new(
            crate::Status::UNSUPPORTED,
            "this library is built without WebSockets",
        )),
    }
}

/// Connects a socket of its own, which never blocks.
async fn connect(address: &SockAddr) -> io::Result<socket2::Socket> {
    let held = hold_standard()?;
    let socket = socket2::Socket::new(address.domain(), Type::STREAM, None)?;
    drop(held);
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Err(e) if has_begun_to_connect(&e) => {}
        outcome => return outcome.map(|()| socket),
    }
    // The loopback has answered by now.
    let mut watched = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::OUT)];
    let is_over = poll(&mut watched, Some(&Timespec::default()));
    let socket = if is_over == Ok(1) {
        socket
    } else {
        let watched = Watched::new(socket, Interest::WRITABLE)?;
        watched.when_ready(Interest::WRITABLE, |_| Ok(())).await?;
        watched.into_inner()
    };
    socket.take_error()?.map_or(Ok(socket), Err)
}

/// What owns a socket, whose kind differs from system to system.
pub(crate) trait Descriptor {
    fn descriptor(&self) -> BorrowedFd<'_>;
}

impl Descriptor for socket2::Socket {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}

impl Descriptor for OwnedFd {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}

impl Descriptor for Socket {
    fn descriptor(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Unix(stream) => stream.as_fd(),
            Socket::Tcp(stream) => stream.as_fd(),
            #[cfg(feature = "websocket")]
            Socket::Ws(carried) => carried.descriptor(),
        }
    }
}

impl Socket {
    /// Reads the available bytes: 0 at the end of the stream, `WouldBlock` when there are none.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        uninterrupted(|| match self {
            Socket::Unix(stream) => (&mut &*stream).read(buffer),
            Socket::Tcp(stream) => (&mut &*stream).read(buffer),
            #[cfg(feature = "websocket")]
            Socket::Ws(carried) => carried.read(buffer),
        })
    }

    /// Writes what fits: `WouldBlock` when nothing does.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        // Not through std's Write: before Rust 1.90 that raises SIGPIPE on Unix sockets.
        let descriptor = self.descriptor();
        let socket = SockRef::from(&descriptor);
        uninterrupted(|| socket.send_with_flags(bytes, NO_SIGNAL))
    }

    /// Shuts down writing; reading goes on.
    pub fn shutdown_write(&self) {
        // Fails only when the other side has already gone.
        let _ = SockRef::from(&self.descriptor()).shutdown(Shutdown::Write);
    }

    /// Shuts down reading; a thread that waits for bytes wakes up.
    pub fn shutdown_read(&self) {
        // Fails only when the other side has already gone.
        let _ = SockRef::from(&self.descriptor()).shutdown(Shutdown::Read);
    }

    /// Closes the connection in both directions; whoever waits on it wakes up.
    pub fn shutdown(&self) {
        // Fails only when the other side has already gone.
        let _ = SockRef::from(&self.descriptor()).shutdown(Shutdown::Both);
    }
}

fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer)
    }
}

impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
