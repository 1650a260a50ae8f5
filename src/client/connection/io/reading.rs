//! The way in of a connection: one reads, whoever that is.

use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use tokio::sync::Notify;

use super::link::{end_of_stream, lost};
use super::writer::Writer;
use crate::sync::lock;
use crate::transport::Socket;
use crate::wire::FrameReader;
use crate::{Error, Result};

/// Without a call for so long, the I/O thread watches the socket again.
pub(crate) const LULL: Duration = Duration::from_millis(2);
/// While one thread reads for long, as with a daemon that is slow to answer, the I/O thread
/// wakes up no more often than this.
pub(crate) const LONGEST_LULL: Duration = Duration::from_millis(64);

/// The reading side of a connection.
pub(crate) struct Reading {
    /// Held by whoever reads.
    reader: Mutex<FrameReader>,
    /// The threads that wait may read; the I/O thread does not watch the socket.
    open: AtomicBool,
    /// Blocking calls so far.
    pub(crate) calls: AtomicU64,
    /// Asks the I/O thread to look in.
    pub(crate) recall: Notify,
    /// Why the connection is over, found by a thread that waited.
    fault: Mutex<Option<Error>>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Reading {
            reader: Mutex::new(FrameReader::new()),
            open: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            recall: Notify::new(),
            fault: Mutex::new(None),
        }
    }

    /// The right to read, if nobody else has it.
    pub(crate) fn try_reader(&self) -> Option<MutexGuard<'_, FrameReader>> {
        match self.reader.try_lock() {
            Ok(reader) => Some(reader),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The right to read, for the I/O thread while it watches the socket.
    pub(crate) fn reader(&self) -> MutexGuard<'_, FrameReader> {
        lock(&self.reader)
    }

    /// Lets the waiting threads read, or no more of them.
    pub(crate) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Sees to it that the I/O thread reads, for something that is no thread waits now. A
    /// thread that is reading goes on, and hands on to it.
    pub(crate) fn recall_if_open(&self) {
        if self.is_open() {
            self.recall.notify_one();
        }
    }

    /// How many blocking calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Why the connection is over, if a waiting thread found out.
    pub(crate) fn take_fault(&self) -> Option<Error> {
        lock(&self.fault).take()
    }

    /// The next frame of a connection that nobody else reads yet, awaited by the calling
    /// thread; none where the deadline passes.
    pub(crate) fn next_frame(&self, writer: &Writer, deadline: Instant) -> Result<Option<Bytes>> {
        let mut reader = self.reader();
        let mut read_deadline = ReadDeadline::until(Some(deadline));
        loop {
            if let Some(frame) = reader.next()? {
                return Ok(Some(frame));
            }
            if !read_deadline.wait_readable(writer.socket())? {
                return Ok(None);
            }
            take_in(&mut reader, writer)?;
        }
    }

    pub(crate) fn fail(&self, error: Error) {
        *lock(&self.fault) = Some(error);
        self.set_open(false);
        self.recall.notify_one();
    }
}

/// Reads what is there, if anything is.
pub(crate) fn take_in(reader: &mut FrameReader, writer: &Writer) -> Result<()> {
    match reader.fill(&mut writer.socket()) {
        Ok(0) => Err(end_of_stream(writer, reader.is_mid_frame())),
        Ok(_) => Ok(()),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
        Err(e) => Err(lost("reading from the daemon failed", &e)),
    }
}

/// Reads, and heeds nothing, until the daemon has hung up or the deadline passes. A daemon that
/// finds nobody listening to what it still has to say may end before it has read the goodbye.
pub(crate) fn drain_until_eof(socket: &Socket, deadline: Instant) {
    let mut read_deadline = ReadDeadline::until(Some(deadline));
    let mut heard = [0; 4096];
    while read_deadline.wait_readable(socket).unwrap_or(false) {
        match socket.try_read(&mut heard) {
            Ok(0) => return,
            Err(e) if !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return,
            _ => {}
        }
    }
}

/// How long a thread goes on reading.
pub(crate) struct ReadDeadline {
    deadline: Option<Instant>,
    is_over: bool,
}

impl ReadDeadline {
    pub(crate) fn until(deadline: Option<Instant>) -> Self {
        ReadDeadline {
            deadline,
            is_over: false,
        }
    }

    /// Waits for bytes on the socket; false when the deadline has passed. What has come by
    /// then is read, once: a daemon that goes on talking is not listened to any longer.
    pub(crate) fn wait_readable(&mut self, socket: &Socket) -> Result<bool> {
        while !self.is_over {
            let now = Instant::now();
            self.is_over = self.deadline.is_some_and(|deadline| deadline <= now);
            let left = self.deadline.map(|at| at.saturating_duration_since(now));
            let limit = left.and_then(|left| Timespec::try_from(left).ok());
            let mut watched = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)];
            match poll(&mut watched, limit.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(true),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(lost("cannot wait for the daemon", &e.into())),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_daemon_that_talks_without_end_is_not_listened_to_beyond_the_time_limit() {
        let (near, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"talk").unwrap();
        let socket = Socket::Unix(near);
        let mut read_deadline = ReadDeadline::until(Some(Instant::now()));
        assert!(
            read_deadline.wait_readable(&socket).unwrap(),
            "what came in time is read"
        );
        assert!(!read_deadline.wait_readable(&socket).unwrap());
        let mut endless = ReadDeadline::until(None);
        assert!(endless.wait_readable(&socket).unwrap() && endless.wait_readable(&socket).unwrap());
    }
}
