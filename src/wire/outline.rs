//! What a log may show of a frame, in either direction: which message it is, the beginning of the
//! id that joins request and reply, and the daemon's code. Never anything else that is in it.

use super::field::fields;
use super::incoming::only;
use super::kind::{MessageKind, RequestKind};
use super::QueryId;

/// Bytes of a query id that are enough to tell requests apart.
const SHOWN: usize = 4;

/// The outline of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Name of the message; `None` where it is not known here.
    pub kind: Option<&'static str>,
    /// The beginning of its query id.
    pub query: Option<[u8; SHOWN]>,
    /// The daemon's error code.
    pub error_code: Option<u64>,
}

/// The outline of a frame without its length; an empty one for bytes that are no frame.
pub fn outline(frame: &[u8]) -> Outline {
    // In what a daemon says, the name of a request means nothing.
    let directions: [Known; 2] = [incoming, outgoing];
    let found = |known| only(frame, known, |kind| kind).ok().flatten();
    let Some((kind, encoding)) = directions.into_iter().find_map(found) else {
        return Outline::default();
    };
    let mut outline = Outline {
        kind: Some(kind),
        ..Outline::default()
    };
    if let Ok([query_id, error_code]) = fields(kind, encoding, ["query_id", "error_code"]) {
        let query: Option<&QueryId> = query_id.fixed().unwrap_or_default();
        outline.query = query.and_then(|id| id.first_chunk().copied());
        outline.error_code = error_code.uint().unwrap_or_default();
    }
    outline
}

/// The name of a message under this key.
type Known = fn(&[u8]) -> Option<&'static str>;

fn incoming(key: &[u8]) -> Option<&'static str> {
    MessageKind::from_key(key).map(MessageKind::key)
}

fn outgoing(key: &[u8]) -> Option<&'static str> {
    let mut all = RequestKind::ALL.iter().map(|kind| kind.key());
    all.find(|name| name.as_bytes() == key)
}
