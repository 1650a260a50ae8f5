//! Trouble on demand, as the control line orders it.

use std::time::Duration;

use crate::daemon::protocol::response::Kind;
use crate::network::Code;

/// The next request of a kind is answered with an error instead of being served.
pub(crate) struct Refused {
    pub(crate) key: String,
    pub(crate) code: Code,
    /// A start is refused before it was sent: no courier is named.
    pub(crate) before_sending: bool,
}

/// Everything that goes wrong because somebody wants it to.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) errors: Vec<Refused>,
    /// For the next reply to a plain message.
    pub(crate) message_error: Option<Code>,
    pub(crate) swallow: Vec<Kind>,
    pub(crate) twice: Vec<Kind>,
    /// So many more times a frame is overtaken by the next.
    pub(crate) reorder: u32,
    /// Bytes of one write.
    pub(crate) split: Option<usize>,
    /// Between two writes.
    pub(crate) pause: Option<Duration>,
    /// Before the first frame of each connection.
    pub(crate) hold_first: Duration,
    /// How late the end of a connection is noticed, instead of by chance.
    pub(crate) close_lag: Option<Duration>,
}

impl Faults {
    /// How often a frame of this kind is to be sent.
    pub(crate) fn times(&mut self, kind: Kind) -> u8 {
        if take(&mut self.swallow, kind) {
            0
        } else if take(&mut self.twice, kind) {
            2
        } else {
            1
        }
    }

    /// The error that waits for a request of this key.
    pub(crate) fn error_for(&mut self, key: &str) -> Option<Refused> {
        let at = self.errors.iter().position(|e| e.key == key)?;
        Some(self.errors.remove(at))
    }

    /// Orders about single requests and frames that were not carried out yet.
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
