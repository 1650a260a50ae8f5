//! The exit codes: one table for the program, its help and its manual page.

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All was done.
    Done = 0,
    /// It was tried, and failed.
    Failed = 1,
    /// The command line cannot be understood, or the input cannot be used.
    Usage = 2,
    /// There is no thinclient.toml, or it cannot be used.
    Config = 3,
    /// The daemon cannot be reached, was lost, or is off the mixnet.
    Unreachable = 4,
    /// There is no such channel, service, message or file.
    NotFound = 5,
    /// The time limit expired.
    TimedOut = 6,
    /// The database or a file cannot be read or written.
    Local = 7,
    /// Something of that name is there already, or is in use.
    Conflict = 8,
    /// SIGINT: ctrl-C.
    Interrupted = 130,
    /// Nobody reads the output.
    BrokenPipe = 141,
    /// SIGTERM or SIGHUP.
    Terminated = 143,
}

/// What the help says of them.
pub const TABLE: &[(Exit, &str)] = &[
    (Exit::Done, "all was done"),
    (
        Exit::Failed,
        "it was tried and failed: no reply, a refusal, a file that broke",
    ),
    (
        Exit::Usage,
        "the command line or the input cannot be understood",
    ),
    (
        Exit::Config,
        "there is no thinclient.toml, or it cannot be used",
    ),
    (
        Exit::Unreachable,
        "the daemon cannot be reached, was lost, or is off the mixnet",
    ),
    (
        Exit::NotFound,
        "there is no such channel, service, message or file",
    ),
    (Exit::TimedOut, "the time limit expired"),
    (
        Exit::Local,
        "the database or a file cannot be read or written",
    ),
    (
        Exit::Conflict,
        "something of that name is there already, or is in use",
    ),
    (
        Exit::Interrupted,
        "interrupted (ctrl-C); what was begun is kept",
    ),
    (Exit::BrokenPipe, "nobody reads the output any more"),
    (
        Exit::Terminated,
        "ended by SIGTERM or SIGHUP; what was begun is kept",
    ),
];
