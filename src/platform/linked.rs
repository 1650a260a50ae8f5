//! An empty file by a second name, where mknod makes devices only.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Creates an empty file that only its owner can read. When it gets this name, nobody has it open.
pub(crate) fn create_empty(path: &Path) -> io::Result<()> {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut first = path.as_os_str().to_owned();
    first.push(format!("-new-{}-{count}", std::process::id()));
    let mut options = OpenOptions::new();
    drop(
        options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&first)?,
    );
    let linked = fs::hard_link(&first, path);
    fs::remove_file(&first)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temp_dir::TempDir;

    #[test]
    fn an_empty_file_is_created_once_and_alone() {
        let directory = TempDir::new("linked");
        let path = directory.path("database");
        create_empty(Path::new(&path)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        let again = create_empty(Path::new(&path)).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        let parent = Path::new(&path).parent().unwrap();
        assert_eq!(fs::read_dir(parent).unwrap().count(), 1);
    }
}
