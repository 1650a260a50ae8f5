//! Unix domain sockets, by path or in Linux's abstract namespace.

use std::io;
use std::time::Duration;

use socket2::SockAddr;

use crate::platform::{is_socket, local_address, LocalStream};
use crate::{Error, Result, Status};

/// How often a daemon whose queue of new connections is full is tried again.
const QUEUE_PAUSE: Duration = Duration::from_millis(10);
/// After this long (30 s) a full queue counts as a failure.
const QUEUE_ATTEMPTS: u32 = 3000;

pub(super) async fn dial(path: &str) -> Result<LocalStream> {
    let failed = |e| {
        let what = format!("Unix socket {path}{}", remark(path, &e));
        Error::from_io(Status::CONNECT, &what, &e)
    };
    let address = local_address(path).map_err(|e| unusable(path, &e))?;
    connect(&address).await.map_err(failed)
}

async fn connect(address: &SockAddr) -> io::Result<LocalStream> {
    let mut attempts = 0;
    loop {
        match super::connect(address).await {
            Ok(socket) => return Ok(socket.into()),
            // The daemon is there but slow to accept. A blocking connect would wait; a
            // non-blocking one can only ask again.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock && attempts < QUEUE_ATTEMPTS => {
                attempts += 1;
                tokio::time::sleep(QUEUE_PAUSE).await;
            }
            Err(e) => return Err(e),
        }
    }
}

/// The kernel calls it refused whether the daemon is gone or the path is something else.
fn remark(path: &str, error: &io::Error) -> &'static str {
    if error.kind() != io::ErrorKind::ConnectionRefused || path.starts_with('@') {
        return "";
    }
    match std::fs::metadata(path) {
        Ok(found) if !is_socket(&found) => " (which is no socket)",
        _ => " (nobody listens there)",
    }
}

fn unusable(path: &str, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::Unsupported {
        return Error::from_io(Status::UNSUPPORTED, &format!("Unix socket {path}"), error);
    }
    let length = path.len();
    let what = format!("Unix socket {path}: {length} bytes are too many for a socket address");
    let errno = io::Error::from_raw_os_error(libc::ENAMETOOLONG);
    Error::from_io(Status::CONNECT, &what, &errno)
}
