//! The one way in: every exported function goes through [`call`], [`get`] or [`free`].
//!
//! What they see to, so that no function has to:
//! * outputs are cleared before anything can fail, and written once, after everything succeeded;
//! * a panic ends here, as `KPC_ERR_PANIC`, without a word on standard error;
//! * the thread is not cancelled before the call is over;
//! * a failure becomes a status and, where the caller wants it, a `kpc_error`;
//! * the process is looked at before any lock is taken, where a handle is looked up.

pub(crate) mod arguments;
pub(crate) mod cancel_guard;
pub mod error;
#[cfg(all(target_vendor = "apple", feature = "store"))]
pub(crate) mod file_locks;
#[cfg_attr(windows, path = "no_forks.rs")]
mod forks;
pub(crate) mod handle_table;
pub(crate) mod handles;
pub(crate) mod outputs;
pub(crate) mod process;
#[cfg_attr(windows, path = "no_signals.rs")]
pub(crate) mod signal_mask;
pub mod status;

use std::any::Any;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{catch_unwind, AssertUnwindSafe};

use self::cancel_guard::CancelGuard;
use self::error::kpc_error;
use self::handles::{Kind, Tag};
use self::outputs::Outputs;
use self::status::kpc_status;
use crate::panic_hook::{self, Quiet};
use crate::secret::sweep_stack;
use crate::{Error, Result, Status};

/// Runs the body of a function that returns a status.
///
/// `outputs` is one declared output or a tuple of them; `body` returns their values.
///
/// # Safety
/// `error` is NULL or valid for writing a pointer until the end of the call.
pub(crate) unsafe fn call<O: Outputs>(
    error: *mut *mut kpc_error,
    outputs: O,
    body: impl FnOnce() -> Result<O::Values>,
) -> kpc_status {
    let mut body = Some(body);
    let mut act = || {
        if let Some(body) = body.take() {
            outputs.check()?;
            outputs.write(body()?);
        }
        Ok(())
    };
    // SAFETY: passed on from the caller.
    unsafe { enter(error, Act::new(&mut act)) }
}

/// A `&mut dyn FnMut() -> Result<()>` without the table of functions, which would be one for
/// each of hundreds, to be relocated where the library is loaded.
#[repr(C)]
struct Act<'a> {
    closure: *mut c_void,
    run: unsafe fn(*mut c_void) -> Result<()>,
    lent: PhantomData<&'a mut c_void>,
}

impl<'a> Act<'a> {
    fn new<F: FnMut() -> Result<()>>(closure: &'a mut F) -> Self {
        unsafe fn run<F: FnMut() -> Result<()>>(closure: *mut c_void) -> Result<()> {
            // SAFETY: the closure that `new` was given, lent until the `Act` is gone.
            unsafe { (*closure.cast::<F>())() }
        }
        Act {
            closure: std::ptr::from_mut(closure).cast(),
            run: run::<F>,
            lent: PhantomData,
        }
    }

    /// Runs it; a panic becomes an error.
    fn guarded(self) -> Result<()> {
        // SAFETY: it goes with its own closure.
        guarded(|| unsafe { (self.run)(self.closure) })
    }
}

/// What is the same for all functions that return a status; kept out of them, as there are
/// hundreds. Nothing unwinds out of it, and being `extern "C"` it tells the compiler so.
///
/// # Safety
/// `error` is NULL or valid for writing a pointer until the end of the call.
#[inline(never)]
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
unsafe extern "C" fn enter(error: *mut *mut kpc_error, act: Act<'_>) -> kpc_status {
    if !error.is_aligned() {
        return Status::ARG_VALUE.code(); // nowhere to tell more
    }
    // SAFETY: passed on from the caller.
    unsafe { error::clear(error) };
    // What the program left there: the dynamic linker, for one, puts the vector registers on the
    // stack when it looks up a function. A future that is built over it would take it to the heap.
    sweep_stack();
    let ended = act.guarded();
    // Values on their way to the caller, and what they were made of.
    sweep_stack();
    match ended {
        Ok(()) => Status::OK.code(),
        // SAFETY: passed on from the caller.
        Err(failure) => unsafe { error::report(error, failure) },
    }
}

/// Runs the body of a function that returns a value; `fallback` is what it gives when it cannot.
pub(crate) fn get<T>(fallback: T, body: impl FnOnce() -> Result<T>) -> T {
    let (mut value, mut rest) = (fallback, Some(body));
    attempt(Act::new(&mut || {
        if let Some(body) = rest.take() {
            value = body()?;
        }
        Ok(())
    }));
    value
}

/// What is the same for all functions that return a value.
#[inline(never)]
#[allow(improper_ctypes_definitions, reason = "as above")]
extern "C" fn attempt(act: Act<'_>) {
    // There is nobody to tell.
    let _ = act.guarded();
}

/// Ends a handle. NULL, and anything that is no live handle of this kind, is left alone;
/// so is what belongs to the parent of a forked process.
pub(crate) fn free<K: Kind>(handle: *mut K) {
    free_any(K::TAG, handle.addr());
}

/// The same for the bits of a handle.
fn free_any(tag: Tag, handle: usize) {
    if handle != 0 {
        // The object may be dropped here, and with it foreign code may run.
        get((), || handles::take_any(tag, handle).map(drop));
    }
}

/// Runs `body`; a panic becomes an error.
pub(crate) fn guarded<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    let _uncancelled = CancelGuard::enter();
    let _quiet = Quiet::enter();
    // Nothing that a body can leave half done is seen afterwards: outputs are not
    // written, and what lies behind locks keeps its invariants (crate::sync).
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(panicked(payload)))
}

/// The error for a caught panic.
fn panicked(payload: Box<dyn Any + Send>) -> Error {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    // A payload of another type could panic again when it is dropped.
    if text.is_none() {
        std::mem::forget(payload);
    }
    let text = text.as_deref().unwrap_or("no reason given");
    let place = panic_hook::take_place().map_or_else(String::new, |place| format!(" ({place})"));
    Error::new(
        Status::PANIC,
        format!("the library panicked, please report it: {text}{place}"),
    )
}
