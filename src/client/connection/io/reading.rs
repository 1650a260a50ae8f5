//! The reading side of a connection: one thread reads at a time, whichever that is.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use tokio::sync::Notify;

use super::link::{end_of_stream, lost};
use super::writer::Writer;
use crate::deadline::Deadline;
use crate::sync::lock;
use crate::transport::{Descriptor, Socket};
use crate::wire::FrameReader;
use crate::{Error, Result};

/// After so long without a call the I/O thread watches the socket again.
pub(crate) const IDLE_PAUSE: Duration = Duration::from_millis(2);
/// While one thread reads for long, as with a daemon that answers slowly, the I/O thread wakes up
/// no more often than this.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_millis(64);

/// The reading side of a connection.
pub(crate) struct Reading {
    /// Held by the thread that reads.
    reader: Mutex<FrameReader>,
    /// Waiting threads may read; the I/O thread does not watch the socket.
    open: AtomicBool,
    /// Blocking calls so far.
    pub(crate) calls: AtomicU64,
    /// Asks the I/O thread to read.
    pub(crate) reader_wanted: Notify,
    /// Why the connection is closed, as found by a thread that waited.
    fault: Mutex<Option<Error>>,
    /// When bytes arrived last.
    heard: Mutex<Option<Instant>>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Reading {
            reader: Mutex::new(FrameReader::new()),
            open: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            reader_wanted: Notify::new(),
            fault: Mutex::new(None),
            heard: Mutex::new(None),
        }
    }

    /// Returns the right to read, if nobody else has it.
    pub(crate) fn try_reader(&self) -> Option<MutexGuard<'_, FrameReader>> {
        match self.reader.try_lock() {
            Ok(reader) => Some(reader),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Returns the right to read, for the I/O thread while it watches the socket.
    pub(crate) fn reader(&self) -> MutexGuard<'_, FrameReader> {
        lock(&self.reader)
    }

    /// Allows waiting threads to read, or no longer.
    pub(crate) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Asks the I/O thread to read, for something that no thread waits for. A thread that is
    /// reading goes on, and passes the reader role to it.
    pub(crate) fn request_reader(&self) {
        if self.is_open() {
            self.reader_wanted.notify_one();
        }
    }

    /// The number of blocking calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Takes the error with which a waiting thread closed the connection, if one did.
    pub(crate) fn take_fault(&self) -> Option<Error> {
        lock(&self.fault).take()
    }

    /// Blocks the calling thread until the next frame of a connection that nobody else reads yet;
    /// `None` when the deadline has passed.
    pub(crate) fn next_frame(&self, writer: &Writer, deadline: Instant) -> Result<Option<Bytes>> {
        let mut reader = self.reader();
        let mut read_deadline = ReadDeadline::until(Some(deadline.into()));
        loop {
            if let Some(frame) = reader.next()? {
                return Ok(Some(frame));
            }
            if !read_deadline.wait_readable(writer.socket())? {
                return Ok(None);
            }
            self.take_in(&mut reader, writer)?;
        }
    }

    /// Reads the available bytes, if there are any.
    pub(crate) fn take_in(&self, reader: &mut FrameReader, writer: &Writer) -> Result<()> {
        match reader.fill(&mut writer.socket()) {
            Ok(0) => Err(end_of_stream(writer, reader.is_mid_frame())),
            Ok(_) => {
                self.note_bytes();
                Ok(())
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
            Err(e) => Err(lost("reading from the daemon failed", &e)),
        }
    }

    /// Bytes have arrived.
    pub(crate) fn note_bytes(&self) {
        *lock(&self.heard) = Some(crate::clock::now());
    }

    /// When bytes arrived last.
    pub(crate) fn heard(&self) -> Option<Instant> {
        *lock(&self.heard)
    }

    pub(crate) fn fail(&self, error: Error) {
        *lock(&self.fault) = Some(error);
        self.set_open(false);
        self.reader_wanted.notify_one();
    }
}

/// Reads and discards until the daemon has closed the connection or the deadline passes. A daemon
/// that finds its last frames unread may exit before it has read the goodbye.
pub(crate) fn drain_until_eof(socket: &Socket, deadline: Instant) {
    let mut read_deadline = ReadDeadline::until(Some(deadline.into()));
    let mut discarded = [0; 4096];
    while read_deadline.wait_readable(socket).unwrap_or(false) {
        match socket.try_read(&mut discarded) {
            Ok(0) => return,
            Err(e) if !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return,
            _ => {}
        }
    }
}

/// How long a thread continues to read.
pub(crate) struct ReadDeadline {
    deadline: Option<Deadline>,
    is_over: bool,
}

impl ReadDeadline {
    pub(crate) fn until(deadline: Option<Deadline>) -> Self {
        ReadDeadline {
            deadline,
            is_over: false,
        }
    }

    /// Waits for bytes on the socket; false when the deadline has passed. What has arrived by then
    /// is read, once: a daemon that sends without end does not extend the time.
    pub(crate) fn wait_readable(&mut self, socket: &Socket) -> Result<bool> {
        while !self.is_over {
            let left = self.deadline.map(Deadline::pause);
            self.is_over = left.is_some_and(|left| left.is_zero());
            let limit = left.and_then(|left| Timespec::try_from(left).ok());
            let mut watched = [PollFd::from_borrowed_fd(socket.descriptor(), PollFlags::IN)];
            match poll(&mut watched, limit.as_ref()) {
                Ok(0) if self.is_over => return Ok(false),
                Ok(0) => {} // over now, or only the clock is to be read again
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
    fn a_daemon_that_sends_without_end_does_not_extend_the_time_limit() {
        let (ours, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"talk").unwrap();
        let socket = Socket::Unix(ours);
        let mut read_deadline = ReadDeadline::until(Some(crate::clock::now().into()));
        assert!(
            read_deadline.wait_readable(&socket).unwrap(),
            "what came in time is read"
        );
        assert!(!read_deadline.wait_readable(&socket).unwrap());
        let mut endless = ReadDeadline::until(None);
        assert!(endless.wait_readable(&socket).unwrap() && endless.wait_readable(&socket).unwrap());
    }
}
