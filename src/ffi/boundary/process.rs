//! Which process the handles belong to.
//!
//! After `fork` the child inherits the parent's handles but neither its threads
//! nor its right to the sockets, and any lock may be held by a thread that does
//! not exist there. So whose tables these are is settled before anything is
//! locked: by process id, which also catches `_Fork` and plain `clone`, and by a
//! count of forks, which also catches a process id that comes back. A child
//! leaves the inherited tables alone and starts its own at its first new handle.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use super::forks::call_in_children;
use super::handle_table::Table;
use crate::{Error, Result, Status};

/// The handles of one process.
pub(crate) struct Process {
    /// The process that made these tables.
    pid: u32,
    /// What [`FORKS`] was then.
    forks: usize,
    /// How many processes on the way here had tables of their own; part of every handle.
    pub(crate) generation: usize,
    /// Every object that C holds a handle of.
    pub(crate) table: Table,
    /// The parent's tables, left alone for ever. Named here only so that programs which look
    /// for lost memory find them.
    _inherited: Option<&'static Process>,
}

static CURRENT: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());
static FORKS: AtomicUsize = AtomicUsize::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// The calling process's tables, if it has any yet. Takes no lock.
pub(crate) fn existing() -> Option<&'static Process> {
    let inherited = any()?;
    inherited.is_mine().then_some(inherited)
}

/// The tables that are there, be they this process's or inherited. Takes no lock.
pub(crate) fn any() -> Option<&'static Process> {
    let current = CURRENT.load(Ordering::Acquire);
    // SAFETY: the pointer is null or came from `Box::into_raw` in `own`, which
    // publishes it with release ordering; such a box is never freed.
    unsafe { current.as_ref() }
}

/// The calling process's tables, made now if need be.
pub(crate) fn own() -> Result<&'static Process> {
    watch_forks();
    loop {
        let seen = any();
        if let Some(process) = seen.filter(|process| process.is_mine()) {
            return Ok(process);
        }
        if let Some(process) = publish(seen, Process::new(seen)) {
            return Ok(process);
        }
        // Another thread was faster; look again.
    }
}

/// Makes `fresh` the current tables if `seen` still are.
fn publish(seen: Option<&'static Process>, fresh: Process) -> Option<&'static Process> {
    let old = seen.map_or(std::ptr::null_mut(), |process| {
        std::ptr::from_ref(process).cast_mut()
    });
    let new = Box::into_raw(Box::new(fresh));
    match CURRENT.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: just made from a box, now shared and never freed.
        Ok(_) => Some(unsafe { &*new }),
        Err(_) => {
            // SAFETY: just made from a box, and nobody else has seen it.
            drop(unsafe { Box::from_raw(new) });
            None
        }
    }
}

/// Counts forks, once for the life of the process.
fn watch_forks() {
    if WATCHING.swap(true, Ordering::Relaxed) {
        return;
    }
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the handler only touches an atomic, which is allowed in a forked
    // child; the library is never unloaded (-z nodelete), so it stays valid.
    unsafe { call_in_children(in_child) };
}

impl Process {
    fn new(inherited: Option<&'static Process>) -> Self {
        Process {
            pid: std::process::id(),
            forks: FORKS.load(Ordering::Relaxed),
            generation: inherited.map_or(0, |process| process.generation.wrapping_add(1)),
            table: Table::new(),
            _inherited: inherited,
        }
    }

    fn is_mine(&self) -> bool {
        self.pid == std::process::id() && self.forks == FORKS.load(Ordering::Relaxed)
    }
}

/// What a handle of a process further up gets.
pub(crate) fn forked() -> Error {
    Error::new(
        Status::FORKED,
        "this handle was made before fork, by another process; make a new one in the child",
    )
}
