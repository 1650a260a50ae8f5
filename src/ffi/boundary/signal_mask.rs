//! Signals and the threads of the library.
//!
//! Signals that are sent to the process are the program's: the library's threads take none of
//! them, at no time. As a thread begins with the mask of the thread that makes it, that one holds
//! its signals back while it does. Two kinds are exceptions:
//!
//! * What a thread causes itself is never blocked. A blocked fault ends the process without asking
//!   any handler, so crash reporters, sanitizers and runtimes that make exceptions of faults would
//!   be blind in callbacks.
//! * Profilers and garbage collectors interrupt single threads, by SIGPROF, SIGXCPU, SIGPWR and
//!   real-time signals. There the thread keeps what it inherits: a program that blocks them
//!   everywhere, to wait for them, is not surprised by one that takes them.

use libc::c_int;

use crate::platform::sent_to_threads;

/// What a thread causes itself.
const FAULTS: [c_int; 7] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGABRT,
];

/// While it lives, the calling thread takes no signals of the program's.
pub(crate) struct Unsignalled(libc::sigset_t);

impl Unsignalled {
    pub(crate) fn enter() -> Self {
        Unsignalled(block())
    }
}

impl Drop for Unsignalled {
    fn drop(&mut self) {
        change_mask(libc::SIG_SETMASK, &self.0);
    }
}

/// Lets a thread of the library take no signals of the program's, for good, and always its own
/// faults.
pub(crate) fn set_up_thread() {
    block();
    change_mask(libc::SIG_UNBLOCK, &filled_with(&FAULTS));
}

/// Blocks the program's signals in the calling thread. Gives the mask that it had.
fn block() -> libc::sigset_t {
    let mut blocked = filled_with(&[]);
    // SAFETY: the set is valid; the calls touch nothing else.
    unsafe {
        libc::sigfillset(&raw mut blocked);
        for signal in FAULTS.into_iter().chain(sent_to_threads()) {
            libc::sigdelset(&raw mut blocked, signal);
        }
    }
    change_mask(libc::SIG_BLOCK, &blocked)
}

fn filled_with(signals: &[c_int]) -> libc::sigset_t {
    // SAFETY: a set of zeros is valid memory to be made a set; the calls touch nothing else.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, *signal);
        }
        set
    }
}

/// Changes the calling thread's mask. Gives the one that it had.
fn change_mask(how: c_int, set: &libc::sigset_t) -> libc::sigset_t {
    let mut before = filled_with(&[]);
    // SAFETY: both are sets; the call touches only the calling thread's mask beside them.
    unsafe { libc::pthread_sigmask(how, &raw const *set, &raw mut before) };
    before
}
