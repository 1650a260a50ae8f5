//! Every outcome as one integer: the constants, their names, texts and categories.

use std::ffi::CStr;
use std::fmt;

/// 0 is success, every failure is negative. See `src/status_table.rs` for the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(i32);

/// The family of a status, for programs that only want to know whom to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Category {
    /// Success.
    Ok = 0,
    /// The caller passed something unusable; nothing was sent.
    Argument = 1,
    /// The way to the daemon or to the mixnet.
    Session = 2,
    /// The daemon refused.
    Daemon = 3,
    /// A replica, a courier, or the check of their answer.
    Replica = 4,
    /// A copy command.
    Copy = 5,
    /// Somebody cancelled.
    Cancelled = 6,
    /// A time limit ran out.
    Timeout = 7,
    /// The library itself or the machine.
    Internal = 8,
}

/// First value of the block that carries the daemon's own codes: −1000 − n.
pub const DAEMON_BLOCK: i32 = -1000;
/// First value of the block that carries the replicas' codes: −2000 − n.
pub const REPLICA_BLOCK: i32 = -2000;
/// First value of the block for answers that did not verify: −2500 − n.
pub const VERIFY_BLOCK: i32 = -2500;
/// First value of the block that carries the couriers' codes: −3000 − n.
pub const COURIER_BLOCK: i32 = -3000;
/// First value of the block for copy commands: −4000 − n.
pub const COPY_BLOCK: i32 = -4000;

struct Row {
    code: i32,
    category: Category,
    /// The name and the sentence, each with a NUL behind it, as C takes them too. One text and not
    /// two: each pointer in a table is relocated where the library is loaded.
    texts: &'static str,
}

/// The texts of a status that is not in the table.
const UNKNOWN: &str = concat!(
    "KPC_ERR_UNKNOWN\0",
    "A code without a name, passed on from a newer daemon, courier or replica.\0"
);

macro_rules! public_name {
    (OK) => {
        "KPC_OK"
    };
    ($name:ident) => {
        concat!("KPC_ERR_", stringify!($name))
    };
}

macro_rules! statuses {
    ($($code:literal, $name:ident, $category:ident, $text:literal;)*) => {
        impl Status {
            $(#[doc = $text] pub const $name: Status = Status($code);)*
        }
        const TABLE: &[Row] = &[
            $(Row {
                code: $code,
                category: Category::$category,
                texts: concat!(public_name!($name), "\0", $text, "\0"),
            },)*
        ];
    };
}

include!("status_table.rs");

impl Status {
    /// The integer that C sees.
    pub const fn code(self) -> i32 {
        self.0
    }

    /// The status of an integer; any integer is allowed.
    pub const fn from_code(code: i32) -> Self {
        Status(code)
    }

    /// Every status that has a name, in the order of the table.
    pub fn all() -> impl Iterator<Item = Status> {
        TABLE.iter().map(|row| Status(row.code))
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.code == self.0)
    }

    /// The name and the sentence, each with its NUL.
    fn texts(self) -> (&'static str, &'static str) {
        let texts = self.row().map_or(UNKNOWN, |row| row.texts);
        // Without the search for long texts: errors are told fast, too.
        let end = texts.bytes().position(|byte| byte == 0);
        texts.split_at(end.map_or(0, |end| end + 1))
    }

    /// The constant's name, `"KPC_ERR_UNKNOWN"` where it has none.
    pub fn name(self) -> &'static str {
        self.texts().0.strip_suffix('\0').unwrap_or_default()
    }

    /// One sentence for people.
    pub fn text(self) -> &'static str {
        self.texts().1.strip_suffix('\0').unwrap_or_default()
    }

    /// The name for C.
    pub fn c_name(self) -> &'static CStr {
        with_nul(self.texts().0)
    }

    /// The sentence for C.
    pub fn c_text(self) -> &'static CStr {
        with_nul(self.texts().1)
    }

    /// The family; for a value without a name, that of its block.
    pub fn category(self) -> Category {
        if let Some(row) = self.row() {
            return row.category;
        }
        match self.0 {
            -1255..=-1000 => Category::Daemon,
            -3255..=-2000 => Category::Replica,
            -4255..=-4000 => Category::Copy,
            _ => Category::Internal,
        }
    }

    /// True for the three outcomes that report a box's state rather than a failure:
    /// box not found, box already exists, tombstone.
    pub fn is_expected_outcome(self) -> bool {
        matches!(
            self,
            Status::BOX_ID_NOT_FOUND | Status::BOX_ALREADY_EXISTS | Status::TOMBSTONE
        )
    }
}

fn with_nul(text: &'static str) -> &'static CStr {
    CStr::from_bytes_with_nul(text.as_bytes()).unwrap_or_default()
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}
