//! Who owns which channel of a database: locks that the kernel takes back when a process dies.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::failure::Place;
use crate::platform::lock_byte;
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
        match self.lock(channel, true) {
            Ok(()) => {
                self.mine.insert(channel);
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                Err(self.busy("another store has it open, here or in another process"))
            }
            Err(e) => Err(self.place.io("lock a channel of", &e)),
        }
    }

    fn busy(&self, why: &str) -> Error {
        let text = format!("the channel of {} has an owner: {why}", self.place);
        Error::new(Status::BUSY, text)
    }

    pub(super) fn release(&mut self, channel: u64) {
        if self.mine.remove(&channel) {
            // Unlocking what is locked cannot fail.
            let _ = self.lock(channel, false);
        }
    }

    fn lock(&self, channel: u64, locked: bool) -> std::io::Result<()> {
        match &self.file {
            Some(file) => lock_byte(file, channel, locked),
            None => Ok(()),
        }
    }
}

impl Drop for Owners {
    /// Closing alone would leave the locks with a child that was forked and has the file, too.
    fn drop(&mut self) {
        for channel in std::mem::take(&mut self.mine) {
            let _ = self.lock(channel, false);
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
