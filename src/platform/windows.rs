//! Windows. It has no Unix sockets that tokio could watch, no signals, and no fork. A pair of sockets is a
//! TCP connection with itself.

use std::fs::Metadata;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::io::AsRawSocket;
use std::time::Duration;

use libc::c_int;
use socket2::SockAddr;
use tokio::io::Interest;

use crate::transport::Descriptor;

#[cfg(feature = "store")]
compile_error!(
    "on Windows there are no channels that remember: --no-default-features --features websocket"
);

/// A socket between processes of one machine.
pub(crate) type LocalStream = TcpStream;

/// There are no signals.
pub(crate) const NO_SIGNAL: c_int = 0;

/// No clock is read that goes on while the machine is suspended.
pub(crate) const SUSPEND_CLOCK: Option<fn() -> Duration> = None;

/// Nobody listens there: WSAECONNREFUSED.
pub(crate) const CONNECTION_REFUSED: c_int = 10061;

/// Whether a connect that does not wait has begun, and is not refused.
pub(crate) fn has_begun_to_connect(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// There are no such addresses here.
pub(crate) fn local_address(_path: &str) -> io::Result<SockAddr> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "on Windows the library has TCP and WebSockets only",
    ))
}

/// Whether a program could listen there.
pub(crate) fn is_socket(_found: &Metadata) -> bool {
    false
}

/// Two sockets that are connected, which never block.
pub(crate) fn pair() -> io::Result<(LocalStream, LocalStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let far = loop {
        // Any program of this machine may have come first.
        let (far, peer) = listener.accept()?;
        if peer == near.local_addr()? {
            break far;
        }
    };
    for socket in [&near, &far] {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
    }
    Ok((near, far))
}

/// What a program polls: the numbers of sockets have 32 bits.
pub(crate) fn number(socket: &LocalStream) -> io::Result<c_int> {
    c_int::try_from(socket.as_raw_socket()).map_err(io::Error::other)
}

/// Sockets do not take the places of the standard streams.
pub(crate) struct StandardHeld;

/// To be held while a descriptor is made that stays.
pub(crate) fn hold_standard() -> io::Result<StandardHeld> {
    Ok(StandardHeld)
}

/// A socket that tokio watches, by a duplicate of it.
pub(crate) struct Watched<T: Descriptor> {
    source: T,
    duplicate: tokio::net::TcpStream,
}

impl<T: Descriptor> Watched<T> {
    pub(crate) fn new(source: T, _interest: Interest) -> io::Result<Self> {
        let duplicate = TcpStream::from(source.descriptor().try_clone_to_owned()?);
        let duplicate = tokio::net::TcpStream::from_std(duplicate)?;
        Ok(Watched { source, duplicate })
    }

    /// Does something as soon as the socket is ready for it, again and again while that would block.
    pub(crate) async fn when_ready<R>(
        &self,
        interest: Interest,
        mut action: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.duplicate
            .async_io(interest, || action(&self.source))
            .await
    }

    /// The socket, no longer watched.
    pub(crate) fn into_inner(self) -> T {
        self.source
    }
}
