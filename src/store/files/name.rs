//! Names of files: what is sent, and what may be created where a file is received.

use std::path::Path;

use crate::{Error, Result, Status};

/// The longest name, in bytes.
const LONGEST: usize = 255;

/// The name under which the file of a path is sent.
pub(crate) fn of_path(path: &Path) -> Result<String> {
    let name = path.file_name().ok_or_else(|| {
        Error::new(
            Status::FILE_NO_FILE_NAME,
            "the path has no file name at its end",
        )
    })?;
    checked(name.as_encoded_bytes())
}

/// A name under which a file may be created in a directory, and on no system anywhere else.
pub(crate) fn checked(name: &[u8]) -> Result<String> {
    let (status, why) = match std::str::from_utf8(name) {
        Err(_) => (Status::FILE_NAME_NOT_UTF8, "is not UTF-8"),
        Ok("") => (Status::FILE_NAME_EMPTY, "is empty"),
        Ok("." | "..") => (Status::FILE_NAME_RESERVED, "is that of a directory"),
        Ok(name) if name.len() > LONGEST => {
            (Status::FILE_NAME_TOO_LONG, "is longer than 255 bytes")
        }
        Ok(name) if name.contains(['/', '\\']) => (
            Status::FILE_NAME_SEPARATOR,
            "contains a slash or a backslash",
        ),
        Ok(name) if name.contains(char::is_control) => (
            Status::FILE_NAME_CONTROL_CHAR,
            "contains a control character",
        ),
        Ok(name) => return Ok(name.to_owned()),
    };
    Err(Error::new(status, format!("the file name {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_stay_in_their_directory_everywhere_are_taken() {
        let long = [b'a'; 256];
        let refused: [(&[u8], Status); 14] = [
            (b"", Status::FILE_NAME_EMPTY),
            (b".", Status::FILE_NAME_RESERVED),
            (b"..", Status::FILE_NAME_RESERVED),
            (b"/etc/passwd", Status::FILE_NAME_SEPARATOR),
            (b"../up", Status::FILE_NAME_SEPARATOR),
            (b"down/", Status::FILE_NAME_SEPARATOR),
            (b"C:\\x", Status::FILE_NAME_SEPARATOR),
            (b"a\nb", Status::FILE_NAME_CONTROL_CHAR),
            (b"a\0", Status::FILE_NAME_CONTROL_CHAR),
            (b"\x7f", Status::FILE_NAME_CONTROL_CHAR),
            ("\u{85}".as_bytes(), Status::FILE_NAME_CONTROL_CHAR),
            (b"\xff", Status::FILE_NAME_NOT_UTF8),
            (b"\xc3", Status::FILE_NAME_NOT_UTF8),
            (&long, Status::FILE_NAME_TOO_LONG),
        ];
        for (name, status) in refused {
            let error = checked(name).err().unwrap();
            assert_eq!(error.status(), status, "{name:?}");
        }
        for name in ["a", "...", ".hidden", "a b.tar.gz", "-rf", "\u{2603}"] {
            assert_eq!(checked(name.as_bytes()).unwrap(), name);
        }
        assert!(checked(&long[1..]).is_ok());
    }

    #[test]
    fn a_path_gives_its_last_name() {
        assert_eq!(of_path(Path::new("/a/b.txt")).unwrap(), "b.txt");
        assert_eq!(of_path(Path::new("b.txt")).unwrap(), "b.txt");
        for path in ["/", "..", "a/..", ""] {
            let error = of_path(Path::new(path)).err().unwrap();
            assert_eq!(error.status(), Status::FILE_NO_FILE_NAME, "{path}");
        }
        let error = of_path(Path::new("a/b\\c")).err().unwrap();
        assert_eq!(error.status(), Status::FILE_NAME_SEPARATOR);
    }
}
