//! The writing side of one connection: complete frames, in order, never interleaved.
//!
//! A frame is queued under whatever lock decides the order of frames, and written after that lock
//! is released. The calling thread writes itself as long as the socket accepts bytes. No lock is
//! held meanwhile: a thread that comes in leaves its frame in the queue and returns, and the thread
//! that writes sends that frame, too. What the socket does not accept is left to the I/O thread,
//! which waits until the socket is writable.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::Mutex;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Notify;

use super::trace::Trace;
use crate::sync::lock;
use crate::transport::Socket;
use crate::wire::{Request, WipingVec};
use crate::{Error, Status};

/// Queue and writer of one connection.
pub(crate) struct Writer {
    socket: Socket,
    pub(crate) trace: Trace,
    state: Mutex<State>,
    /// Wakes the I/O thread when the socket did not accept everything.
    pub(crate) stuck: Notify,
    /// Wakes those who wait for the queue to be empty.
    pub(crate) drained: Notify,
}

struct State {
    queue: VecDeque<Bytes>,
    /// How much of the first frame is written.
    offset: usize,
    /// The first frame is in the log.
    logged: bool,
    /// Some thread is writing.
    busy: bool,
    /// The socket was full; only the I/O thread may continue.
    blocked: bool,
    /// Since when it has accepted nothing.
    full_since: Option<Instant>,
    /// Why nothing can be written any more.
    failure: Option<std::io::Error>,
    /// Nothing is queued any more; behind the queue the daemon gets the end of the stream.
    finishing: bool,
}

impl Writer {
    pub(crate) fn new(socket: Socket, trace: Trace) -> Self {
        Writer {
            socket,
            trace,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                offset: 0,
                logged: false,
                busy: false,
                blocked: false,
                full_since: None,
                failure: None,
                finishing: false,
            }),
            stuck: Notify::new(),
            drained: Notify::new(),
        }
    }

    /// The connection's socket.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Queues a frame; call [`Writer::flush`] afterwards, once no lock is held.
    pub(crate) fn queue(&self, frame: Bytes) {
        let mut state = lock(&self.state);
        if state.failure.is_none() && !state.finishing {
            state.queue.push_back(frame);
        }
    }

    /// Writes as much of the queue as the socket accepts, unless another thread is writing. A
    /// failure closes the connection.
    pub(crate) fn flush(&self) {
        let mut state = lock(&self.state);
        if state.busy || state.blocked || state.failure.is_some() || state.queue.is_empty() {
            return;
        }
        state.busy = true;
        drop(state);
        self.write();
    }

    /// Queues a frame and writes as much as the socket accepts.
    pub(crate) fn push(&self, frame: Bytes) {
        self.queue(frame);
        self.flush();
    }

    /// Continues after the socket was full. For the I/O thread.
    pub(crate) fn resume(&self) {
        lock(&self.state).blocked = false;
        self.flush();
    }

    /// True while the socket is full and frames wait.
    pub(crate) fn is_blocked(&self) -> bool {
        lock(&self.state).blocked
    }

    /// Since when the socket has accepted nothing of what waits.
    pub(crate) fn full_since(&self) -> Option<Instant> {
        lock(&self.state).full_since
    }

    /// True while nothing waits to be written.
    pub(crate) fn is_empty(&self) -> bool {
        let state = lock(&self.state);
        state.failure.is_some() || (state.queue.is_empty() && !state.busy)
    }

    /// Asks the daemon to discard the session, and ends the stream behind that. Drops all frames of
    /// which no byte has been sent yet.
    pub(crate) fn say_goodbye(&self) {
        let goodbye = Request::ThinClose.encode(&[0; 16]);
        if let Ok(goodbye) = goodbye.map(WipingVec::into_bytes) {
            self.finish_with(goodbye);
        }
    }

    fn finish_with(&self, frame: Bytes) {
        let mut state = lock(&self.state);
        if state.failure.is_some() || state.finishing {
            return;
        }
        let started = usize::from(state.busy || state.offset > 0);
        state.queue.truncate(started);
        state.logged &= started > 0;
        state.queue.push_back(frame);
        state.finishing = true;
        drop(state);
        self.flush();
    }

    /// Closes the connection. What the daemon sent before can still be read; the I/O thread finds
    /// the end of the stream behind it.
    fn fail(&self) {
        self.socket.shutdown();
        self.drained.notify_waiters();
    }

    /// The error with which this machine refused a write, if that closed the connection. When the
    /// daemon itself closes it, the end of the stream says so.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let state = lock(&self.state);
        let refused = |e: &&std::io::Error| {
            !matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
        };
        let failure = state.failure.as_ref().filter(refused)?;
        let what = "writing to the daemon failed";
        Some(Error::from_io(Status::CONNECTION_LOST, what, failure))
    }

    fn write(&self) {
        loop {
            let mut state = lock(&self.state);
            let Some(frame) = state.queue.front().cloned() else {
                state.busy = false;
                let finished = state.finishing;
                drop(state);
                if finished {
                    self.socket.shutdown_write();
                }
                self.drained.notify_waiters();
                return;
            };
            let offset = state.offset;
            let was_logged = std::mem::replace(&mut state.logged, true);
            drop(state);
            if !was_logged {
                // Before it is sent, as another thread may log its answer.
                self.trace.sent(&frame);
            }
            let wrote = self.socket.try_write(&frame[offset..]);
            let mut state = lock(&self.state);
            if wrote.is_ok() {
                state.full_since = None;
            }
            match wrote {
                Ok(n) if offset + n == frame.len() => {
                    state.queue.pop_front();
                    state.offset = 0;
                    state.logged = false;
                }
                Ok(n) => state.offset = offset + n,
                Err(e) => {
                    state.busy = false;
                    state.blocked = e.kind() == ErrorKind::WouldBlock;
                    if state.blocked {
                        state.full_since.get_or_insert_with(crate::clock::now);
                        drop(state);
                        self.stuck.notify_one();
                    } else {
                        state.failure = Some(e);
                        state.full_since = None;
                        state.queue.clear();
                        drop(state);
                        self.fail();
                    }
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::client::connection::state::lane_kind::LaneKind;
    use crate::client::runtime::log::Log;

    const FRAME: usize = 2000;
    const COUNT: usize = 10_000;

    fn silent() -> Trace {
        Trace::new(&Log::default(), LaneKind::Local)
    }

    #[test]
    fn a_goodbye_replaces_all_frames_that_are_not_partly_sent() {
        let (ours, mut daemon) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        daemon.set_nonblocking(true).unwrap();
        let writer = Writer::new(Socket::Unix(ours), silent());
        for _ in 0..COUNT {
            writer.push(Bytes::from(vec![1; FRAME]));
        }
        assert!(writer.is_blocked());
        writer.finish_with(Bytes::from_static(b"goodbye"));
        let mut all = Vec::new();
        // Fails where nothing has arrived yet; then there is room for more.
        while daemon.read_to_end(&mut all).is_err() {
            writer.resume();
        }
        let frames = all.strip_suffix(b"goodbye").unwrap();
        assert!(frames.len() < COUNT * FRAME, "the queue was not cut");
        assert_eq!(frames.len() % FRAME, 0, "a frame was cut");
    }
    #[test]
    fn a_refused_write_is_not_reported_as_a_close_by_the_daemon() {
        let unconnected = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
        let writer = Writer::new(Socket::Unix(unconnected.unwrap().into()), silent());
        writer.push(Bytes::from_static(b"frame"));
        let refusal = writer.refusal().unwrap();
        assert_eq!(refusal.status(), Status::CONNECTION_LOST);
        assert_eq!(refusal.errno(), Some(libc::ENOTCONN));
        assert!(
            writer.is_empty(),
            "nothing waits for what cannot be written"
        );

        let (ours, daemon) = UnixStream::pair().unwrap();
        drop(daemon);
        let writer = Writer::new(Socket::Unix(ours), silent());
        writer.push(Bytes::from_static(b"frame"));
        assert!(writer.is_empty() && writer.refusal().is_none());
    }
}
