//! From a connected socket to a session.
//!
//! The daemon speaks first: it sends its status, then a document. Newer daemons then accept a
//! session token and answer it. Replies queued for a resumed session may arrive in between; they
//! are kept for later. The client sends nothing else before the handshake is complete.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::io::link::{Link, SocketReader};
use super::io::trace::Trace;
use super::io::writer::Writer;
use super::lane::Lane;
use crate::client::runtime::thread::ThreadId;
use crate::deadline::Deadline;
use crate::error::closed;
use crate::transport::Socket;
use crate::wire::{self, ConnectionStatus, Id, Incoming, Request, MAX_FRAME};
use crate::{Error, Result, Status};

/// The daemon may hold its first frame back for 30 s while it has no document, and it serves one
/// handshake after the other: three times that.
const FIRST_FRAME_WITHIN: Duration = Duration::from_secs(100);
/// The daemon answers every later step at once.
const STEP_WITHIN: Duration = Duration::from_secs(30);

/// Between the token and its answer the daemon sends at most the thousand replies that it has kept,
/// and events. The bound leaves room for one frame of each possible size.
const MAX_EARLY: usize = 4096;
const MAX_EARLY_BYTES: usize = 4 * MAX_FRAME;

/// A thread that waits for a session and takes the steps of the handshake itself as far as it can.
/// It polls them, and they block it instead of pending until the daemon sends. So no thread has to
/// wake another.
#[derive(Clone, Copy)]
pub(crate) struct BlockingCaller {
    thread: ThreadId,
    deadline: Option<Deadline>,
}

impl BlockingCaller {
    /// The calling thread, which waits until `deadline`.
    pub(crate) fn new(deadline: Option<Deadline>) -> Self {
        BlockingCaller {
            thread: ThreadId::current(),
            deadline,
        }
    }

    fn is_here(&self) -> bool {
        self.thread == ThreadId::current()
    }
}

/// The lane of a handshake, and its caller.
#[derive(Clone, Copy)]
pub(crate) struct Handshaking<'a> {
    pub(crate) lane: &'a Lane,
    /// Cancelled when somebody disconnects the lane; then nobody needs the session.
    pub(crate) epoch: u64,
    /// The thread that waits for the session, if any.
    pub(crate) caller: Option<BlockingCaller>,
}

/// A session, ready for use.
pub(crate) struct Established {
    pub(crate) socket_reader: SocketReader,
    pub(crate) link: Arc<Link>,
    pub(crate) status: ConnectionStatus,
    pub(crate) document: Option<Bytes>,
    pub(crate) resumed: bool,
}

impl Established {
    /// Nobody needs this session any more. Asks the daemon to discard it, unless the lane will
    /// resume it.
    pub(crate) fn decline(&self, for_good: bool) {
        if for_good || !self.resumed {
            self.link.writer.say_goodbye();
        }
    }
}

/// Performs the handshake over `socket`, and offers `token` where the daemon knows tokens. Frames
/// that arrive between the token and its answer are stored in `early`, also on failure.
pub(crate) async fn handshake(
    handshaking: Handshaking<'_>,
    socket: Socket,
    token: Id,
    trace: Trace,
    early: &mut Early,
) -> Result<Established> {
    let ended = converse(handshaking, socket, token, trace, early).await;
    ended.map_err(|error| {
        if !is_no_daemon(&error) {
            return error;
        }
        Error::new(
            Status::HANDSHAKE,
            format!(
                "the peer does not speak the daemon's protocol: {}",
                error.message()
            ),
        )
    })
}

async fn converse(
    handshaking: Handshaking<'_>,
    socket: Socket,
    token: Id,
    trace: Trace,
    early: &mut Early,
) -> Result<Established> {
    let (mut socket_reader, writer) = SocketReader::new(socket, trace);
    if !handshaking.lane.start_handshake(handshaking.epoch, &writer) {
        return Err(closed());
    }
    let first = step(handshaking, FIRST_FRAME_WITHIN, &mut socket_reader).await?;
    let features = Arc::new(wire::features(&first)?);
    let Incoming::Status(status) = wire::decode(&first)? else {
        return Err(violation("the daemon's status", 1));
    };
    let second = step(handshaking, STEP_WITHIN, &mut socket_reader).await?;
    let Incoming::Document { payload } = wire::decode(&second)? else {
        return Err(violation("a directory document", 2));
    };
    let mut resumed = false;
    let token = (!features.is_legacy()).then_some(token);
    if let Some(token) = &token {
        resumed = present_token(handshaking, &mut socket_reader, &writer, token, early).await?;
    }
    let link = Arc::new(Link {
        writer,
        token,
        features,
        reading: socket_reader.reading(),
    });
    Ok(Established {
        socket_reader,
        link,
        status,
        document: payload,
        resumed,
    })
}

/// Sends the token and waits for its answer; returns whether the session was resumed.
async fn present_token(
    handshaking: Handshaking<'_>,
    socket_reader: &mut SocketReader,
    writer: &Arc<Writer>,
    token: &Id,
    early: &mut Early,
) -> Result<bool> {
    let frame = Request::SessionToken { token }.encode(&[0; 16])?;
    let (lane, epoch) = (handshaking.lane, handshaking.epoch);
    if !lane.introduce(epoch, writer, frame.into_bytes()) {
        return Err(closed());
    }
    writer.flush();
    loop {
        let frame = step(handshaking, STEP_WITHIN, socket_reader).await?;
        match wire::decode(&frame)? {
            Incoming::SessionToken(reply) => return Ok(reply.resumed),
            other => early.keep(frame.len(), other)?,
        }
    }
}

/// Frames that arrived between the token and its answer, in order, until they can be dispatched.
#[derive(Default)]
pub(crate) struct Early {
    pub(crate) kept: Vec<Incoming>,
    bytes: usize,
}

impl Early {
    /// Refuses a peer that sends without end and never answers the token.
    fn keep(&mut self, size: usize, incoming: Incoming) -> Result<()> {
        self.bytes = self.bytes.saturating_add(size);
        if self.kept.len() >= MAX_EARLY || self.bytes > MAX_EARLY_BYTES {
            return Err(Error::new(
                Status::HANDSHAKE,
                "the daemon does not answer the session token",
            ));
        }
        self.kept.push(incoming);
        Ok(())
    }
}

/// Returns the next frame, or fails when none arrives within the time.
async fn step(
    handshaking: Handshaking<'_>,
    within: Duration,
    socket_reader: &mut SocketReader,
) -> Result<Bytes> {
    let until = crate::clock::now() + within;
    let mut next = None;
    if let Some(caller) = handshaking.caller.filter(BlockingCaller::is_here) {
        let pause = caller
            .deadline
            .map(|deadline| crate::clock::now() + deadline.pause());
        next = socket_reader.next_blocking(pause.map_or(until, |limit| limit.min(until)))?;
    }
    let frame = match next {
        Some(frame) => frame,
        // Also where the caller's time is over, or its clock is to be read again: then the operation times out as a
        // whole, or this thread waits for the session without reading.
        None => tokio::time::timeout_at(until.into(), socket_reader.next())
            .await
            .map_err(|_| {
                Error::new(
                    Status::HANDSHAKE,
                    format!("the daemon said nothing for {} s", within.as_secs()),
                )
            })??,
    };
    socket_reader.trace().received(&frame);
    Ok(frame)
}

/// Errors that only a peer causes that is no daemon at all.
fn is_no_daemon(error: &Error) -> bool {
    matches!(error.status(), Status::CBOR | Status::FRAME_TOO_LARGE)
}

fn violation(expected: &str, position: u32) -> Error {
    Error::new(
        Status::HANDSHAKE,
        format!("frame {position} of the handshake is not {expected}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_kept_before_the_admission_are_bounded_in_number_and_in_bytes() {
        for (size, most) in [(1, MAX_EARLY), (MAX_FRAME, 4)] {
            let mut early = Early::default();
            let mut frames = (0..2 * MAX_EARLY).map(|_| early.keep(size, Incoming::Nothing));
            let kept = frames.by_ref().take_while(Result::is_ok).count();
            assert_eq!(kept, most, "frames of {size} bytes");
        }
    }
}
