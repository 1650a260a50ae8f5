//! What the fuzz targets reach of the store: rows, boxes and messages of files as bytes. Of no use to programs.

use super::files::message::FileMessage;
use super::files::{name, Inbound, Outbound};
use super::framing::{Content, Joiner, Split};
use super::records::{
    decode_number, encode_number, ChannelRecord, Erasure, Incoming, Outgoing, Position, Progress,
};
use super::vouchers::records::{Induction, Minted, Outcome};
use crate::secret::WipingVec;
use crate::Result;

/// How many kinds of rows [`rewritten`] knows.
pub const ROWS: u8 = 12;

/// A row as the library writes what it read in it.
///
/// Fails with `DB` where the row is damaged.
pub fn rewritten(kind: u8, row: &[u8]) -> Result<WipingVec> {
    match kind {
        0 => ChannelRecord::decode(row)?.encode(),
        1 => encode_number(decode_number(row)?),
        2 => Progress::decode(row)?.encode(),
        3 => Erasure::decode(row)?.encode(),
        4 => Outgoing::decode(row)?.encode(),
        5 => Position::decode(row)?.encode(),
        6 => Incoming::decode(row)?.encode(),
        7 => Minted::decode(row)?.encode(),
        8 => Induction::decode(row)?.encode(),
        9 => Outcome::decode(row)?.encode(),
        10 => Outbound::decode(row)?.encode(),
        _ => Inbound::decode(row)?.encode(),
    }
}

/// The boxes of a message.
pub fn boxes_of(
    kind: u8,
    nonce: &[u8; 8],
    message: &[u8],
    capacity: usize,
) -> Result<Vec<Vec<u8>>> {
    let split = Split::new(kind, nonce, message, capacity)?;
    (0..split.boxes())
        .map(|part| Ok(split.encode(message, part)?.to_vec()))
        .collect()
}

/// Joins boxes, as a reader of a channel does.
#[derive(Default)]
pub struct Boxes(Joiner);

impl Boxes {
    /// The message that ends with this box, with its kind.
    pub fn push(&mut self, content: &[u8]) -> Option<(u8, Vec<u8>)> {
        match self.0.push(content).content {
            Content::Message { kind, message } => Some((kind, message.to_vec())),
            _ => None,
        }
    }

    /// How many boxes of an unfinished message are to be kept.
    pub fn parts(&self) -> u32 {
        self.0.parts()
    }

    /// A tombstone, or nothing, lies where the next box would be.
    pub fn cut_off(&mut self) {
        self.0.cut_off();
    }

    /// The same after a restart, with the boxes that were kept.
    #[must_use]
    pub fn restored(&self, kept: &[Vec<u8>]) -> Self {
        Boxes(Joiner::restored(self.0.passed_over(), kept))
    }
}

/// The name under which a file is put down whose first message this is.
pub fn file_name(message: &[u8]) -> Option<String> {
    match FileMessage::of(message) {
        FileMessage::Head(head) => name::checked(&head.name).ok(),
        _ => None,
    }
}
