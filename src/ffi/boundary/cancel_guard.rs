//! pthread_cancel and the library.
//!
//! A cancelled thread ends at the next function of the C library that looks for it, by
//! unwinding its stack. Frames of Rust must not be unwound like that: the process would be
//! aborted. So a cancellation that comes during a call waits until the call is over.

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod system {
    use std::ffi::c_int;

    // Not in the crate libc. The values are those of glibc and musl, and of Apple's headers.
    const PTHREAD_CANCEL_DISABLE: c_int = if cfg!(target_os = "linux") { 1 } else { 0 };
    extern "C" {
        fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
    }

    /// While it lives, the calling thread is not cancelled.
    pub(crate) struct CancelGuard(c_int);

    impl CancelGuard {
        pub(crate) fn enter() -> Self {
            let mut before = 0;
            // SAFETY: the place is writable; the function is no cancellation point.
            unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
            CancelGuard(before)
        }
    }

    impl Drop for CancelGuard {
        fn drop(&mut self) {
            let mut unused = 0;
            // SAFETY: as above; the state is one that the C library itself told.
            unsafe { pthread_setcancelstate(self.0, &mut unused) };
        }
    }
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(crate) use system::CancelGuard;

/// Elsewhere threads are cancelled at the program's own risk.
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(crate) struct CancelGuard;

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
impl CancelGuard {
    pub(crate) fn enter() -> Self {
        CancelGuard
    }
}
