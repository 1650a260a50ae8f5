//! What differs between the systems that the library runs on: one file for each, with the same
//! names. Only src/ffi/boundary/cancel_guard.rs asks for the system too, as it needs unsafe code.

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "linux.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", target_vendor = "apple")),
    path = "other.rs"
)]
mod system;

pub(crate) use self::system::{abstract_name, sent_to_threads, silence, NO_SIGNAL, SUSPEND_CLOCK};
