//! One live connection: socket, writer, reader.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::fd::{BorrowedFd, OwnedFd};
use tokio::io::Interest;

use super::reading::{Reading, IDLE_PAUSE, LONGEST_PAUSE};
use super::trace::Trace;
use super::writer::Writer;
use crate::platform::Watched;
use crate::transport::{Descriptor, Socket};
use crate::wire::{Features, Id};
use crate::{Error, Result, Status};

/// A connection whose handshake is complete.
pub(crate) struct Link {
    pub(crate) writer: Arc<Writer>,
    pub(crate) features: Arc<Features>,
    /// The session token sent to the daemon, where it knows such.
    pub(crate) token: Option<Id>,
    /// The reading side.
    pub(crate) reading: Arc<Reading>,
}

/// Lets tokio watch the socket that the writer owns.
impl Descriptor for Arc<Writer> {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket().descriptor()
    }
}

/// The reading side, as the I/O thread sees it.
pub(crate) struct SocketReader {
    writer: Arc<Writer>,
    reading: Arc<Reading>,
    /// `None` while waiting threads read for themselves, and before anything is read.
    watched: Option<Watched<Arc<Writer>>>,
    /// Watches for room to write, only while there is none: otherwise the socket would wake this
    /// thread each time the daemon reads.
    room: Option<Watched<OwnedFd>>,
}

impl SocketReader {
    /// Takes over a connected socket.
    pub(crate) fn new(socket: Socket, trace: Trace) -> (Self, Arc<Writer>) {
        let writer = Arc::new(Writer::new(socket, trace));
        let socket_reader = SocketReader {
            writer: Arc::clone(&writer),
            reading: Arc::new(Reading::new()),
            watched: None,
            room: None,
        };
        (socket_reader, writer)
    }

    /// The log of frames.
    pub(crate) fn trace(&self) -> &Trace {
        &self.writer.trace
    }

    /// The reading side, to be shared with the threads that wait.
    pub(crate) fn reading(&self) -> Arc<Reading> {
        Arc::clone(&self.reading)
    }

    fn watch(&mut self) -> Result<()> {
        if self.watched.is_none() {
            let watched = Watched::new(Arc::clone(&self.writer), Interest::READABLE)
                .map_err(|e| Error::from_io(Status::IO, "cannot watch the socket", &e))?;
            self.watched = Some(watched);
        }
        Ok(())
    }

    /// Lets the threads that wait for answers read. Returns when no call came for a while, when
    /// something else waits, or when one of them found the connection closed.
    pub(crate) async fn leave_to_threads(&mut self, call_reader: impl FnOnce()) -> Result<()> {
        self.watched = None;
        let reading = self.reading();
        reading.set_open(true);
        call_reader();
        let mut pause = IDLE_PAUSE;
        loop {
            let before = reading.calls();
            let requested = self.yield_reader(pause).await?;
            if let Some(error) = reading.take_fault() {
                return Err(error);
            }
            let Some(_reader) = reading.try_reader() else {
                // A thread is reading. The longer it does, the less often this thread checks.
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            };
            pause = IDLE_PAUSE;
            if requested || reading.calls() == before {
                reading.set_open(false);
                return Ok(());
            }
        }
    }

    /// Serves the writer for `pause`; returns true when somebody asks for the socket to be read.
    async fn yield_reader(&mut self, pause: Duration) -> Result<bool> {
        let pause = tokio::time::sleep(pause);
        tokio::pin!(pause);
        let (writer, reading) = (Arc::clone(&self.writer), self.reading());
        loop {
            self.watch_for_room(&writer)?;
            tokio::select! {
                biased;
                () = has_room(self.room.as_ref()) => {
                    self.room = None;
                    writer.resume();
                }
                () = writer.stuck.notified() => {}
                () = reading.reader_wanted.notified() => return Ok(true),
                () = &mut pause => return Ok(false),
            }
        }
    }

    /// Waits until more bytes have arrived, and reads them; serves the writer meanwhile.
    ///
    /// Fails with `CONNECTION_LOST` at the end of the stream. Needs a tokio runtime around it. Safe
    /// to drop while it waits.
    pub(crate) async fn fill(&mut self) -> Result<()> {
        loop {
            let writer = Arc::clone(&self.writer);
            self.watch_for_room(&writer)?;
            self.watch()?;
            let Some(watched) = &self.watched else {
                return Err(Error::new(Status::INTERNAL, "nobody watches the socket"));
            };
            tokio::select! {
                biased;
                // Writing goes first: a daemon that sends without pause must not delay it.
                () = has_room(self.room.as_ref()) => {
                    self.room = None;
                    writer.resume();
                }
                // There is no room; the next round waits for some.
                () = writer.stuck.notified() => {}
                read = watched.when_ready(Interest::READABLE, |_| {
                    self.reading.reader().fill(&mut writer.socket())
                }) => match read {
                    Ok(0) => {
                        let mid_frame = self.reading.reader().is_mid_frame();
                        return Err(end_of_stream(&writer, mid_frame));
                    }
                    Ok(_) => {
                        self.reading.note_bytes();
                        return Ok(());
                    }
                    Err(e) if e.kind() == ErrorKind::Interrupted => {}
                    Err(e) => return Err(lost("reading from the daemon failed", &e)),
                },
            }
        }
    }

    fn watch_for_room(&mut self, writer: &Writer) -> Result<()> {
        if self.room.is_none() && writer.is_blocked() {
            let room = writer
                .socket()
                .descriptor()
                .try_clone_to_owned()
                .and_then(|fd| Watched::new(fd, Interest::WRITABLE))
                .map_err(|e| lost("cannot watch the socket", &e))?;
            self.room = Some(room);
        }
        Ok(())
    }

    /// Returns a complete frame that has been read already, if there is one.
    pub(crate) fn buffered(&self) -> Result<Option<Bytes>> {
        self.reading.reader().next()
    }

    /// Blocks the calling thread until the next complete frame, or `None` when the deadline has
    /// passed.
    pub(crate) fn next_blocking(&self, deadline: Instant) -> Result<Option<Bytes>> {
        self.reading.next_frame(&self.writer, deadline)
    }

    /// Returns the next complete frame, however long it takes.
    pub(crate) async fn next(&mut self) -> Result<Bytes> {
        loop {
            if let Some(frame) = self.buffered()? {
                return Ok(frame);
            }
            self.fill().await?;
        }
    }
}

/// Completes when the watched socket accepts bytes again; never, where none is watched.
async fn has_room(room: Option<&Watched<OwnedFd>>) {
    match room {
        // The writer meets the error again when it writes.
        Some(room) => drop(room.when_ready(Interest::WRITABLE, |_| Ok(())).await),
        None => std::future::pending().await,
    }
}

pub(crate) fn lost(what: &str, error: &std::io::Error) -> Error {
    let status = match error.kind() {
        ErrorKind::OutOfMemory => Status::NO_MEMORY,
        _ => Status::CONNECTION_LOST,
    };
    Error::from_io(status, what, error)
}

/// The error for a stream that has ended.
pub(crate) fn end_of_stream(writer: &Writer, mid_frame: bool) -> Error {
    if let Some(refusal) = writer.refusal() {
        return refusal;
    }
    let text = if mid_frame {
        "the daemon closed the connection in the middle of a frame"
    } else {
        "the daemon closed the connection"
    };
    Error::new(Status::CONNECTION_LOST, text)
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, Future};
    use std::os::unix::net::UnixStream;
    use std::pin::{pin, Pin};
    use std::task::Poll;

    use tokio::sync::oneshot;

    use super::*;
    use crate::client::connection::lane::Lane;
    use crate::client::connection::state::calls::CallSink;
    use crate::client::connection::state::lane_kind::LaneKind;
    use crate::client::connection::state::local_request::LocalRequest;
    use crate::client::runtime::log::Log;
    use crate::client::runtime::query_ids::Queries;
    use crate::client::runtime::waiter::Waiter;

    /// So daemon off that only a request for the reader ends the time in which threads read.
    const NEXT_LOOK: Duration = Duration::from_secs(3600);

    /// A lane with a connection, open to reading threads or not, and the daemon's end of it.
    fn connected(open: bool) -> (Arc<Lane>, SocketReader, UnixStream) {
        let (ours, daemon) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let trace = Trace::new(&Log::default(), LaneKind::Local);
        let (socket_reader, writer) = SocketReader::new(Socket::Unix(ours), trace);
        let lane = Lane::new(LaneKind::Local, 0, &Arc::default());
        socket_reader.reading.set_open(open);
        lane.lock().link = Some(Arc::new(Link {
            writer,
            features: Arc::new(Features::current()),
            token: None,
            reading: socket_reader.reading(),
        }));
        (lane, socket_reader, daemon)
    }

    fn exchange(query: u64) -> LocalRequest {
        LocalRequest {
            query,
            frame: Bytes::from_static(b"question"),
            needs: None,
            kept: true,
            before: None,
            in_background: false,
            effort: None,
        }
    }

    /// Whether the future is complete by now.
    async fn is_over<F: Future>(mut future: Pin<&mut F>) -> bool {
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    fn in_runtime<T>(test: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap().block_on(test)
    }

    #[test]
    fn an_answer_for_no_thread_has_the_socket_read_before_the_next_check() {
        in_runtime(async {
            let (lane, mut socket_reader, _far) = connected(true);
            let mut away = pin!(socket_reader.yield_reader(NEXT_LOOK));
            assert!(!is_over(away.as_mut()).await);
            let waiter = Arc::new(Waiter::new());
            lane.call(exchange(1), CallSink::Thread(waiter), None);
            assert!(!is_over(away.as_mut()).await, "a thread reads for itself");
            let (sender, _receiver) = oneshot::channel();
            lane.call(exchange(2), CallSink::Task(sender), None);
            assert!(is_over(away.as_mut()).await, "an asynchronous call waits");
        });
    }

    #[test]
    fn boxes_and_messages_have_the_socket_read_before_the_next_check() {
        in_runtime(async {
            let (lane, mut socket_reader, _far) = connected(true);
            let mut away = pin!(socket_reader.yield_reader(NEXT_LOOK));
            assert!(!is_over(away.as_mut()).await);
            lane.pump(&Queries::new().unwrap());
            assert!(is_over(away.as_mut()).await);
        });
    }

    #[test]
    fn a_socket_that_the_io_thread_watches_needs_no_request_for_the_reader() {
        in_runtime(async {
            let (lane, mut socket_reader, _far) = connected(false);
            let (sender, _receiver) = oneshot::channel();
            lane.call(exchange(1), CallSink::Task(sender), None);
            lane.pump(&Queries::new().unwrap());
            let away = pin!(socket_reader.yield_reader(NEXT_LOOK));
            assert!(!is_over(away).await);
        });
    }
}
