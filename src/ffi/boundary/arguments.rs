//! Arguments: what comes from C is looked at here before anybody uses it.

use std::ffi::{c_char, CStr};

use crate::{Error, Result, Status};

/// A compulsory reference to a value.
///
/// # Safety
/// `pointer` is NULL or points to a `T` that nobody writes to during `'a`.
pub(crate) unsafe fn value<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: passed on from the caller.
    unsafe { optional_value(pointer, name)? }.ok_or_else(|| null(name))
}

/// A reference to a value that may be left out.
///
/// # Safety
/// `pointer` is NULL or points to a `T` that nobody writes to during `'a`.
pub(crate) unsafe fn optional_value<'a, T>(pointer: *const T, name: &str) -> Result<Option<&'a T>> {
    if !pointer.is_aligned() {
        return Err(Error::new(
            Status::ARG_VALUE,
            format!("{name} is not aligned"),
        ));
    }
    // SAFETY: NULL or valid by the caller's word, and aligned.
    Ok(unsafe { pointer.as_ref() })
}

/// Bytes of any length; NULL stands for none when `len` is 0.
///
/// # Safety
/// `pointer` is NULL or points to `len` bytes that nobody writes to during `'a`.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, len: usize, name: &str) -> Result<&'a [u8]> {
    // SAFETY: passed on from the caller.
    unsafe { slice(pointer, len, name) }
}

/// Some values in a row; NULL stands for none when `len` is 0.
///
/// # Safety
/// `pointer` is NULL or points to `len` values that nobody writes to during `'a`.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize, name: &str) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(null(name));
    }
    if !pointer.is_aligned() {
        return Err(Error::new(
            Status::ARG_VALUE,
            format!("{name} is not aligned"),
        ));
    }
    let size = len.checked_mul(size_of::<T>());
    if size.is_none_or(|size| size > isize::MAX as usize) {
        return Err(Error::new(
            Status::ARG_SIZE,
            format!("{name}: {len} is more than can lie in memory"),
        ));
    }
    // SAFETY: not null, aligned, of possible size, and valid by the caller's word.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// A compulsory text: NUL-terminated UTF-8.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated text that nobody writes to during `'a`.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: passed on from the caller.
    unsafe { optional_text(pointer, name)? }.ok_or_else(|| null(name))
}

/// A text that may be left out.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated text that nobody writes to during `'a`.
pub(crate) unsafe fn optional_text<'a>(
    pointer: *const c_char,
    name: &str,
) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, and terminated by the caller's word.
    let text = unsafe { CStr::from_ptr(pointer) };
    utf8(text.to_bytes(), name).map(Some)
}

/// A text that the program carries: UTF-8 of any length, NULL stands for none when `len` is 0.
///
/// # Safety
/// `pointer` is NULL or points to `len` bytes that nobody writes to during `'a`.
pub(crate) unsafe fn text_of<'a>(
    pointer: *const c_char,
    len: usize,
    name: &str,
) -> Result<&'a str> {
    // SAFETY: passed on from the caller.
    utf8(unsafe { bytes(pointer.cast(), len, name)? }, name)
}

fn utf8<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str> {
    std::str::from_utf8(bytes)
        .map_err(|_| Error::new(Status::ARG_VALUE, format!("{name} is not UTF-8")))
}

/// Bytes that must be exactly as many as the array holds.
pub(crate) fn exactly<'a, const N: usize>(bytes: &'a [u8], name: &str) -> Result<&'a [u8; N]> {
    bytes.try_into().map_err(|_| {
        Error::new(
            Status::ARG_SIZE,
            format!("{name} has {} bytes, not {N}", bytes.len()),
        )
    })
}

/// Flags of which only those in `known` may be set.
pub(crate) fn flags(value: u32, known: u32, name: &str) -> Result<u32> {
    match value & !known {
        0 => Ok(value),
        unknown => Err(Error::new(
            Status::ARG_VALUE,
            format!("{name} has unknown bits: {unknown:#x}"),
        )),
    }
}

fn null(name: &str) -> Error {
    Error::new(Status::ARG_NULL, format!("{name} is NULL"))
}
