//! Signals and the threads of the library.
//!
//! They are the program's: the library's threads take none, at no time. As a thread begins with
//! the mask of the thread that makes it, that one holds its signals back while it does.

/// While it lives, the calling thread takes no signals.
pub(crate) struct Unsignalled(libc::sigset_t);

impl Unsignalled {
    pub(crate) fn enter() -> Self {
        Unsignalled(block_all())
    }
}

impl Drop for Unsignalled {
    fn drop(&mut self) {
        // SAFETY: the mask is one that the C library itself told.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut())
        };
    }
}

/// Lets the calling thread take no signals. Gives the mask that it had.
pub(crate) fn block_all() -> libc::sigset_t {
    // SAFETY: all-zero sets of signals are valid memory to be filled; the calls only touch them
    // and the calling thread's mask.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}
