//! From a path to a database that is ours, sound, and set up.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::failure::Place;
use super::owners::Owners;
use super::schema;
use super::Sqlite;
use crate::platform::create_empty;
use crate::store::backing::Durability;
use crate::{Error, Result, Status};

/// What differs in tests.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    /// How long to wait for another process that writes.
    pub(super) busy_timeout: Duration,
    /// See [`schema::STEPS`].
    pub(super) steps: &'static [&'static str],
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            busy_timeout: Duration::from_secs(10),
            steps: schema::STEPS,
        }
    }
}

/// SQLite's name of a database in memory.
const IN_MEMORY: &str = ":memory:";

/// How often a step is repeated for which SQLite itself does not wait.
const RETRY: Duration = Duration::from_millis(5);

pub(super) fn open(path: Option<&Path>, settings: &Settings) -> Result<Sqlite> {
    let (place, connection) = match path {
        Some(path) => {
            let real = real_file(path)?;
            let place = Place::File(real.clone());
            let connection = connect(&real, &place, settings)?;
            (place, connection)
        }
        None => (Place::Memory, connect(IN_MEMORY, &Place::Memory, settings)?),
    };
    Ok(Sqlite {
        connection,
        owners: Owners::open(&place)?,
        place,
        durability: Durability::Now,
        settings: *settings,
        is_stuck: false,
    })
}

/// A connection with a file that exists, or with what SQLite takes for memory; ready for use.
pub(super) fn connect(
    path: impl AsRef<Path>,
    place: &Place,
    settings: &Settings,
) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|e| place.failure("open it", &e))?;
    prepare(&mut connection, place, settings)?;
    Ok(connection)
}

/// The path without symbolic links, of a file that exists. SQLite names the files beside it so.
fn real_file(path: &Path) -> Result<PathBuf> {
    let place = Place::File(path.to_owned());
    let exists = match fs::metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            create(path, &place)?;
            fs::metadata(path)
        }
        other => other,
    };
    let kind = exists.map_err(|e| place.io("open", &e))?.file_type();
    if kind.is_dir() {
        return Err(place.refusal("is a directory"));
    }
    if !kind.is_file() {
        return Err(place.refusal("is not a file"));
    }
    fs::canonicalize(path).map_err(|e| place.io("find", &e))
}

/// Creates an empty file that only its owner can read; SQLite gives the files beside it the same
/// mode. It is not opened for that: closing it would take away the locks of other connections of
/// this process with the same file.
fn create(path: &Path, place: &Place) -> Result<()> {
    match create_empty(path) {
        Ok(()) => {}
        // Somebody else was quicker.
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.exists() => return Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            return Err(place.refusal("is a symbolic link that leads nowhere"));
        }
        Err(e) => return Err(place.io("create", &e)),
    }
    // The umask may have taken away what the owner needs.
    fs::set_permissions(path, Permissions::from_mode(0o600))
        .map_err(|e| place.io("set the mode of", &e))?;
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // Its name is to outlive a loss of power, where the file system can do that.
    if let Ok(parent) = File::open(parent) {
        let _ = parent.sync_all();
    }
    Ok(())
}

fn prepare(connection: &mut Connection, place: &Place, settings: &Settings) -> Result<()> {
    let failure = |e| place.failure("set it up", &e);
    connection
        .busy_timeout(settings.busy_timeout)
        .map_err(failure)?;
    // A file is not trusted to be what we wrote until it was looked at.
    connection
        .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        .map_err(failure)?;
    // In a transaction: another process may just be preparing a new file.
    let reading = connection.transaction().map_err(failure)?;
    let version = schema::identify(&reading, place, settings.steps)?;
    reading.commit().map_err(failure)?;
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(failure)? {
        return Err(place.refusal("is read-only"));
    }
    if version > 0 {
        check(connection, place)?;
    }
    write_ahead(connection, place, settings.busy_timeout)?;
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY",
        )
        .map_err(failure)?;
    set_synchronous(connection, Durability::Now).map_err(failure)?;
    // Who has nothing to change does not wait for those who write.
    match version < settings.steps.len() {
        true => schema::migrate(connection, place, settings.steps),
        false => Ok(()),
    }
}

/// Looks for damage.
fn check(connection: &Connection, place: &Place) -> Result<()> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| place.failure("check it", &e))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(place.refusal(&format!("is damaged: {}", verdict.replace('\n', " ")))),
    }
}

/// Changes to the write-ahead log, in which a commit is one write and one sync.
fn write_ahead(connection: &Connection, place: &Place, timeout: Duration) -> Result<()> {
    let deadline = Instant::now() + timeout;
    let mode: String = loop {
        let changed = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match changed {
            // Two who change it at once would wait for each other, so SQLite does not wait.
            Err(e) if is_busy(&e) && Instant::now() < deadline => std::thread::sleep(RETRY),
            other => break other.map_err(|e| place.failure("set it up", &e))?,
        }
    };
    match (mode.as_str(), place) {
        ("wal", _) | (_, Place::Memory) => Ok(()),
        _ => Err(Error::new(
            Status::DB,
            format!("the file system of {place} cannot have SQLite's write-ahead log"),
        )),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Somebody has a lock that does not go: another connection, or this one's own, that was not given back.
pub(super) fn is_locked(error: &rusqlite::Error) -> bool {
    is_busy(error) || error.sqlite_error_code() == Some(ErrorCode::FileLockingProtocolFailed)
}

/// What a commit waits for. With the write-ahead log no loss of power damages the database in
/// either way.
pub(super) fn set_synchronous(
    connection: &Connection,
    durability: Durability,
) -> rusqlite::Result<()> {
    connection.execute_batch(match durability {
        Durability::Soon => "PRAGMA synchronous = NORMAL",
        Durability::Now => "PRAGMA synchronous = FULL",
    })
}
