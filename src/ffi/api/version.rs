//! kpc_version*, kpc_debug_*: about the library itself.

use std::ffi::{c_char, CStr};

use crate::ffi::boundary::get;
use crate::ffi::boundary::handles;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    };

/// The version of the library that the program runs with, "1.2.3". KPC_VERSION is that of
/// the header it was compiled with.
///
/// @return a static text, never NULL
///
/// Ownership: static, never freed.
#[no_mangle]
pub extern "C" fn kpc_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version as a number that grows: major * 65536 + minor * 256 + patch. Compare with
/// KPC_VERSION_NUMBER.
///
/// @return the number
#[no_mangle]
pub extern "C" fn kpc_version_number() -> u32 {
    const NUMBER: u32 = part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"));
    NUMBER
}

const fn part(digits: &str) -> u32 {
    let digits = digits.as_bytes();
    let mut value = 0;
    let mut at = 0;
    while at < digits.len() {
        value = value * 10 + (digits[at] - b'0') as u32;
        at += 1;
    }
    value
}

/// The number of live handles of the calling process, of every kind. For tests that look for leaks;
/// 0 when everything was freed. In a forked child the parent's do not count.
///
/// @return the number of live handles
///
/// Threads: any; the number is exact only while no other thread makes or frees objects.
#[no_mangle]
pub extern "C" fn kpc_debug_live_objects() -> usize {
    get(0, || Ok(handles::live()))
}
