//! Files and directories as they should not be, and the modes of those that are made.

use std::os::unix::fs::{symlink, MetadataExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rusqlite::Connection;

use super::*;

/// The message with which opening is refused.
fn refused(path: &Path) -> String {
    let error = open(path).err().expect("it was opened");
    assert_eq!(error.status(), Status::DB, "{error}");
    error.message().to_owned()
}

#[test]
fn what_is_not_a_file_is_refused() {
    let (dir, path) = new_place("not-a-file");
    assert!(refused(&dir.0).contains("is a directory"));
    assert!(refused(Path::new("/dev/null")).contains("is not a file"));
    symlink("nowhere", &path).unwrap();
    assert!(refused(&path).contains("leads nowhere"));
    let missing = dir.0.join("missing/store.db");
    assert!(refused(&missing).contains("No such file or directory"));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_not_changed() {
    let (dir, path) = new_place("no-database");
    let text = "no database at all. ".repeat(1000);
    dir.file("store.db", text.as_bytes());
    assert!(refused(&path).contains("is not an SQLite database"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_of_another_program_is_refused_and_not_changed() {
    for (name, content) in [
        ("foreign-id", "PRAGMA application_id = 77"),
        ("foreign-tables", "CREATE TABLE theirs (x)"),
        ("foreign-version", "PRAGMA user_version = 1"),
    ] {
        let (_dir, path) = new_place(name);
        let theirs = Connection::open(&path).unwrap();
        theirs.execute_batch(content).unwrap();
        drop(theirs);
        let before = std::fs::read(&path).unwrap();
        let message = refused(&path);
        assert!(message.contains("belongs to another program"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_newer_database_is_refused() {
    let (_dir, path) = new_place("newer");
    let sqlite = open(&path).unwrap();
    sqlite
        .connection
        .execute_batch("PRAGMA user_version = 9")
        .unwrap();
    drop(sqlite);
    let message = refused(&path);
    assert!(message.contains("newer version"), "{message}");
    assert!(message.contains("version 9"), "{message}");
}

#[test]
fn a_damaged_database_is_refused() {
    let (_dir, path) = new_place("damaged");
    let mut sqlite = open(&path).unwrap();
    for number in 0..200_u8 {
        store(&mut sqlite, &[number], &[number; 500]).unwrap();
    }
    drop(sqlite);
    let mut content = std::fs::read(&path).unwrap();
    assert!(content.len() > 50_000);
    let middle = content.len() / 2;
    for byte in &mut content[middle..middle + 8192] {
        *byte ^= 0xff;
    }
    std::fs::write(&path, content).unwrap();
    let message = refused(&path);
    assert!(message.contains("is damaged"), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

/// A test of its own name in a process of its own, which does only what its variable says.
pub(super) fn helper(test: &str, program: &Path) -> Command {
    let mut command = Command::new(program);
    let name = format!("store::backing::sqlite::tests::{test}");
    command.args([name.as_str(), "--exact", "--nocapture", "--test-threads=1"]);
    command
}

/// The part of the next test that must not be root.
#[test]
fn helper_without_rights() {
    let Some(dir) = std::env::var_os("KPC_TEST_NO_RIGHTS").map(PathBuf::from) else {
        return;
    };
    let message = refused(&dir.join("read-only.db"));
    assert!(message.contains("is read-only"), "{message}");
    let message = refused(&dir.join("locked/store.db"));
    assert!(message.contains("or its directory is"), "{message}");
    let message = refused(&dir.join("locked/new.db"));
    assert!(message.contains("Permission denied"), "{message}");
    let message = refused(&dir.join("unreadable.db"));
    assert!(message.contains("cannot be opened"), "{message}");
    println!("all were refused");
}

#[test]
fn what_may_not_be_written_is_refused() {
    const NOBODY: u32 = 65534;
    let (dir, _) = new_place("no-rights");
    let chmod = |name: &str, mode| {
        let path = dir.0.join(name);
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    std::fs::create_dir(dir.0.join("locked")).unwrap();
    for (name, mode) in [
        ("read-only.db", 0o444),
        ("locked/store.db", 0o666),
        ("unreadable.db", 0),
    ] {
        open(&dir.0.join(name)).unwrap();
        chmod(name, mode);
    }
    chmod("locked", 0o555);
    chmod("", 0o755);
    // Root may write everywhere, so another user tries; who need not be able to reach this program.
    let program = dir.0.join("program");
    // Copied by another process: a child that another test forks meanwhile would have this one's
    // descriptor for writing, and what is open for writing cannot be run.
    let mut copy = Command::new("cp");
    copy.arg(std::env::current_exe().unwrap()).arg(&program);
    assert!(copy.status().unwrap().success());
    let mut command = helper("files::helper_without_rights", &program);
    command.env("KPC_TEST_NO_RIGHTS", &dir.0);
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    chmod("locked", 0o755);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("all were refused"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The part of the next test that changes the umask of its process.
#[test]
fn helper_with_umask() {
    let Some(path) = std::env::var_os("KPC_TEST_UMASK").map(PathBuf::from) else {
        return;
    };
    let mut sqlite = open(&path).unwrap();
    store(&mut sqlite, b"key", b"value").unwrap();
    sqlite.claim(1).unwrap();
    for file in ["", "-wal", "-shm", "-owners"] {
        let mut name = path.clone().into_os_string();
        name.push(file);
        let mode = std::fs::metadata(&name).unwrap().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{}", name.display());
    }
    println!("all modes are right");
}

#[test]
fn only_the_owner_can_read_the_files_whatever_the_umask_is() {
    for umask in ["000", "022", "777"] {
        let (_dir, path) = new_place(&format!("umask-{umask}"));
        let program = std::env::current_exe().unwrap();
        let helper = helper("files::helper_with_umask", &program);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask {umask} && exec \"$0\" \"$@\"")]);
        shell.arg(helper.get_program()).args(helper.get_args());
        let output = shell.env("KPC_TEST_UMASK", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            said.contains("all modes are right"),
            "{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_database_is_one_whatever_path_leads_to_it() {
    let (dir, path) = new_place("links");
    open(&path).unwrap().claim(1).unwrap();
    let link = dir.0.join("link.db");
    symlink("store.db", &link).unwrap();
    let mut one = open(&path).unwrap();
    let mut other = open(&link).unwrap();
    one.claim(1).unwrap();
    assert_eq!(other.claim(1).unwrap_err().status(), Status::BUSY);
    store(&mut other, b"key", b"value").unwrap();
    assert_eq!(load(&mut one, b"key").unwrap(), b"value");
}
