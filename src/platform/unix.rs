//! Unix: what its kinds have in common.

use std::fs::Metadata;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};

use libc::c_int;
use rustix::fd::BorrowedFd;
use socket2::SockAddr;
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "linux.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", target_vendor = "apple")),
    path = "other.rs"
)]
mod system;

#[cfg(feature = "store")]
#[cfg_attr(
    any(target_os = "linux", target_os = "android"),
    path = "files_linux.rs"
)]
#[cfg_attr(target_vendor = "apple", path = "files_apple.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", target_vendor = "apple")),
    path = "files_other.rs"
)]
mod files;
#[cfg(all(
    feature = "store",
    any(test, not(any(target_os = "linux", target_os = "android")))
))]
mod linked;

#[cfg(feature = "store")]
pub(crate) use self::files::create_empty;
use self::system::{abstract_name, silence};
pub(crate) use self::system::{sent_to_threads, NO_SIGNAL, SUSPEND_CLOCK};
use crate::transport::Descriptor;

/// A socket between processes of one machine.
pub(crate) type LocalStream = UnixStream;

/// Nobody listens there.
pub(crate) const CONNECTION_REFUSED: c_int = libc::ECONNREFUSED;

/// Whether a connect that does not wait has begun, and is not refused.
pub(crate) fn has_begun_to_connect(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// The address of a path, or of a name of Linux's abstract namespace after an @.
pub(crate) fn local_address(path: &str) -> io::Result<SockAddr> {
    match path.strip_prefix('@') {
        Some(name) => {
            abstract_name(name)?;
            // As the kernel wants it.
            SockAddr::unix(format!("\0{name}"))
        }
        None => {
            SocketAddr::from_pathname(path)?;
            SockAddr::unix(path)
        }
    }
}

/// Whether a program could listen there.
pub(crate) fn is_socket(found: &Metadata) -> bool {
    found.file_type().is_socket()
}

/// Two sockets that are connected, which never block.
pub(crate) fn pair() -> io::Result<(LocalStream, LocalStream)> {
    let held = hold_standard()?;
    let pair = UnixStream::pair()?;
    drop(held);
    for socket in [&pair.0, &pair.1] {
        socket.set_nonblocking(true)?;
        silence(socket)?;
    }
    Ok(pair)
}

/// What a program polls.
pub(crate) fn number(socket: &LocalStream) -> io::Result<c_int> {
    Ok(socket.as_raw_fd())
}

/// Locks one byte of a file, or unlocks it, without waiting; `WouldBlock` where another open file has
/// it. The lock belongs to the open file, unlike the older locks of processes: two stores in
/// one process exclude each other, too.
#[cfg(feature = "store")]
pub(crate) fn lock_byte(file: &std::fs::File, at: u64, locked: bool) -> io::Result<()> {
    let kind = if locked { libc::F_WRLCK } else { libc::F_UNLCK };
    let lock = libc::flock {
        l_type: kind.try_into().map_err(io::Error::other)?,
        l_whence: libc::SEEK_SET.try_into().map_err(io::Error::other)?,
        l_start: at.try_into().map_err(io::Error::other)?,
        l_len: 1,
        l_pid: 0,
    };
    files::set_lock(file, &lock).map_err(|e| match e.raw_os_error() {
        Some(libc::EACCES) => io::ErrorKind::WouldBlock.into(),
        _ => e,
    })
}

/// Keeps the descriptors 0 to 2 from being given out, where a program has closed them. What it
/// prints to one that became a socket of ours would go to the daemon.
pub(crate) struct StandardHeld {
    /// Unconnected: they accept nothing, and writing to them raises no signal.
    _sockets: Vec<UnixDatagram>,
}

/// To be held while a descriptor is made that stays.
pub(crate) fn hold_standard() -> io::Result<StandardHeld> {
    let mut sockets = Vec::new();
    loop {
        // The lowest free number each time.
        let next = UnixDatagram::unbound()?;
        if next.as_raw_fd() > libc::STDERR_FILENO {
            return Ok(StandardHeld { _sockets: sockets });
        }
        sockets.push(next);
    }
}

/// A socket that tokio watches.
pub(crate) struct Watched<T: Descriptor>(AsyncFd<Source<T>>);

struct Source<T>(T);

impl<T: Descriptor> AsRawFd for Source<T> {
    fn as_raw_fd(&self) -> RawFd {
        let descriptor: BorrowedFd<'_> = self.0.descriptor();
        descriptor.as_raw_fd()
    }
}

impl<T: Descriptor> Watched<T> {
    /// The constructor is deprecated because a source could close its descriptor while it
    /// is watched. Ours own theirs until they are dropped, and the replacement is unsafe.
    #[allow(deprecated)]
    pub(crate) fn new(source: T, interest: Interest) -> io::Result<Self> {
        AsyncFd::with_interest(Source(source), interest).map(Watched)
    }

    /// Does something as soon as the socket is ready for it, again and again while that would block.
    pub(crate) async fn when_ready<R>(
        &self,
        interest: Interest,
        mut action: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.0.async_io(interest, |source| action(&source.0)).await
    }

    /// The socket, no longer watched.
    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner().0
    }
}
