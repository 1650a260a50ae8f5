//! fork, as the C library reports it.

/// Has a function called in every child of this process, from now on. A failure (no memory) leaves
/// the process id as the test.
///
/// # Safety
/// It may be called in a forked child, where almost nothing may be done, and stays loaded.
pub(super) unsafe fn call_in_children(function: extern "C" fn()) {
    // SAFETY: passed on from the caller.
    unsafe { libc::pthread_atfork(None, None, Some(function)) };
}
