//! Sockets that clients connect to.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::FileTypeExt;

use tokio::net::{TcpListener, UnixListener};

use super::socket::Socket;

/// A socket that clients connect to.
pub(crate) enum Listener {
    Unix(UnixListener, String),
    Tcp(TcpListener),
}

impl Listener {
    /// Binds a Unix socket; `@` means the abstract namespace. An existing socket file is removed, unless `stale_socket` keeps it
    /// to prevent the start.
    pub(crate) fn unix(path: &str, stale_socket: bool) -> io::Result<Listener> {
        let listener = match path.strip_prefix('@') {
            Some(name) => {
                let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
                let listener = std::os::unix::net::UnixListener::bind_addr(&address)?;
                listener.set_nonblocking(true)?;
                UnixListener::from_std(listener)?
            }
            None => {
                if !stale_socket {
                    remove_file(path)?;
                }
                UnixListener::bind(path)?
            }
        };
        Ok(Listener::Unix(listener, path.to_owned()))
    }

    /// Binds a TCP socket.
    pub(crate) async fn tcp(address: &str) -> io::Result<Listener> {
        Ok(Listener::Tcp(TcpListener::bind(address).await?))
    }

    pub(crate) async fn accept(&self) -> io::Result<Socket> {
        match self {
            Listener::Unix(listener, _) => Ok(Socket::Unix(listener.accept().await?.0)),
            Listener::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Ok(Socket::Tcp(stream))
            }
        }
    }

    /// The address under which `again` binds the same listener.
    pub(crate) fn address(&self) -> io::Result<String> {
        match self {
            Listener::Unix(_, path) => Ok(path.clone()),
            Listener::Tcp(listener) => Ok(listener.local_addr()?.to_string()),
        }
    }

    pub(crate) async fn again(
        is_unix: bool,
        address: &str,
        stale_socket: bool,
    ) -> io::Result<Listener> {
        if is_unix {
            Listener::unix(address, stale_socket)
        } else {
            Listener::tcp(address).await
        }
    }
}

/// Removes a socket's file. Fails for any other file.
pub(crate) fn remove_file(path: &str) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a file that is no socket",
        )),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// Removes the file of a listener, if it has one.
pub(crate) fn unlink(is_unix: bool, address: &str) -> io::Result<()> {
    if is_unix && !address.starts_with('@') {
        remove_file(address)?;
    }
    Ok(())
}
