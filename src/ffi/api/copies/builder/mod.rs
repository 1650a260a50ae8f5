//! kpc_copy_builder_*: copy streams made easy.

pub mod adding;
pub mod running;

use crate::client::CopyBuilder;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::values::{kpc_box_index, kpc_service, kpc_write_cap, service_value};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};

/// A copy stream in the making: payloads and tombstones are added to it for any number of
/// destinations, then it writes its temporary stream and has a courier perform it. A courier is
/// chosen when the builder is made and kept. A stream is never performed without its last
/// element.
///
/// The builder belongs to no client: each call names one. One operation at a time works on it.
pub struct kpc_copy_builder {
    _opaque: (),
}

impl Kind for kpc_copy_builder {
    type Object = CopyBuilder;
    const TAG: Tag = Tag::CopyBuilder;
}

/// Makes a builder with a fresh temporary stream. Sends no request.
///
/// @param client   the client
/// @param builder  receives the builder
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (the network has no courier),
///         KPC_ERR_INCOMPATIBLE_DAEMON
///
/// Ownership: *builder is the caller's, kpc_copy_builder_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_new(
    client: *const kpc_client,
    builder: *mut *mut kpc_copy_builder,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(builder, "builder"), move || {
            handles::get(client)?.copy_builder()
        })
    }
}

/// Everything that another process needs to continue; at any time, also while an operation works on
/// the builder. A secret: it holds the capability of the temporary stream. As long as what waits to
/// be written.
///
/// @param builder  the builder
/// @param bytes    receives the bytes, for kpc_copy_builder_restore of this or a later version
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_save(
    builder: *const kpc_copy_builder,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            Ok(Buffer::new(handles::get(builder)?.save()?))
        })
    }
}

/// Makes a builder from the bytes of kpc_copy_builder_save. It continues from there; boxes that
/// were written since are found and, as long as they hold what this builder has for them, kept. If
/// they hold anything else, because something was added and written after the saving, the builder
/// moves what it has to another temporary stream.
///
/// @param bytes    the bytes
/// @param len      how many bytes
/// @param builder  receives the builder
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (these bytes are none, or were cut off or
///         damaged), KPC_ERR_UNSUPPORTED (of a later version), KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_NO_MEMORY
///
/// Ownership: *builder is the caller's, kpc_copy_builder_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_restore(
    bytes: *const u8,
    len: usize,
    builder: *mut *mut kpc_copy_builder,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(builder, "builder"), move || {
            CopyBuilder::restore(arguments::bytes(bytes, len, "bytes")?)
        })
    }
}

/// The progress of a builder.
///
/// @param builder  the builder
/// @param written  receives the number of boxes that are written; may be NULL
/// @param needed   receives the number of boxes that what was added so far takes; may be NULL
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_progress(
    builder: *const kpc_copy_builder,
    written: *mut u64,
    needed: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            (
                out(written, "written").optional(),
                out(needed, "needed").optional(),
            ),
            move || {
                let progress = handles::get(builder)?.progress();
                Ok((progress.written, progress.needed))
            },
        )
    }
}

/// Whether a courier has performed the stream. That stays so when kpc_copy_builder_tombstone has
/// deleted it.
///
/// @param builder  the builder
/// @return true or false; false for what is no live kpc_copy_builder
#[no_mangle]
pub extern "C" fn kpc_copy_builder_is_finished(builder: *const kpc_copy_builder) -> bool {
    get(false, || Ok(handles::get(builder)?.progress().finished))
}

/// The capability of the temporary stream, for instance to cancel by its hash.
///
/// @param builder    the builder
/// @param write_cap  receives the capability; secret
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_temp_write_cap(
    builder: *const kpc_copy_builder,
    write_cap: *mut kpc_write_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(write_cap, "write_cap"), move || {
            Ok((&handles::get(builder)?.temp_write_cap()).into())
        })
    }
}

/// The box of the temporary stream that is written next.
///
/// @param builder  the builder
/// @param index    receives the index
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_position(
    builder: *const kpc_copy_builder,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&handles::get(builder)?.position()).into())
        })
    }
}

/// The courier that is to perform the stream, or has.
///
/// @param builder  the builder
/// @param courier  receives where it is
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_courier(
    builder: *const kpc_copy_builder,
    courier: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(courier, "courier"), move || {
            let courier = handles::get(builder)?.courier();
            service_value(&courier.node, &courier.queue)
        })
    }
}

/// What was added and does not fill a box yet.
///
/// @param builder  the builder
/// @param buffer   receives the bytes, possibly none
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
///
/// Ownership: *buffer is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_buffer(
    builder: *const kpc_copy_builder,
    buffer: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(buffer, "buffer"), move || {
            Ok(Buffer::new(handles::get(builder)?.buffer()))
        })
    }
}

/// Cancels the operation that works on a builder: it completes with
/// KPC_ERR_START_RESENDING_CANCELLED and can be started again. Succeeds also when there is none. A
/// courier that has its command may continue.
///
/// @param client   the client that started it
/// @param builder  the builder
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_cancel(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            handles::get(client)?.copy_builder_cancel(&*handles::get(builder)?);
            Ok(())
        })
    }
}

/// Frees a builder. An operation that works on it continues.
///
/// @param builder  the builder; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_copy_builder_free(builder: *mut kpc_copy_builder) {
    free(builder);
}
