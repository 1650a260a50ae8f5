//! Faults that control commands order.

use std::time::Duration;

use crate::daemon::protocol::response::Kind;
use crate::network::Code;

/// An error for the next request of a kind, which is not served.
pub(crate) struct Refused {
    pub(crate) key: String,
    pub(crate) code: Code,
    /// A start is refused before it is sent: the reply names no courier.
    pub(crate) before_sending: bool,
}

/// All ordered faults.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) errors: Vec<Refused>,
    /// For the next reply to a plain message.
    pub(crate) message_error: Option<Code>,
    pub(crate) swallow: Vec<Kind>,
    pub(crate) twice: Vec<Kind>,
    /// So many frames are still to be overtaken by the next one.
    pub(crate) reorder: u32,
    /// The most bytes of one write.
    pub(crate) split: Option<usize>,
    /// The pause between two writes.
    pub(crate) pause: Option<Duration>,
    /// The delay before the first frame of each connection.
    pub(crate) hold_first: Duration,
    /// How late a closed connection is noticed; by chance if none.
    pub(crate) close_lag: Option<Duration>,
}

impl Faults {
    /// How often the next frame of this kind is sent.
    pub(crate) fn times(&mut self, kind: Kind) -> u8 {
        if take(&mut self.swallow, kind) {
            0
        } else if take(&mut self.twice, kind) {
            2
        } else {
            1
        }
    }

    /// Takes the error that is ordered for a request of this key.
    pub(crate) fn error_for(&mut self, key: &str) -> Option<Refused> {
        let at = self.errors.iter().position(|e| e.key == key)?;
        Some(self.errors.remove(at))
    }

    /// Orders for single requests and frames that are still open.
    pub(crate) fn left(&self) -> usize {
        self.errors.len() + self.swallow.len() + self.twice.len()
    }

    /// Whether frames may go to the socket in one piece and at once.
    pub(crate) fn is_direct(&self) -> bool {
        self.split.is_none() && self.pause.is_none()
    }
}

fn take(list: &mut Vec<Kind>, kind: Kind) -> bool {
    match list.iter().position(|k| *k == kind) {
        Some(at) => {
            list.remove(at);
            true
        }
        None => false,
    }
}
