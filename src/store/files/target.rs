//! A file that is received: it grows under a name of its own, and gets its own one when it is whole.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{renameat_with, RenameFlags, CWD};

use super::hash::Hasher;
use super::message::FileHash;
use super::records::Inbound;
use crate::secret::WipingVec;
use crate::{Error, Result, Status};

/// Bytes that are read at once.
const AT_ONCE: usize = 64 * 1024;

/// The file under its temporary name, opened.
pub(super) struct Target {
    file: File,
    /// Of all that was received.
    hasher: Hasher,
}

impl Target {
    /// Opens the file to go on behind what was received, or creates it.
    pub(super) fn open(inbound: &Inbound, is_wanted: &dyn Fn() -> bool) -> Result<Self> {
        let path = inbound.temporary_path();
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOFOLLOW);
        if inbound.received > 0 {
            let file = options.open(path).map_err(|e| lost(&e))?;
            return Self::resumed(file, inbound.received, is_wanted);
        }
        let file = options.create(true).truncate(true).mode(0o600).open(&path);
        let file = file.map_err(|e| io("create a file in", &e))?;
        // The umask may have taken away what the owner needs.
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(|e| io("set the mode of a file in", &e))?;
        sync_directory(&inbound.directory)?;
        Ok(Target {
            file,
            hasher: Hasher::default(),
        })
    }

    fn resumed(file: File, received: u64, is_wanted: &dyn Fn() -> bool) -> Result<Self> {
        let mut hasher = Hasher::default();
        read(&file, received, is_wanted, |part| hasher.add(part))?;
        Ok(Target { file, hasher })
    }

    /// Adds what comes behind all before. It outlives a loss of power when this returns.
    pub(super) fn add(&mut self, offset: u64, data: &[u8]) -> Result<()> {
        let written = self.file.write_all_at(data, offset);
        written.map_err(|e| io("write to a file in", &e))?;
        self.file
            .sync_data()
            .map_err(|e| io("write to a file in", &e))?;
        self.hasher.add(data);
        Ok(())
    }

    /// The hash of all that was received.
    pub(super) fn hash(&self) -> FileHash {
        self.hasher.clone().hash()
    }
}

/// Whether a file of this name can be received: there is a directory, and nothing of the name in it.
pub(super) fn check(directory: &Path, name: &str) -> Result<()> {
    let metadata = fs::metadata(directory).map_err(|e| io("find", &e))?;
    if !metadata.is_dir() {
        return Err(io("use", &io::Error::from_raw_os_error(libc::ENOTDIR)));
    }
    match fs::symlink_metadata(directory.join(name)) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(io("look into", &e)),
        Ok(_) => Err(exists(name)),
    }
}

/// Gives the whole file its own name, if nothing has it.
pub(super) fn publish(inbound: &Inbound, name: &str) -> Result<()> {
    let (from, to) = (inbound.temporary_path(), inbound.directory.join(name));
    match rename_to_free(&from, &to) {
        Ok(()) => sync_directory(&inbound.directory),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(exists(name)),
        // The rename of a call that nobody waited for may have come before.
        Err(e) if e.kind() == ErrorKind::NotFound && is_published(inbound, name) => {
            sync_directory(&inbound.directory)
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Err(lost(&e)),
        Err(e) => Err(io("name a file in", &e)),
    }
}

/// Whether the file has its name already, and the temporary one no more.
pub(super) fn is_published(inbound: &Inbound, name: &str) -> bool {
    let has_temporary_name = fs::symlink_metadata(inbound.temporary_path()).is_ok();
    let path = inbound.directory.join(name);
    !has_temporary_name && has_content(&path, inbound).unwrap_or(false)
}

fn has_content(path: &Path, inbound: &Inbound) -> Result<bool> {
    let mut options = OpenOptions::new();
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = options.read(true).custom_flags(flags).open(path);
    let file = file.map_err(|e| lost(&e))?;
    let metadata = file.metadata().map_err(|e| lost(&e))?;
    if !metadata.is_file() || metadata.len() != inbound.head.size {
        return Ok(false);
    }
    let mut hasher = Hasher::default();
    read(&file, inbound.head.size, &|| true, |part| hasher.add(part))?;
    Ok(hasher.hash() == inbound.head.hash)
}

fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(io::Error::from) {
        // The file system, or the kernel, does not know such renames.
        Err(e) if matches!(e.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS)) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        other => other,
    }
}

/// Gives the file a second place, in another directory; the first one goes when that is on the disk.
pub(super) fn copy_to(inbound: &Inbound, directory: &Path) -> Result<()> {
    let (from, to) = (inbound.temporary_path(), directory.join(&inbound.temporary));
    let _ = fs::remove_file(&to); // of an attempt that did not come to its end
    if fs::hard_link(&from, &to).is_err() {
        match copy(&from, &to) {
            Err(e) if e.kind() == ErrorKind::NotFound && inbound.received == 0 => return Ok(()),
            copied => copied.map_err(|e| io("copy a file to", &e))?,
        }
    }
    sync_directory(directory)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut from = options
        .read(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(from)?;
    let mut options = OpenOptions::new();
    let mut to = options.write(true).create_new(true).mode(0o600).open(to)?;
    to.set_permissions(Permissions::from_mode(0o600))?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()
}

/// Removes what was received. It is of no use to anybody.
pub(super) fn remove(inbound: &Inbound) {
    let _ = fs::remove_file(inbound.temporary_path());
}

/// Reads the first `size` bytes.
fn read(
    file: &File,
    size: u64,
    is_wanted: &dyn Fn() -> bool,
    mut take: impl FnMut(&[u8]),
) -> Result<()> {
    let mut buffer = WipingVec::new(vec![0; AT_ONCE]);
    let mut at = 0;
    while at < size {
        if !is_wanted() {
            return Err(Error::new(Status::CANCELLED, "nobody waits for the file"));
        }
        let wanted = usize::try_from(size - at).map_or(AT_ONCE, |left| left.min(AT_ONCE));
        let part = &mut buffer.as_mut_slice()[..wanted];
        file.read_exact_at(part, at).map_err(|e| lost(&e))?;
        take(part);
        at += wanted as u64;
    }
    Ok(())
}

/// A name outlives a loss of power only when its directory is on the disk.
fn sync_directory(directory: &Path) -> Result<()> {
    let directory = File::open(directory).map_err(|e| io("open", &e))?;
    match directory.sync_all() {
        // Some file systems do not do that.
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        synced => synced.map_err(|e| io("write to", &e)),
    }
}

fn exists(name: &str) -> Error {
    Error::new(
        Status::FILE_EXISTS,
        format!("the directory has something of the name {name:?} already"),
    )
}

/// What was received is not there any more.
fn lost(error: &io::Error) -> Error {
    let broken = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof);
    let status = if broken {
        Status::FILE_BROKEN
    } else {
        Status::IO
    };
    Error::from_io(
        status,
        "what was received of the file cannot be read",
        error,
    )
}

fn io(what: &str, error: &io::Error) -> Error {
    Error::from_io(
        Status::IO,
        &format!("cannot {what} the directory for received files"),
        error,
    )
}
