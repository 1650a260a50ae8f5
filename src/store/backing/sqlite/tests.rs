//! SQLite as a backing: records, transactions, and each file that is refused.

mod files;
mod owners;

use std::path::PathBuf;
use std::time::Duration;

use super::open::Settings;
use super::*;
use crate::temp_dir::TempDir;

/// A directory of this test's own, and the path of a database in it.
fn new_place(name: &str) -> (TempDir, PathBuf) {
    let dir = TempDir::new(&format!("sqlite-{name}"));
    let path = dir.0.join("store.db");
    (dir, path)
}

fn open(path: &Path) -> Result<Sqlite> {
    Sqlite::open(Some(path))
}

/// Does not wait for others.
fn open_hasty(path: &Path) -> Result<Sqlite> {
    let settings = Settings {
        busy_timeout: Duration::ZERO,
        ..Settings::default()
    };
    open::open(Some(path), &settings)
}

/// Stores one record, in a transaction of its own.
fn store(sqlite: &mut Sqlite, key: &[u8], value: &[u8]) -> Result<()> {
    sqlite.begin(Durability::Now)?;
    let put = sqlite.put(key, value);
    match put {
        Ok(()) => sqlite.commit(),
        Err(error) => {
            sqlite.rollback();
            Err(error)
        }
    }
}

fn load(sqlite: &mut Sqlite, key: &[u8]) -> Option<Vec<u8>> {
    sqlite.begin(Durability::Soon).unwrap();
    let found = sqlite.get(key).unwrap().map(|value| value.to_vec());
    sqlite.commit().unwrap();
    found
}

fn pragma<T: rusqlite::types::FromSql>(sqlite: &Sqlite, name: &str) -> T {
    let value = |row: &rusqlite::Row<'_>| row.get(0);
    sqlite
        .connection
        .pragma_query_value(None, name, value)
        .unwrap()
}

#[test]
fn records_are_read_replaced_deleted_and_scanned_in_the_order_of_their_bytes() {
    let mut sqlite = Sqlite::open(None).unwrap();
    sqlite.begin(Durability::Now).unwrap();
    for (key, value) in [
        ("b", "2"),
        ("a", "old"),
        ("a", "1"),
        ("a\0", ""),
        ("c", "3"),
        ("\u{ff}", "4"),
    ] {
        sqlite.put(key.as_bytes(), value.as_bytes()).unwrap();
    }
    assert_eq!(sqlite.get(b"a").unwrap().unwrap().as_ref(), b"1");
    assert_eq!(sqlite.get(b"a\0").unwrap().unwrap().as_ref(), b"");
    assert!(sqlite.get(b"A").unwrap().is_none());
    sqlite.delete(b"b").unwrap();
    sqlite.delete(b"nothing").unwrap();
    let keys = |sqlite: &mut Sqlite, from: &str, to: &str, limit| -> Vec<String> {
        let records = sqlite.scan(from.as_bytes(), to.as_bytes(), limit).unwrap();
        let keys = records.into_iter().map(|(key, _)| key);
        keys.map(|key| String::from_utf8(key).unwrap()).collect()
    };
    assert_eq!(
        keys(&mut sqlite, "", "\u{7ff}", 10),
        ["a", "a\0", "c", "\u{ff}"]
    );
    assert_eq!(keys(&mut sqlite, "a", "c", 10), ["a", "a\0"]);
    assert_eq!(keys(&mut sqlite, "a", "c", 1), ["a"]);
    assert_eq!(keys(&mut sqlite, "c", "a", usize::MAX), [""; 0]);
    sqlite.commit().unwrap();
}

#[test]
fn only_what_was_committed_is_there_after_opening_again() {
    let (_dir, path) = new_place("again");
    let large = vec![7; 3 << 20];
    {
        let mut sqlite = open(&path).unwrap();
        store(&mut sqlite, b"kept", &large).unwrap();
        sqlite.begin(Durability::Now).unwrap();
        sqlite.put(b"kept", b"other").unwrap();
        sqlite.rollback();
        sqlite.begin(Durability::Now).unwrap();
        sqlite.put(b"not committed", b"").unwrap();
    }
    let mut sqlite = open(&path).unwrap();
    assert_eq!(load(&mut sqlite, b"kept"), Some(large));
    assert_eq!(load(&mut sqlite, b"not committed"), None);
}

#[test]
fn nothing_is_stored_outside_a_transaction() {
    let mut sqlite = Sqlite::open(None).unwrap();
    assert!(sqlite.put(b"key", b"").is_err());
    assert!(sqlite.delete(b"key").is_err());
    assert!(sqlite.get(b"key").is_err());
    assert!(sqlite.scan(b"", b"z", 1).is_err());
    assert!(sqlite.commit().is_err());
    sqlite.rollback();
    assert_eq!(load(&mut sqlite, b"key"), None);
}

#[test]
fn the_database_is_set_up_for_secrets_and_for_losses_of_power() {
    let (_dir, path) = new_place("settings");
    let mut sqlite = open(&path).unwrap();
    assert_eq!(pragma::<String>(&sqlite, "journal_mode"), "wal");
    assert_eq!(pragma::<i64>(&sqlite, "secure_delete"), 1);
    assert_eq!(pragma::<i64>(&sqlite, "foreign_keys"), 1);
    assert_eq!(pragma::<i64>(&sqlite, "trusted_schema"), 0);
    assert_eq!(pragma::<i64>(&sqlite, "temp_store"), 2);
    assert_eq!(pragma::<i64>(&sqlite, "busy_timeout"), 10_000);
    let (normal, full) = (1, 2);
    for (durability, synchronous) in [
        (Durability::Now, full),
        (Durability::Soon, normal),
        (Durability::Soon, normal),
        (Durability::Now, full),
    ] {
        sqlite.begin(durability).unwrap();
        assert_eq!(pragma::<i64>(&sqlite, "synchronous"), synchronous);
        sqlite.commit().unwrap();
    }
}

/// SQLite waits for itself for ever where the system refused to take back a lock of its own.
#[test]
fn after_a_lock_that_does_not_go_the_database_is_opened_again() {
    let (_dir, path) = new_place("stuck");
    let (mut sqlite, mut other) = (open_hasty(&path).unwrap(), open_hasty(&path).unwrap());
    store(&mut sqlite, b"key", b"value").unwrap();
    let mark = "CREATE TEMP TABLE mark (x)"; // what only this connection has
    sqlite.connection.execute_batch(mark).unwrap();
    let is_marked = |sqlite: &Sqlite| sqlite.connection.prepare("SELECT x FROM mark").is_ok();
    other.begin(Durability::Soon).unwrap();
    let refused = sqlite.begin(Durability::Soon).unwrap_err();
    assert_eq!(refused.status(), Status::DB);
    assert!(is_marked(&sqlite));
    other.rollback();
    assert_eq!(load(&mut sqlite, b"key"), Some(b"value".to_vec()));
    assert!(!is_marked(&sqlite));
    store(&mut sqlite, b"key", b"another").unwrap();
    assert_eq!(load(&mut other, b"key"), Some(b"another".to_vec()));
}

/// Or it would make nothing of what was committed before outlive a loss of power.
#[test]
fn a_value_that_is_put_again_as_it_was_is_written_again() {
    let (_dir, path) = new_place("same");
    let mut sqlite = open(&path).unwrap();
    store(&mut sqlite, b"key", b"value").unwrap();
    let log = || {
        std::fs::metadata(path.with_extension("db-wal"))
            .unwrap()
            .len()
    };
    let before = log();
    store(&mut sqlite, b"key", b"value").unwrap();
    assert!(log() > before);
}

#[test]
fn a_disk_without_room_rolls_back_and_says_so() {
    let (_dir, path) = new_place("full");
    let mut sqlite = open(&path).unwrap();
    store(&mut sqlite, b"before", b"kept").unwrap();
    sqlite
        .connection
        .execute_batch("PRAGMA max_page_count = 8")
        .unwrap();
    sqlite.begin(Durability::Now).unwrap();
    sqlite.put(b"small", b"not kept").unwrap();
    let error = sqlite.put(b"large", &[7; 100_000]).unwrap_err();
    assert_eq!(error.status(), Status::DB);
    assert!(error.message().contains("no room"), "{error}");
    // SQLite rolled back by itself: nothing may be stored in the place of the transaction.
    assert!(sqlite.put(b"after", b"").is_err());
    assert!(sqlite.commit().is_err());
    for (key, value) in [
        (&b"before"[..], Some(b"kept".to_vec())),
        (b"small", None),
        (b"after", None),
    ] {
        assert_eq!(load(&mut sqlite, key), value);
    }
}

#[test]
fn a_database_in_which_another_writes_is_busy_and_then_works() {
    let (_dir, path) = new_place("busy");
    let mut other = open(&path).unwrap();
    let mut sqlite = open_hasty(&path).unwrap();
    other.begin(Durability::Now).unwrap();
    let error = sqlite.begin(Durability::Now).unwrap_err();
    assert_eq!(error.status(), Status::DB);
    assert!(error.message().contains("is busy"), "{error}");
    other.commit().unwrap();
    store(&mut sqlite, b"key", b"value").unwrap();
    assert_eq!(load(&mut other, b"key").unwrap(), b"value");
}

#[test]
fn a_store_waits_for_another_that_writes() {
    let (_dir, path) = new_place("waits");
    let mut other = open(&path).unwrap();
    other.begin(Durability::Now).unwrap();
    let (starting, starts) = std::sync::mpsc::channel();
    let mut sqlite = open(&path).unwrap();
    let waits = std::thread::spawn(move || {
        starting.send(()).unwrap();
        store(&mut sqlite, b"key", b"second").unwrap();
        load(&mut sqlite, b"key")
    });
    starts.recv().unwrap();
    other.put(b"key", b"first").unwrap();
    other.commit().unwrap();
    assert_eq!(waits.join().unwrap().unwrap(), b"second");
}

#[test]
fn many_who_open_a_new_database_at_once_all_have_it() {
    let (_dir, path) = new_place("at-once");
    let ready = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8_u8)
            .map(|number| {
                let (path, ready) = (&path, &ready);
                scope.spawn(move || {
                    ready.wait();
                    let mut sqlite = open(path).unwrap();
                    store(&mut sqlite, &[number], b"here").unwrap();
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let mut sqlite = open(&path).unwrap();
    for number in 0..8 {
        assert_eq!(load(&mut sqlite, &[number]).unwrap(), b"here");
    }
}

#[test]
fn tables_of_each_older_version_are_brought_to_the_newest() {
    const STEPS: &[&str] = &[
        schema::STEPS[0],
        "CREATE TABLE second (x)",
        "CREATE TABLE third (x)",
    ];
    for from in 0..STEPS.len() {
        let (_dir, path) = new_place(&format!("steps-{from}"));
        let with = |count| Settings {
            steps: &STEPS[..count],
            ..Settings::default()
        };
        let old = open::open(Some(&path), &with(from)).unwrap();
        if from > 0 {
            let insert = "INSERT INTO records VALUES (x'00', x'07')";
            old.connection.execute_batch(insert).unwrap();
        }
        drop(old);
        let mut new = open::open(Some(&path), &with(STEPS.len())).unwrap();
        assert_eq!(pragma::<usize>(&new, "user_version"), STEPS.len());
        assert_eq!(load(&mut new, &[0]), (from > 0).then(|| vec![7]));
        let tables = "SELECT count(*) FROM second JOIN third";
        let count: i64 = new
            .connection
            .query_row(tables, [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 0);
        // Once more, with nothing to do.
        drop(new);
        open::open(Some(&path), &with(STEPS.len())).unwrap();
    }
}

#[test]
fn a_step_that_fails_leaves_the_old_tables() {
    const BROKEN: &[&str] = &[
        schema::STEPS[0],
        "CREATE TABLE second (x)",
        "CREATE TABLE records (x)",
    ];
    let (_dir, path) = new_place("step-fails");
    store(&mut open(&path).unwrap(), b"key", b"value").unwrap();
    let settings = Settings {
        steps: BROKEN,
        ..Settings::default()
    };
    let error = open::open(Some(&path), &settings).err().unwrap();
    assert!(error.message().contains("prepare the tables"), "{error}");
    let mut sqlite = open(&path).unwrap();
    assert_eq!(pragma::<i64>(&sqlite, "user_version"), 1);
    assert_eq!(load(&mut sqlite, b"key").unwrap(), b"value");
    assert!(sqlite
        .connection
        .execute_batch("SELECT * FROM second")
        .is_err());
}
