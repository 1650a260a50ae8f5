//! Where there is no fork.

/// There are no children that have the memory of this process.
///
/// # Safety
/// None is needed.
pub(super) unsafe fn call_in_children(_function: extern "C" fn()) {}
