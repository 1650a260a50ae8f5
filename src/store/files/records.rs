//! What is kept of a file that is on its way, and how it lies in the database.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::message::{FileHash, FileHead, FileId, PIECE_HEAD};
use crate::client::FileProgress;
use crate::secret::WipingVec;
use crate::store::fields::{damaged, Fields, Parts};
use crate::store::framing;
use crate::store::records::Progress;
use crate::Result;

/// More than the fields of fixed size of a record have together.
const FIXED: usize = 256;

/// A file that is sent: what there is of it in the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outbound {
    pub(crate) head: FileHead,
    /// Where it was found.
    pub(crate) path: PathBuf,
    /// So many bytes of it were taken from the file.
    pub(crate) taken: u64,
    /// Pieces are in the database from the message of this number on.
    pub(crate) kept_from: u64,
    /// The messages that were not stored yet as the last one was added, and the one before them: their
    /// numbers, and how many bytes of the file are in them and all before.
    pub(crate) messages: Vec<(u64, u64)>,
}

impl Outbound {
    /// A file of which the head was sent, as message `number`.
    pub(super) fn new(head: FileHead, path: PathBuf, number: u64) -> Self {
        Outbound {
            head,
            path,
            taken: 0,
            kept_from: number,
            messages: vec![(number, 0)],
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.taken == self.head.size
    }

    /// The last message of those that were sent.
    pub(super) fn last(&self) -> u64 {
        self.messages.last().map_or(0, |(number, _)| *number)
    }

    /// A piece was sent. Messages that are stored are forgotten, but for the last of them.
    pub(super) fn add(&mut self, number: u64, taken: u64, progress: Progress) {
        self.taken = taken;
        self.messages.push((number, taken));
        let stored = self.messages.iter();
        let stored = stored.filter(|(number, _)| *number < progress.message);
        let forgotten = stored.count().saturating_sub(1);
        self.messages.drain(..forgotten);
    }

    /// How many messages are not known to be stored.
    pub(super) fn waiting(&self, progress: Progress) -> usize {
        let all = self.messages.iter();
        all.filter(|(number, _)| *number >= progress.message)
            .count()
    }

    /// How many bytes of the file are stored, if boxes hold `capacity` bytes.
    pub(crate) fn stored(&self, progress: Progress, capacity: Option<usize>) -> u64 {
        let mut before = 0;
        for (number, end) in &self.messages {
            if *number >= progress.message {
                let in_boxes = match (*number == progress.message, capacity) {
                    (true, Some(capacity)) => framing::in_boxes(progress.boxes, capacity),
                    _ => 0,
                };
                let data = in_boxes.saturating_sub(PIECE_HEAD) as u64;
                return end.min(&(before + data)).to_owned();
            }
            before = *end;
        }
        before
    }

    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let path = self.path.as_os_str().as_bytes();
        let room = FIXED + 16 * self.messages.len() + path.len() + self.head.name.len();
        let mut fields = head(Fields::with_room(room)?, &self.head)
            .long(self.taken)
            .long(self.kept_from)
            .short(u32::try_from(self.messages.len()).unwrap_or(u32::MAX));
        for (number, end) in &self.messages {
            fields = fields.long(*number).long(*end);
        }
        Ok(fields.bytes(path).done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let head = head_of(&mut parts)?;
        let (taken, kept_from) = (parts.long()?, parts.long()?);
        let mut messages = Vec::new();
        for _ in 0..parts.short()? {
            messages.push((parts.long()?, parts.long()?));
        }
        Ok(Outbound {
            head,
            taken,
            kept_from,
            messages,
            path: path_of(parts.rest()),
        })
    }
}

/// A file that is received: where it grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inbound {
    pub(crate) head: FileHead,
    /// So many bytes of it are on the disk.
    pub(crate) received: u64,
    pub(crate) directory: PathBuf,
    /// Its name there until it is whole.
    pub(crate) temporary: String,
    /// The name that it is about to get, or has.
    pub(crate) published: Option<String>,
}

impl Inbound {
    pub(crate) fn progress(&self) -> FileProgress {
        FileProgress {
            done: self.received,
            size: self.head.size,
        }
    }

    pub(super) fn temporary_path(&self) -> PathBuf {
        self.directory.join(&self.temporary)
    }

    pub(super) fn is_whole(&self) -> bool {
        self.received == self.head.size
    }

    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let texts = [
            self.directory.as_os_str().as_bytes(),
            self.temporary.as_bytes(),
            self.published.as_deref().unwrap_or_default().as_bytes(),
        ];
        let length: usize = texts.iter().map(|text| text.len()).sum();
        let fields = Fields::with_room(FIXED + length + self.head.name.len())?;
        let fields = head(fields, &self.head).long(self.received);
        let fields = texts.iter().fold(fields, |fields, text| fields.block(text));
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let head = head_of(&mut parts)?;
        let received = parts.long()?;
        let directory = path_of(parts.block()?);
        let temporary = text_of(parts.block()?)?;
        let published = text_of(parts.block()?)?;
        Ok(Inbound {
            head,
            received,
            directory,
            temporary,
            published: Some(published).filter(|name| !name.is_empty()),
        })
    }
}

fn head(fields: Fields, head: &FileHead) -> Fields {
    fields
        .bytes(&head.id)
        .long(head.size)
        .bytes(&head.hash)
        .block(&head.name)
}

fn head_of(parts: &mut Parts<'_>) -> Result<FileHead> {
    let id: FileId = *parts.array()?;
    let size = parts.long()?;
    let hash: FileHash = *parts.array()?;
    let name = parts.block()?.to_vec();
    Ok(FileHead {
        id,
        size,
        hash,
        name,
    })
}

fn path_of(bytes: &[u8]) -> PathBuf {
    Path::new(OsStr::from_bytes(bytes)).to_owned()
}

fn text_of(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).map_err(|_| damaged())?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    fn some_head() -> FileHead {
        FileHead {
            id: [1; 8],
            size: 5000,
            hash: [2; 32],
            name: b"na\xffme".to_vec(),
        }
    }

    fn at(message: u64, boxes: u32) -> Progress {
        Progress { message, boxes }
    }

    #[test]
    fn records_come_back_and_none_that_is_cut_off() {
        let mut outbound = Outbound::new(some_head(), PathBuf::from("/a/\u{2603}"), 7);
        outbound.add(8, 1000, at(1, 0));
        let record = outbound.encode().unwrap();
        assert_eq!(Outbound::decode(&record).unwrap(), outbound);
        let fixed = record.len() - outbound.path.as_os_str().len();
        let error = Outbound::decode(&record[..fixed - 1]).err().unwrap();
        assert_eq!(error.status(), Status::DB);
        for published in [None, Some("name".to_owned())] {
            let inbound = Inbound {
                head: some_head(),
                received: 9,
                directory: PathBuf::from("/there"),
                temporary: ".part".to_owned(),
                published,
            };
            let record = inbound.encode().unwrap();
            assert_eq!(Inbound::decode(&record).unwrap(), inbound);
            for length in 0..record.len() {
                let error = Inbound::decode(&record[..length]).err().unwrap();
                assert_eq!(error.status(), Status::DB, "{length}");
            }
        }
    }

    #[test]
    fn what_is_stored_follows_from_how_far_the_messages_are() {
        let mut file = Outbound::new(some_head(), PathBuf::new(), 3);
        file.add(4, 1000, at(3, 0));
        file.add(6, 2000, at(3, 1));
        for (progress, bytes, waiting) in [
            (at(3, 0), 0, 3),
            (at(4, 0), 0, 2),
            (at(4, 1), 100 - 37 - 17, 2),
            (at(4, 2), 100 - 37 - 17 + 80, 2),
            (at(4, 99), 1000, 2),
            (at(5, 0), 1000, 1),
            (at(5, 7), 1000, 1),
            (at(6, 1), 1046, 1),
            (at(7, 0), 2000, 0),
        ] {
            assert_eq!(file.stored(progress, Some(100)), bytes, "{progress:?}");
            assert_eq!(file.waiting(progress), waiting, "{progress:?}");
        }
        assert_eq!(file.stored(at(4, 5), None), 0);
        // Those that are stored go, but the last of them says how much is.
        file.add(7, 5000, at(5, 0));
        assert_eq!(file.messages, [(4, 1000), (6, 2000), (7, 5000)]);
        assert_eq!(file.stored(at(5, 0), Some(100)), 1000);
        assert!(file.is_whole() && file.last() == 7);
    }
}
