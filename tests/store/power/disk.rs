//! What is on the disk after a loss of power: the notes of shim.c, applied.

use std::collections::BTreeMap;
use std::fs;
use std::ops::AddAssign;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::roles::Random;

/// What a disk writes as a whole.
const SECTOR: u64 = 512;
/// The files of a database, in the order of the shim.
const SUFFIXES: [&str; 3] = ["", "-wal", "-journal"];

/// How much of what was not synced has reached the disk.
#[derive(Clone, Copy, Debug)]
pub enum Luck {
    Nothing,
    /// Of each sector, each length and each name any state since the last sync, whatever the others are.
    Something,
    Everything,
}

/// What one loss of power, or several, took back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lost {
    /// Changes of files that were not synced.
    pub changes: u64,
    /// Of how many sectors a later state was taken back.
    pub sectors: u64,
    pub lengths: u64,
    /// Files that came or went, and did not.
    pub names: u64,
    /// How often the log was just copied into the database.
    pub in_checkpoints: u64,
}

impl AddAssign for Lost {
    fn add_assign(&mut self, more: Lost) {
        self.changes += more.changes;
        self.sectors += more.sectors;
        self.lengths += more.lengths;
        self.names += more.names;
        self.in_checkpoints += more.in_checkpoints;
    }
}

/// A database whose process is dead, and the directory of the shim's notes.
pub struct Disk {
    pub database: PathBuf,
    pub side: PathBuf,
    /// A directory whose files lose what was not synced of their content, and keep their names.
    pub files: Option<PathBuf>,
}

impl Disk {
    /// The power is lost. What is in the files then is on the disk.
    pub fn lose_power(&self, luck: Luck, random: &mut Random) -> Lost {
        let mut lost = Lost::default();
        for entry in fs::read_dir(&self.side).unwrap() {
            let log = entry.unwrap().path();
            let name = log.file_name().unwrap().to_str().unwrap();
            if let Some(inode) = name.strip_prefix("undo.") {
                let file = self.file_of(inode.parse().unwrap());
                if let Some(file) = file {
                    let content = fs::read(&file).unwrap();
                    let (content, more) = restore(content, &changes(&log), luck, random);
                    fs::write(&file, content).unwrap();
                    lost += more;
                    lost.in_checkpoints += u64::from(file == self.database);
                }
            }
        }
        lost.names += self.restore_names(luck, random);
        fs::remove_dir_all(&self.side).unwrap();
        fs::create_dir(&self.side).unwrap();
        lost
    }

    /// When the database was last written to.
    pub fn last_change(&self) -> Option<SystemTime> {
        let files = (0..SUFFIXES.len()).map(|name| self.path(name));
        let changes = files.filter_map(|file| fs::metadata(file).ok()?.modified().ok());
        changes.max()
    }

    fn path(&self, name: usize) -> PathBuf {
        let mut path = self.database.clone().into_os_string();
        path.push(SUFFIXES[name]);
        path.into()
    }

    fn kept(&self, inode: u64) -> PathBuf {
        self.side.join(format!("kept.{inode}"))
    }

    fn file_of(&self, inode: u64) -> Option<PathBuf> {
        let named = (0..SUFFIXES.len()).map(|name| self.path(name));
        let files = self
            .files
            .iter()
            .flat_map(|files| fs::read_dir(files).unwrap());
        let files = files.map(|file| file.unwrap().path());
        let mut all = named.chain([self.kept(inode)]).chain(files);
        all.find(|path| fs::metadata(path).is_ok_and(|found| found.ino() == inode))
    }

    /// Gives each name one of the files that it had. Returns how many have not their last one.
    fn restore_names(&self, luck: Luck, random: &mut Random) -> u64 {
        let log = fs::read(self.side.join("names.0")).unwrap_or_default();
        let mut earlier: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for record in log.chunks_exact(16) {
            let name = usize::try_from(number(record, 0)).unwrap();
            earlier.entry(name).or_default().push(number(record, 1));
        }
        let mut restored = 0;
        for (name, inodes) in earlier {
            let Some(inode) = inodes.get(state(inodes.len(), luck, random)) else {
                continue;
            };
            restored += 1;
            let _ = fs::remove_file(self.path(name));
            if *inode != 0 {
                fs::rename(self.kept(*inode), self.path(name)).unwrap();
            }
        }
        restored
    }
}

/// Chooses one of the states of something that was changed so many times: 0 is the first, `changes` the
/// last.
fn state(changes: usize, luck: Luck, random: &mut Random) -> usize {
    match luck {
        Luck::Nothing => 0,
        Luck::Something => usize::try_from(random.next(changes as u64 + 1)).unwrap(),
        Luck::Everything => changes,
    }
}

/// A change of a file, and what was there before.
struct Change {
    from: u64,
    extent: u64,
    old_length: u64,
    /// Zeros follow, up to `extent`.
    old: Vec<u8>,
}

/// The changes in a log. The last one was not made if its note is cut off.
fn changes(log: &Path) -> Vec<Change> {
    let log = fs::read(log).unwrap();
    let mut rest = &log[..];
    let mut all = Vec::new();
    while rest.len() >= 32 {
        let kept = usize::try_from(number(rest, 3)).unwrap();
        let Some(old) = rest.get(32..32 + kept) else {
            break;
        };
        all.push(Change {
            from: number(rest, 0),
            extent: number(rest, 1),
            old_length: number(rest, 2),
            old: old.to_vec(),
        });
        rest = &rest[32 + kept..];
    }
    all
}

fn number(record: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(record[8 * at..8 * at + 8].try_into().unwrap())
}

/// Takes changes of a file back.
fn restore(
    mut content: Vec<u8>,
    changes: &[Change],
    luck: Luck,
    random: &mut Random,
) -> (Vec<u8>, Lost) {
    let last_length = content.len() as u64;
    let ends = changes
        .iter()
        .map(|change| change.old_length.max(change.from + change.extent));
    let longest = ends.max().unwrap_or(0).max(last_length);
    content.resize(usize::try_from(longest).unwrap(), 0);
    let mut lost = Lost {
        changes: changes.len() as u64,
        ..Lost::default()
    };
    for (sector, of_it) in by_sector(changes) {
        let kept = state(of_it.len(), luck, random);
        for change in of_it[kept..].iter().rev() {
            change.take_back(&mut content, sector);
        }
        lost.sectors += u64::from(kept < of_it.len());
    }
    let kept = state(changes.len(), luck, random);
    let length = changes
        .get(kept)
        .map_or(last_length, |change| change.old_length);
    lost.lengths += u64::from(length != last_length);
    content.truncate(usize::try_from(length).unwrap());
    (content, lost)
}

/// Which sectors were changed, and by what.
fn by_sector(changes: &[Change]) -> BTreeMap<u64, Vec<&Change>> {
    let mut sectors: BTreeMap<u64, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.extent > 0) {
        let last = (change.from + change.extent - 1) / SECTOR;
        for sector in change.from / SECTOR..=last {
            sectors.entry(sector).or_default().push(change);
        }
    }
    sectors
}

impl Change {
    /// Puts the old bytes of one sector back.
    fn take_back(&self, content: &mut [u8], sector: u64) {
        let from = self.from.max(sector * SECTOR);
        let to = (self.from + self.extent).min((sector + 1) * SECTOR);
        for at in from..to {
            let old = self.old.get(usize::try_from(at - self.from).unwrap());
            content[usize::try_from(at).unwrap()] = old.copied().unwrap_or(0);
        }
    }
}

/// A kilobyte becomes one and a half, in two writes, and loses power.
#[test]
fn each_sector_is_of_one_moment_whatever_the_others_are() {
    let change = |from, old_length, old: Vec<u8>| Change {
        from,
        extent: 1536 - from,
        old_length,
        old,
    };
    let middle = [vec![2; 924], vec![0; 512]].concat();
    let changes = [change(0, 1024, vec![1; 1024]), change(100, 1536, middle)];
    let mut random = Random::new();
    let mut lose = |luck| {
        let last = [vec![2; 100], vec![3; 1436]].concat();
        restore(last, &changes, luck, &mut random).0
    };
    assert_eq!(lose(Luck::Nothing), vec![1; 1024]);
    assert_eq!(
        lose(Luck::Everything)[..101],
        [vec![2; 100], vec![3]].concat()
    );
    let mut seen = BTreeMap::new();
    for _ in 0..1000 {
        let content = lose(Luck::Something);
        let sectors: Vec<u8> = content.chunks(512).map(|sector| sector[511]).collect();
        let first = &content[..512];
        assert!(
            first[..100].iter().all(|byte| *byte == first[511].min(2)),
            "{first:?}"
        );
        *seen.entry(sectors).or_insert(0) += 1;
    }
    // Each of three moments for two sectors; a third sector is there or not.
    assert_eq!(seen.keys().filter(|sectors| sectors.len() == 2).count(), 9);
    assert_eq!(seen.keys().filter(|sectors| sectors.len() == 3).count(), 18);
}
