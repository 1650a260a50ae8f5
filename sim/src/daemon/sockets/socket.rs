//! One accepted socket, Unix or TCP.

use std::io;

use tokio::net::{TcpStream, UnixStream};

/// A connected stream that several tasks of one thread can use.
pub(crate) enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Socket {
    pub(crate) async fn readable(&self) -> io::Result<()> {
        match self {
            Socket::Unix(s) => s.readable().await,
            Socket::Tcp(s) => s.readable().await,
        }
    }

    pub(crate) async fn writable(&self) -> io::Result<()> {
        match self {
            Socket::Unix(s) => s.writable().await,
            Socket::Tcp(s) => s.writable().await,
        }
    }

    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Unix(s) => s.try_read(buffer),
            Socket::Tcp(s) => s.try_read(buffer),
        }
    }

    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Unix(s) => s.try_write(bytes),
            Socket::Tcp(s) => s.try_write(bytes),
        }
    }

    /// Waits for bytes and reads them. Returns 0 at the end of the stream.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.readable().await?;
            match self.try_read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }

    /// Waits until the socket takes bytes and writes as many as it takes.
    pub(crate) async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.writable().await?;
            match self.try_write(bytes) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}
