//! kpc_names_*: a list of names.

use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Status};

/// A list of names, in the order of their bytes.
pub struct kpc_names {
    _opaque: (),
}

impl Kind for kpc_names {
    type Object = Vec<String>;
    const TAG: Tag = Tag::Names;
}

/// How many names a list has.
///
/// @param names  the list
/// @return the number; 0 for what is no live kpc_names
#[no_mangle]
pub extern "C" fn kpc_names_count(names: *const kpc_names) -> usize {
    get(0, || Ok(handles::get(names)?.len()))
}

/// One name of a list.
///
/// @param names     the list
/// @param position  which one, from 0
/// @param name      receives the text, UTF-8 and followed by a NUL
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_names_at(
    names: *const kpc_names,
    position: usize,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(name, "name"), move || {
            let names = handles::get(names)?;
            let name = names.get(position).cloned().ok_or_else(|| {
                Error::new(
                    Status::ARG_VALUE,
                    format!("position {position} of {} names", names.len()),
                )
            })?;
            Ok(Buffer::text(name))
        })
    }
}

/// Frees a list of names.
///
/// @param names  the list; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_names_free(names: *mut kpc_names) {
    free(names);
}
