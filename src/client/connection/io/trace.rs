//! One log line for each frame, for bug reports: its kind, not its content.

use std::fmt::Write as _;

use crate::client::connection::state::lane_kind::LaneKind;
use crate::client::runtime::log::{Level, Log};
use crate::wire::outline;

/// Length prefix of each frame, in bytes.
const HEAD: usize = 4;

/// Writes the log lines of one connection.
#[derive(Clone)]
pub(crate) struct Trace {
    log: Log,
    lane: LaneKind,
}

impl Trace {
    pub(crate) fn new(log: &Log, lane: LaneKind) -> Self {
        Trace {
            log: log.clone(),
            lane,
        }
    }

    /// Logs a frame that is sent, given with its length prefix.
    pub(crate) fn sent(&self, frame: &[u8]) {
        let body = frame.get(HEAD..).unwrap_or_default();
        self.log
            .line(Level::Trace, || line(self.lane, "sent", body));
    }

    /// Logs a frame received during the handshake.
    pub(crate) fn received(&self, frame: &[u8]) {
        received(&self.log, self.lane, frame);
    }
}

/// Logs a received frame.
pub(crate) fn received(log: &Log, lane: LaneKind, frame: &[u8]) {
    log.line(Level::Trace, || line(lane, "received", frame));
}

fn line(lane: LaneKind, what: &str, frame: &[u8]) -> String {
    let outline = outline(frame);
    let kind = outline.kind.unwrap_or("nothing that is known");
    let mut text = format!("{lane:?} lane: {what} {kind}, {} bytes", frame.len());
    if let Some(query) = outline.query {
        text.push_str(", query ");
        for byte in query {
            let _ = write!(text, "{byte:02x}");
        }
    }
    if let Some(code) = outline.error_code {
        let _ = write!(text, ", error code {code}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Request;

    #[test]
    fn a_line_shows_lane_direction_kind_length_and_query() {
        let request = Request::EncryptWrite {
            write_cap: &[0x61; 168],
            index: &[0x62; 104],
            plaintext: &[0x63; 50],
        };
        let frame = request.encode(&[0x1f; 16]).unwrap().into_bytes();
        let text = line(LaneKind::Local, "sent", &frame[HEAD..]);
        let length = frame.len() - HEAD;
        assert_eq!(
            text,
            format!("Local lane: sent encrypt_write, {length} bytes, query 1f1f1f1f")
        );
    }

    #[test]
    fn bytes_that_are_no_frame_have_a_line_without_content() {
        let text = line(LaneKind::Read, "received", b"tell nobody");
        assert_eq!(text, "Read lane: received nothing that is known, 11 bytes");
    }
}
