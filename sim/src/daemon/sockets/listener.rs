//! Sockets that clients connect to.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::FileTypeExt;

use tokio::net::{TcpListener, TcpStream, UnixListener};

use super::socket::Socket;
use super::websocket::carried;

/// A socket that clients connect to.
pub(crate) enum Listener {
    Unix(UnixListener, String),
    Tcp(TcpListener),
    Ws(TcpListener),
}

/// Where a listener is bound, to bind it there again.
pub(crate) enum Place {
    Unix(String),
    Tcp(String),
    Ws(String),
}

impl Place {
    /// An existing file of a Unix socket is removed, unless `stale_socket` keeps it to prevent the
    /// start.
    pub(crate) async fn listen(&self, stale_socket: bool) -> io::Result<Listener> {
        Ok(match self {
            Place::Unix(path) => Listener::unix(path, stale_socket)?,
            Place::Tcp(address) => Listener::Tcp(TcpListener::bind(address).await?),
            Place::Ws(address) => Listener::Ws(TcpListener::bind(address).await?),
        })
    }

    /// Removes the listener's file, if it has one.
    pub(crate) fn unlink(&self) -> io::Result<()> {
        match self {
            Place::Unix(path) if !path.starts_with('@') => remove_file(path),
            _ => Ok(()),
        }
    }
}

impl Listener {
    /// Binds a Unix socket; `@` means the abstract namespace.
    fn unix(path: &str, stale_socket: bool) -> io::Result<Listener> {
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

    pub(crate) async fn accept(&self) -> io::Result<Socket> {
        match self {
            Listener::Unix(listener, _) => Ok(Socket::Unix(listener.accept().await?.0)),
            Listener::Tcp(listener) => Ok(Socket::Tcp(accept(listener).await?)),
            Listener::Ws(listener) => carried(accept(listener).await?),
        }
    }

    /// Where it is bound, with the port that it got.
    pub(crate) fn place(&self) -> io::Result<Place> {
        Ok(match self {
            Listener::Unix(_, path) => Place::Unix(path.clone()),
            Listener::Tcp(listener) => Place::Tcp(listener.local_addr()?.to_string()),
            Listener::Ws(listener) => Place::Ws(listener.local_addr()?.to_string()),
        })
    }
}

async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let stream = listener.accept().await?.0;
    stream.set_nodelay(true)?;
    Ok(stream)
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
