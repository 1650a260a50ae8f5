//! Foreign functions that the library calls: {fn, user_data, drop}.
//!
//! `drop` runs exactly once, after the last call, whatever becomes of the thing
//! that the callback was given to; also when the call that took it fails. That is
//! what Rust's own drop does, so it is left to that.

use std::ffi::c_void;

/// A timeout_ms without a limit.
pub const KPC_FOREVER: i32 = -1;
/// A timeout_ms that does not wait: the call takes what is there.
pub const KPC_NO_WAIT: i32 = 0;

/// Destructor for user_data; called exactly once, after its last use, on any thread.
pub type kpc_drop_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// A callback's user data together with the way to let go of it.
pub(crate) struct UserData {
    pointer: *mut c_void,
    drop: kpc_drop_fn,
}

// SAFETY: the library never looks behind the pointer; the header says that callbacks
// and drop run on threads of the library, so whoever gives it makes it fit for that.
unsafe impl Send for UserData {}
// SAFETY: as above; only the pointer itself is shared.
unsafe impl Sync for UserData {}

impl UserData {
    /// Takes over the user data. Made first thing in a function, so that `drop` runs
    /// also when the function fails.
    ///
    /// # Safety
    /// `drop` is NULL or may be called once with `pointer`, on any thread.
    pub(crate) unsafe fn new(pointer: *mut c_void, drop: kpc_drop_fn) -> Self {
        UserData { pointer, drop }
    }

    /// What the callback gets.
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(drop) = self.drop.take() {
            // SAFETY: promised to `new`; it was taken out, so it runs only once.
            unsafe { drop(self.pointer) };
        }
    }
}
