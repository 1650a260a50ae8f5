//! A file that is sent: hashed as a whole first, then read piece by piece, as long as it stays as it was.

use std::fs::{File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::hash::Hasher;
use super::message::{self, FileHash, FileId, PIECE_HEAD};
use crate::secret::WipingVec;
use crate::{Error, Result, Status};

/// Bytes that are read at once.
const AT_ONCE: usize = 64 * 1024;

/// A file, opened.
pub(super) struct Source {
    file: File,
    stamp: Stamp,
    pub(super) size: u64,
    pub(super) hash: FileHash,
    /// Of the bytes before the next piece.
    before: Hasher,
}

/// What changes when somebody writes to a file.
#[derive(PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(file: &File) -> Result<Self> {
        let metadata = file.metadata().map_err(|e| unreadable(&e))?;
        Ok(Stamp {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

impl Source {
    /// Opens a file and reads it to its end. The next piece begins at `from`.
    pub(super) fn open(path: &Path, from: u64, is_wanted: &dyn Fn() -> bool) -> Result<Self> {
        // Looked at before it is opened, which does something to devices.
        check_kind(&std::fs::metadata(path).map_err(|e| unreadable(&e))?)?;
        let mut options = OpenOptions::new();
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        let file = options.read(true).custom_flags(flags).open(path);
        let file = file.map_err(|e| unreadable(&e))?;
        check_kind(&file.metadata().map_err(|e| unreadable(&e))?)?;
        let stamp = Stamp::of(&file)?;
        let mut source = Source {
            file,
            size: stamp.size,
            stamp,
            hash: [0; 32],
            before: Hasher::default(),
        };
        source.hash_all(from, is_wanted)?;
        Ok(source)
    }

    fn hash_all(&mut self, from: u64, is_wanted: &dyn Fn() -> bool) -> Result<()> {
        let mut buffer = WipingVec::new(vec![0; AT_ONCE]);
        let mut whole = Hasher::default();
        let mut at = 0;
        while at < self.size {
            if !is_wanted() {
                return Err(Error::new(Status::CANCELLED, "nobody waits for the file"));
            }
            // So that one read ends where the next piece begins.
            let end = if at < from {
                from.min(self.size)
            } else {
                self.size
            };
            let wanted = usize::try_from(end - at).map_or(AT_ONCE, |left| left.min(AT_ONCE));
            let part = &mut buffer.as_mut_slice()[..wanted];
            self.file.read_exact_at(part, at).map_err(|e| failed(&e))?;
            whole.add(part);
            at += wanted as u64;
            if at == from {
                self.before = whole.clone();
            }
        }
        self.check_unchanged()?;
        self.hash = whole.hash();
        Ok(())
    }

    /// The message with the piece of `len` bytes that begins at `offset`, behind the one before. The last
    /// one is there only if all pieces together have the hash.
    pub(super) fn piece(&mut self, id: &FileId, offset: u64, len: usize) -> Result<WipingVec> {
        let mut message = message::piece(id, offset, len)?;
        let data = &mut message.as_mut_slice()[PIECE_HEAD..];
        self.file
            .read_exact_at(data, offset)
            .map_err(|e| failed(&e))?;
        self.check_unchanged()?;
        self.before.add(data);
        if offset + len as u64 == self.size && self.before.clone().hash() != self.hash {
            return Err(changed());
        }
        Ok(message)
    }

    fn check_unchanged(&self) -> Result<()> {
        match Stamp::of(&self.file)? == self.stamp {
            true => Ok(()),
            false => Err(changed()),
        }
    }
}

/// The error of a file that is not what it was when it began to be sent.
pub(super) fn changed() -> Error {
    Error::new(
        Status::FILE_CHANGED,
        "the file was changed while it was being sent; the other side is told that nothing comes of it",
    )
}

fn check_kind(metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() {
        "a directory"
    } else {
        "no regular file"
    };
    Err(Error::new(
        Status::FILE_NOT_REGULAR,
        format!("the path leads to {what}"),
    ))
}

fn unreadable(error: &std::io::Error) -> Error {
    Error::from_io(Status::IO, "the file to be sent cannot be read", error)
}

/// A failure to read what was there a moment ago.
fn failed(error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => changed(),
        _ => unreadable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::message::FileMessage;
    use crate::temp_dir::TempDir;

    const ID: FileId = [9; 8];

    /// A file in a directory of the test's own.
    fn file(test: &str, content: &[u8]) -> (TempDir, std::path::PathBuf) {
        let dir = TempDir::new(&format!("source-{test}"));
        let path = dir.0.join("file");
        std::fs::write(&path, content).unwrap();
        (dir, path)
    }

    fn open(path: &Path, from: u64) -> Result<Source> {
        Source::open(path, from, &|| true)
    }

    #[test]
    fn pieces_from_anywhere_on_end_with_the_hash_of_the_whole() {
        let content: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let (_dir, path) = file("pieces", &content);
        let mut hasher = Hasher::default();
        hasher.add(&content);
        let hash = hasher.hash();
        for from in [0, 1, 65_536, 100_000, 199_999] {
            let mut source = open(&path, from).unwrap();
            assert_eq!((source.size, source.hash), (200_000, hash));
            let rest = (200_000 - from) as usize;
            for (offset, len) in [
                (from, rest / 2),
                (from + (rest / 2) as u64, rest - rest / 2),
            ] {
                let message = source.piece(&ID, offset, len).unwrap();
                let data = &content[offset as usize..][..len];
                if len > 0 {
                    let piece = FileMessage::Piece {
                        id: ID,
                        offset,
                        data,
                    };
                    assert_eq!(FileMessage::of(&message), piece);
                }
            }
        }
    }

    #[test]
    fn a_file_that_changes_gives_no_piece_more() {
        let (_dir, path) = file("change", &[1; 1000]);
        for (what, content) in [
            ("longer", &[1; 1001][..]),
            ("shorter", &[1; 10]),
            ("touched", &[1; 1000]),
        ] {
            std::fs::write(&path, [1; 1000]).unwrap();
            let mut source = open(&path, 0).unwrap();
            source.piece(&ID, 0, 100).unwrap();
            std::fs::write(&path, content).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
            let error = source.piece(&ID, 100, 100).err().unwrap();
            assert_eq!(error.status(), Status::FILE_CHANGED, "{what}");
        }
    }

    #[test]
    fn a_change_that_left_no_trace_is_found_at_the_end() {
        let (_dir, path) = file("trace", &[1; 1000]);
        let mut source = open(&path, 0).unwrap();
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, [2; 1000]).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(modified).unwrap();
        source.piece(&ID, 0, 999).unwrap();
        let error = source.piece(&ID, 999, 1).err().unwrap();
        assert_eq!(error.status(), Status::FILE_CHANGED);
    }

    #[test]
    fn only_a_regular_file_is_opened() {
        let (dir, path) = file("kind", b"");
        assert_eq!(open(&path, 0).unwrap().size, 0);
        for path in [dir.0.as_path(), Path::new("/dev/null")] {
            let error = open(path, 0).err().unwrap();
            assert_eq!(error.status(), Status::FILE_NOT_REGULAR, "{path:?}");
        }
        let error = open(&dir.0.join("missing"), 0).err().unwrap();
        assert_eq!(error.status(), Status::IO);
        assert_eq!(error.errno(), Some(libc::ENOENT));
    }
}
