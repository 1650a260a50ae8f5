//! The daemon's side of a connection.

use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

use super::ids::AppNo;
use super::queued::Queued;
use crate::daemon::sockets::Socket;

/// The daemon's side of a connection.
pub(crate) struct Conn {
    pub(crate) app: AppNo,
    pub(crate) queue: VecDeque<Queued>,
    /// Notified when the queue has room again.
    pub(crate) room: Rc<Notify>,
    /// Notified to close without another byte.
    pub(crate) stop: Rc<Notify>,
    /// A frame that waits to be overtaken by the next one.
    pub(crate) held: Option<Vec<u8>>,
    socket: Option<Rc<Socket>>,
    outbox: VecDeque<Vec<u8>>,
    out_bytes: usize,
    filled: Rc<Notify>,
    drained: Rc<Notify>,
    close_when_flushed: bool,
}

impl Conn {
    /// A connection that was just accepted.
    pub(crate) fn new(app: AppNo, socket: Rc<Socket>) -> Conn {
        Conn {
            app,
            queue: VecDeque::new(),
            room: Rc::default(),
            stop: Rc::default(),
            held: None,
            socket: Some(socket),
            outbox: VecDeque::new(),
            out_bytes: 0,
            filled: Rc::default(),
            drained: Rc::default(),
            close_when_flushed: false,
        }
    }

    /// Sends bytes, at once if the socket takes them and `direct` allows it. Sends nothing once the
    /// connection is about to close: bytes after half a frame would be read as its rest.
    pub(crate) fn write(&mut self, bytes: Vec<u8>, direct: bool) {
        let Some(socket) = &self.socket else { return };
        if self.close_when_flushed {
            return;
        }
        let mut written = 0;
        if direct && self.out_bytes == 0 {
            while let Some(rest) = bytes.get(written..).filter(|r| !r.is_empty()) {
                match socket.try_write(rest) {
                    Ok(n) if n > 0 => written += n,
                    _ => break,
                }
            }
        }
        if written == bytes.len() {
            return;
        }
        let mut rest = bytes;
        rest.drain(..written);
        self.out_bytes += rest.len();
        self.outbox.push_back(rest);
        self.filled.notify_one();
    }

    /// Closes once everything is written.
    pub(crate) fn close_when_flushed(&mut self) {
        self.close_when_flushed = true;
        self.filled.notify_one();
    }

    /// Bytes that the client has not read.
    pub(crate) fn unwritten(&self) -> usize {
        self.out_bytes
    }

    /// The socket, until it is closed.
    pub(crate) fn socket(&self) -> Option<Rc<Socket>> {
        self.socket.clone()
    }

    /// Forgets the socket: nothing more is written.
    pub(crate) fn socket_closed(&mut self) {
        self.socket = None;
    }

    /// The next bytes for the socket. They count as unwritten until `written`.
    pub(crate) fn next_bytes(&mut self) -> Option<Vec<u8>> {
        self.outbox.pop_front()
    }

    /// Records that the socket took so many bytes.
    pub(crate) fn written(&mut self, bytes: usize) {
        self.out_bytes = self.out_bytes.saturating_sub(bytes);
        self.drained.notify_one();
    }

    /// Whether it closes once everything is written.
    pub(crate) fn closes_when_flushed(&self) -> bool {
        self.close_when_flushed
    }

    /// Notified when there is something to write, or nothing more will come.
    pub(crate) fn filled(&self) -> Rc<Notify> {
        Rc::clone(&self.filled)
    }

    /// Notified when the socket took something.
    pub(crate) fn drained(&self) -> Rc<Notify> {
        Rc::clone(&self.drained)
    }
}
