//! Who owns which channel of a database: locks that the kernel takes back when a process dies.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{fcntl, FcntlArg};

use super::failure::Place;
use crate::{Error, Result, Status};

/// The channels of one store. In memory nobody else can have them.
pub(super) struct Owners {
    file: Option<File>,
    mine: BTreeSet<u64>,
    place: Place,
}

impl Owners {
    /// Opens the file beside the database in which each channel has a byte that can be locked.
    pub(super) fn open(place: &Place) -> Result<Self> {
        let file = match place {
            Place::File(path) => Some(open_or_create(&beside(path)).map_err(|e| {
                place.io(
                    "open or create the file that says who owns which channel of",
                    &e,
                )
            })?),
            Place::Memory => None,
        };
        Ok(Owners {
            file,
            mine: BTreeSet::new(),
            place: place.clone(),
        })
    }

    pub(super) fn claim(&mut self, channel: u64) -> Result<()> {
        // The kernel would give the same open file its lock again.
        if self.mine.contains(&channel) {
            return Err(self.busy("it is open in this store"));
        }
        match self.lock(channel, libc::F_WRLCK) {
            Ok(()) => {
                self.mine.insert(channel);
                Ok(())
            }
            Err(Errno::EAGAIN | Errno::EACCES) => {
                Err(self.busy("another store has it open, here or in another process"))
            }
            Err(errno) => Err(self.place.io("lock a channel of", &errno.into())),
        }
    }

    fn busy(&self, why: &str) -> Error {
        let text = format!("the channel of {} has an owner: {why}", self.place);
        Error::new(Status::BUSY, text)
    }

    pub(super) fn release(&mut self, channel: u64) {
        if self.mine.remove(&channel) {
            // Unlocking what is locked cannot fail.
            let _ = self.lock(channel, libc::F_UNLCK);
        }
    }

    /// Changes the lock of one byte. It belongs to the open file, unlike the older locks of
    /// processes: two stores in one process exclude each other, too.
    fn lock(&self, channel: u64, kind: libc::c_int) -> std::result::Result<(), Errno> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let small = |value: libc::c_int| libc::c_short::try_from(value).map_err(|_| Errno::EINVAL);
        let lock = libc::flock {
            l_type: small(kind)?,
            l_whence: small(libc::SEEK_SET)?,
            l_start: libc::off_t::try_from(channel).map_err(|_| Errno::EOVERFLOW)?,
            l_len: 1,
            l_pid: 0,
        };
        fcntl(file, FcntlArg::F_OFD_SETLK(&lock)).map(drop)
    }
}

impl Drop for Owners {
    /// Closing alone would leave the locks with a child that was forked and has the file, too.
    fn drop(&mut self) {
        for channel in std::mem::take(&mut self.mine) {
            let _ = self.lock(channel, libc::F_UNLCK);
        }
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-owners");
    name.into()
}

fn open_or_create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            // The umask may have taken away what the owner needs.
            file.set_permissions(Permissions::from_mode(0o600))?;
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}
