//! Keeps caught panics from printing.
//!
//! The standard hook writes every panic to standard error before anybody can
//! catch it; a library has no business there. So, once, a hook is put before the
//! one that is installed: panics inside a [`Quiet`] scope or on one of the
//! library's own threads are passed over, everything else goes to the hook that
//! was there before. In the shared library the standard library is our own copy
//! and nobody else's panics pass here; in a Rust program that uses this crate,
//! or links the static library, its own panics are printed as ever.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    // Constant and without a destructor: usable at any time, also while a thread exits.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    // Where the last silenced panic happened: its payload does not say.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// While it lives, panics of this thread print nothing.
pub(crate) struct Quiet(());

impl Quiet {
    /// Starts a scope in which panics are caught by somebody.
    pub(crate) fn enter() -> Self {
        install();
        DEPTH.set(DEPTH.get().saturating_add(1));
        Quiet(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}

/// Returns once where the calling thread's last silenced panic happened.
pub(crate) fn take_place() -> Option<String> {
    PLACE
        .try_with(|place| place.try_borrow_mut().ok()?.take())
        .ok()
        .flatten()
}

fn keep_place(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    // Failing to note it (the thread is ending) must not become a panic of its own.
    let _ = PLACE.try_with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut() {
            *kept = place;
        }
    });
}

/// Panics of the calling thread print nothing from now on; for threads of our own.
pub(crate) fn this_thread() {
    std::mem::forget(Quiet::enter());
}

fn install() {
    // A hook cannot be changed by a thread that is panicking (a Rust program
    // that frees something while it unwinds); the next call does it then.
    if INSTALLED.load(Ordering::Relaxed) || std::thread::panicking() {
        return;
    }
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| match DEPTH.get() {
        0 => before(info),
        _ => keep_place(info),
    }));
}
