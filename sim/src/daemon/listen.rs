//! Listening, and the handshakes: one after the other, as the daemon has them.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::FileTypeExt;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::connection::{serve, Shared};
use super::socket::Socket;
use super::state::Life;

/// Between two attempts to listen again.
const RETRY: Duration = Duration::from_millis(20);

/// A socket that clients connect to.
pub(crate) enum Listener {
    Unix(UnixListener, String),
    Tcp(TcpListener),
}

impl Listener {
    /// Binds a Unix socket; `@` means the abstract namespace. An old file of that name is taken away, unless it is to stay and be
    /// in the way.
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

    async fn accept(&self) -> io::Result<Socket> {
        match self {
            Listener::Unix(listener, _) => Ok(Socket::Unix(listener.accept().await?.0)),
            Listener::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Ok(Socket::Tcp(stream))
            }
        }
    }

    /// What brings the same listener back.
    pub(crate) fn address(&self) -> io::Result<String> {
        match self {
            Listener::Unix(_, path) => Ok(path.clone()),
            Listener::Tcp(listener) => Ok(listener.local_addr()?.to_string()),
        }
    }

    async fn again(is_unix: bool, address: &str, stale_socket: bool) -> io::Result<Listener> {
        if is_unix {
            Listener::unix(address, stale_socket)
        } else {
            Listener::tcp(address).await
        }
    }
}

/// Takes a socket's file away, and no other file.
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

/// Accepts for as long as the daemon lives, and not while it is down.
pub(crate) async fn accept(
    shared: Shared,
    listener: Listener,
    handshakes: mpsc::UnboundedSender<Socket>,
) -> io::Result<()> {
    let mut life = shared.borrow().life.subscribe();
    let address = listener.address()?;
    let is_unix = matches!(listener, Listener::Unix(..));
    let stale_socket = shared.borrow().config.stale_socket;
    let mut open = Some(listener);
    loop {
        let now = *life.borrow_and_update();
        match (now, &open) {
            (Life::Over, _) => return unlink(is_unix, &address),
            (Life::Down, Some(_)) => {
                open = None;
                if !stale_socket || shared.borrow().left_properly {
                    unlink(is_unix, &address)?;
                }
            }
            (Life::Listening, None) => match Listener::again(is_unix, &address, stale_socket).await
            {
                Ok(listener) => open = Some(listener),
                // Somebody took the place meanwhile, perhaps a client that met itself there.
                Err(_) => sleep(RETRY).await,
            },
            (Life::Listening, Some(listener)) => tokio::select! {
                socket = listener.accept() => {
                    // A client that is gone before it was accepted is no error of the listener.
                    match socket {
                        Ok(socket) => {
                            let _ = handshakes.send(socket);
                        }
                        Err(_) => sleep(RETRY).await,
                    }
                }
                _ = life.changed() => {}
            },
            (Life::Down, None) => {
                let _ = life.changed().await;
            }
        }
    }
}

fn unlink(is_unix: bool, address: &str) -> io::Result<()> {
    if is_unix && !address.starts_with('@') {
        remove_file(address)?;
    }
    Ok(())
}

/// Greets one client after the other; each may wait for a document.
pub(crate) async fn greet(shared: Shared, mut accepted: mpsc::UnboundedReceiver<Socket>) {
    while let Some(socket) = accepted.recv().await {
        let (hold, patience, mut document, before) = {
            let daemon = shared.borrow();
            (
                daemon.faults.hold_first,
                daemon.config.document_patience,
                daemon.has_document.subscribe(),
                daemon.instance_token,
            )
        };
        if !hold.is_zero() {
            sleep(hold).await;
        }
        let _ = timeout(patience, document.wait_for(|has| *has)).await;
        let mut daemon = shared.borrow_mut();
        if daemon.instance_token != before || *daemon.life.borrow() == Life::Over {
            // The daemon that accepted it is not there any more.
            continue;
        }
        let id = daemon.adopt(Rc::new(socket));
        daemon.greet(id);
        drop(daemon);
        spawn_local(serve(Rc::clone(&shared), id));
    }
}
