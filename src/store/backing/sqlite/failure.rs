//! Failures of SQLite in words. They name the file, and never what is in it.

use std::fmt;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::{Error, Status};

/// Where a database lies.
#[derive(Clone)]
pub(super) enum Place {
    File(PathBuf),
    Memory,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "the database {}", path.display()),
            Place::Memory => write!(f, "the database in memory"),
        }
    }
}

impl Place {
    /// An error with a reason of our own.
    pub(super) fn refusal(&self, why: &str) -> Error {
        Error::new(Status::DB, format!("{self} {why}"))
    }

    /// The error of a system call.
    pub(super) fn io(&self, what: &str, error: &std::io::Error) -> Error {
        Error::from_io(Status::DB, &format!("cannot {what} {self}"), error)
    }

    /// The error of SQLite.
    pub(super) fn failure(&self, what: &str, error: &rusqlite::Error) -> Error {
        let code = error.sqlite_error_code();
        let why = match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "is busy: another process has been writing to it for too long"
            }
            Some(ErrorCode::NotADatabase) => "is not an SQLite database, or is encrypted",
            Some(ErrorCode::DatabaseCorrupt) => "is damaged",
            Some(ErrorCode::ReadOnly) => "is read-only, or its directory is",
            Some(ErrorCode::DiskFull) => {
                "has no room left: the disk is full, or a limit is reached"
            }
            Some(ErrorCode::CannotOpen) => {
                "cannot be opened; its directory must be writable, for the files beside it"
            }
            Some(ErrorCode::SystemIoFailure) => "cannot be read or written",
            _ => "failed",
        };
        let status = match code {
            Some(ErrorCode::OutOfMemory) => Status::NO_MEMORY,
            _ => Status::DB,
        };
        Error::new(status, format!("cannot {what}: {self} {why} ({error})"))
    }
}
