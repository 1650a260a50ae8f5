//! How a command fails: an exit code, one sentence, and what to do about it.

use std::fmt;
use std::io;

use kpclient::{Category, Error, Status};
use serde_json::{json, Value};

use crate::exit::Exit;

/// The result of everything that a command does.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a command ends without having done what it was asked for.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code of the program.
    pub exit: Exit,
    /// The library's status, if it was the library that failed.
    pub status: Option<Status>,
    /// One sentence.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure of this program's own.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Failure {
            exit,
            status: None,
            what: what.into(),
            hint: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what was tried, in front of the sentence.
    #[must_use]
    pub fn during(mut self, what: &str) -> Self {
        self.what = format!("{what}: {}", self.what);
        self
    }

    /// A failure with a file or the terminal.
    pub fn io(what: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::new(Exit::BrokenPipe, "nobody reads the output");
        }
        let exit = match error.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            io::ErrorKind::AlreadyExists => Exit::Conflict,
            _ => Exit::Local,
        };
        Failure::new(exit, format!("{what}: {error}"))
    }

    /// The same as an object.
    pub fn to_json(&self) -> Value {
        json!({
            "error": {
                "exit": self.exit as u8,
                "status": self.status.map(Status::name),
                "message": self.what,
                "hint": self.hint,
            }
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever a file or a daemon has said.
        f.write_str(&one_line(&self.what))?;
        match &self.hint {
            Some(hint) => write!(f, " ({})", one_line(hint)),
            None => Ok(()),
        }
    }
}

fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.split_whitespace().collect();
    lines.join(" ")
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = error.status();
        Failure {
            exit: exit_of(status),
            status: Some(status),
            what: error.message().to_owned(),
            hint: hint_of(status).map(str::to_owned),
        }
    }
}

fn exit_of(status: Status) -> Exit {
    match status {
        Status::CONFIG_IO
        | Status::CONFIG_PARSE
        | Status::CONFIG_UNKNOWN_KEY
        | Status::CONFIG_NO_TRANSPORT
        | Status::CONFIG_MULTIPLE_TRANSPORTS
        | Status::CONFIG_BAD_NETWORK
        | Status::BAD_GEOMETRY => Exit::Config,
        Status::SERVICE_NOT_FOUND
        | Status::CHANNEL_NOT_IN_DB
        | Status::MESSAGE_NOT_IN_DB
        | Status::NO_FILE => Exit::NotFound,
        Status::CHANNEL_EXISTS
        | Status::BUSY
        | Status::FILE_EXISTS
        | Status::FILE_UNFINISHED
        | Status::BOX_ALREADY_EXISTS => Exit::Conflict,
        Status::DB | Status::IO | Status::FILE_NOT_REGULAR | Status::FILE_CHANGED => Exit::Local,
        _ => match status.category() {
            Category::Argument => Exit::Usage,
            Category::Session => Exit::Unreachable,
            Category::Timeout => Exit::TimedOut,
            _ => Exit::Failed,
        },
    }
}

fn hint_of(status: Status) -> Option<&'static str> {
    Some(match status {
        Status::CONNECT => "is kpclientd running? `kpc doctor` looks",
        Status::HANDSHAKE => "does something else listen there? `kpc doctor` looks",
        Status::OFFLINE => "the daemon connects by itself; `kpc status` shows when",
        Status::NO_PKI_DOCUMENT => "a daemon that has just started needs some minutes",
        Status::SERVICE_NOT_FOUND => "`kpc pki services` lists what there is",
        Status::CHANNEL_NOT_IN_DB => "`kpc channel list` lists what there is",
        Status::CHANNEL_EXISTS => "choose another name, or remove that one by `kpc channel rm`",
        Status::BUSY => "another kpc or program has it open",
        Status::FILE_EXISTS => "`--as NAME` or another directory; nothing of the file is lost",
        Status::FILE_UNFINISHED => "`kpc send CHANNEL` goes on, `--abandon` gives it up",
        Status::CONFIG_UNKNOWN_KEY => {
            "is this the thinclient.toml, and not the daemon's own client.toml?"
        }
        Status::CONFIG_PARSE => "is this a thinclient.toml?",
        Status::UNSUPPORTED => "a newer daemon or library has it",
        Status::INVALID_CAPABILITY => "copy the whole text again",
        Status::NO_FILE => "`kpc read` prints what is in front of it",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line() {
        let failure = Failure::new(Exit::Failed, "this\nand\tthat").hint("do\nit");
        assert_eq!(failure.to_string(), "this and that (do it)");
    }

    #[test]
    fn every_status_has_an_exit_code_that_is_no_success() {
        for status in Status::all().filter(|status| *status != Status::OK) {
            assert_ne!(exit_of(status), Exit::Done, "{status}");
        }
    }
}
