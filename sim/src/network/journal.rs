//! Boxes in a file, so that a network outlives the simulator's process.
//!
//! The real network keeps its boxes when a daemon stops. Each box
//! that the replicas store is appended at once: a killed process loses none that it has
//! confirmed. The next start removes an incomplete last record.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::boxes::SignedBox;

/// The file's first bytes.
const HEAD: &[u8; 16] = b"kpclientd-sim 1\n";
const ID: usize = 32;
const SIGNATURE: usize = 64;
/// Id, signature, length of the content.
const FIXED: usize = ID + SIGNATURE + 4;

/// The file, open for appending.
pub(super) struct Journal(File);

impl Journal {
    /// Opens or creates the file. Returns its boxes in the order of their writing.
    pub(super) fn open(path: &Path) -> io::Result<(Journal, Vec<SignedBox>)> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            file.write_all(HEAD)?;
            return Ok((Journal(file), Vec::new()));
        }
        let mut rest = bytes.strip_prefix(HEAD).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "this is no file of boxes")
        })?;
        let mut boxes = Vec::new();
        while let Some((what, behind)) = decode(rest) {
            boxes.push(what);
            rest = behind;
        }
        let whole = (bytes.len() - rest.len()) as u64;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok((Journal(file), boxes))
    }

    /// Appends a box.
    pub(super) fn append(&mut self, what: &SignedBox) -> io::Result<()> {
        let length = u32::try_from(what.sealed.len()).map_err(io::Error::other)?;
        let mut record = Vec::with_capacity(FIXED + what.sealed.len());
        record.extend_from_slice(&what.id);
        record.extend_from_slice(&what.signature);
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(&what.sealed);
        self.0.write_all(&record)
    }
}

/// The first record and the rest; `None` without a complete record.
fn decode(bytes: &[u8]) -> Option<(SignedBox, &[u8])> {
    let (id, rest) = bytes.split_first_chunk::<ID>()?;
    let (signature, rest) = rest.split_first_chunk::<SIGNATURE>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (sealed, rest) = rest.split_at_checked(length)?;
    let what = SignedBox {
        id: *id,
        sealed: sealed.to_vec(),
        signature: *signature,
    };
    Some((what, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kpclient::bacap::keypair;

    fn boxes() -> [SignedBox; 3] {
        let pair = keypair(&[5; 32]);
        [&b"dawn"[..], b"noon", b""]
            .map(|text| SignedBox::seal(&pair.write_cap, &pair.first_index, text).unwrap())
    }

    fn file(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    fn kept(path: &Path) -> Vec<SignedBox> {
        Journal::open(path).unwrap().1
    }

    #[test]
    fn what_was_appended_comes_back_in_order_and_appending_goes_on_behind_it() {
        let path = file("journal-order");
        let [one, two, three] = boxes();
        let (mut journal, before) = Journal::open(&path).unwrap();
        assert!(before.is_empty());
        journal.append(&one).unwrap();
        journal.append(&two).unwrap();
        drop(journal);
        let (mut journal, before) = Journal::open(&path).unwrap();
        assert!(before == [one.clone(), two.clone()]);
        journal.append(&three).unwrap();
        assert!(kept(&path) == [one, two, three]);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_record_that_was_not_finished_is_cut_off_wherever_it_ends() {
        let path = file("journal-torn");
        let [one, two, _] = boxes();
        let (mut journal, _) = Journal::open(&path).unwrap();
        journal.append(&one).unwrap();
        let first = std::fs::metadata(&path).unwrap().len();
        journal.append(&two).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for end in usize::try_from(first).unwrap()..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let (mut journal, before) = Journal::open(&path).unwrap();
            assert!(before == [one.clone()]);
            journal.append(&two).unwrap();
            assert!(kept(&path) == [one.clone(), two.clone()]);
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_of_another_kind_is_refused_and_left_alone() {
        let path = file("journal-other");
        std::fs::write(&path, "notes about something else").unwrap();
        assert!(Journal::open(&path).is_err());
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "notes about something else");
        std::fs::remove_file(path).unwrap();
    }
}
