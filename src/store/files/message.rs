//! The messages of which a file consists. docs/channel-format.md describes them for other implementations.

use crate::secret::WipingVec;
use crate::store::fields::{Fields, Parts};
use crate::Result;

/// What the messages of one file have in common, and those of no other.
pub(crate) type FileId = [u8; 8];
/// BLAKE2b-256 of the whole file.
pub(crate) type FileHash = [u8; 32];

/// What stands before the data of a piece: role, id and offset.
pub(crate) const PIECE_HEAD: usize = 17;
/// The largest file.
const MOST: u64 = i64::MAX as u64;

const HEAD: u8 = 0;
const PIECE: u8 = 1;
const END: u8 = 2;

/// What a file is, as its first message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileHead {
    pub(crate) id: FileId,
    pub(crate) size: u64,
    pub(crate) hash: FileHash,
    /// As the sender has it: it may be anything.
    pub(crate) name: Vec<u8>,
}

impl FileHead {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let fields = Fields::with_room(64 + self.name.len())?
            .byte(HEAD)
            .bytes(&self.id)
            .long(self.size)
            .bytes(&self.hash)
            .bytes(&self.name);
        Ok(fields.done())
    }
}

/// The message that gives a file up.
pub(crate) fn end(id: &FileId) -> Result<WipingVec> {
    Ok(Fields::with_room(16)?.byte(END).bytes(id).done())
}

/// Makes room for a piece of `len` bytes behind its head, which are zeros at first.
pub(crate) fn piece(id: &FileId, offset: u64, len: usize) -> Result<WipingVec> {
    let fields = Fields::with_room(PIECE_HEAD + len)?
        .byte(PIECE)
        .bytes(id)
        .long(offset);
    let mut message = fields.done();
    message.as_mut_vec().resize(PIECE_HEAD + len, 0);
    Ok(message)
}

/// A message of the kind of files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileMessage<'a> {
    Head(FileHead),
    Piece {
        id: FileId,
        offset: u64,
        data: &'a [u8],
    },
    /// There will be no more of the file.
    End(FileId),
    /// Of a later version, or of nobody who keeps to the format.
    Unknown,
}

impl<'a> FileMessage<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self::read(message).unwrap_or(FileMessage::Unknown)
    }

    fn read(message: &'a [u8]) -> Result<Self> {
        let mut parts = Parts::of(message);
        let (role, id) = (parts.byte()?, *parts.array()?);
        Ok(match role {
            HEAD => {
                let (size, hash) = (parts.long()?, *parts.array()?);
                let name = parts.rest().to_vec();
                match size <= MOST {
                    true => FileMessage::Head(FileHead {
                        id,
                        size,
                        hash,
                        name,
                    }),
                    false => FileMessage::Unknown,
                }
            }
            PIECE => {
                let (offset, data) = (parts.long()?, parts.rest());
                match data {
                    [] => FileMessage::Unknown,
                    _ => FileMessage::Piece { id, offset, data },
                }
            }
            END => FileMessage::End(id),
            _ => FileMessage::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: FileId = *b"\x01\x02\x03\x04\x05\x06\x07\x08";

    #[test]
    fn what_is_written_is_read() {
        let head = FileHead {
            id: ID,
            size: MOST,
            hash: [7; 32],
            name: b"name".to_vec(),
        };
        let message = head.encode().unwrap();
        assert_eq!(FileMessage::of(&message), FileMessage::Head(head));
        let mut message = piece(&ID, 5, 3).unwrap();
        assert_eq!(message.len(), PIECE_HEAD + 3);
        message.as_mut_slice()[PIECE_HEAD..].copy_from_slice(b"abc");
        let read = FileMessage::Piece {
            id: ID,
            offset: 5,
            data: b"abc",
        };
        assert_eq!(FileMessage::of(&message), read);
        let message = end(&ID).unwrap();
        assert_eq!(FileMessage::of(&message), FileMessage::End(ID));
    }

    #[test]
    fn what_is_cut_off_or_too_large_is_no_part_of_a_file() {
        let head = FileHead {
            id: ID,
            size: 1 << 63,
            hash: [7; 32],
            name: Vec::new(),
        };
        let large = head.encode().unwrap();
        assert_eq!(FileMessage::of(&large), FileMessage::Unknown);
        for length in 0..large.len() {
            assert_eq!(FileMessage::of(&large[..length]), FileMessage::Unknown);
        }
        let empty = piece(&ID, 0, 0).unwrap();
        assert_eq!(FileMessage::of(&empty), FileMessage::Unknown);
        let mut later = end(&ID).unwrap();
        later.as_mut_slice()[0] = 3;
        assert_eq!(FileMessage::of(&later), FileMessage::Unknown);
    }
}
