//! kpc_event_channel_name, _is_writer, _message_number: what an event says of a channel of a store.

use super::kpc_event;
use crate::client::{ChannelEvent, ChannelNews, Event, FileProgress};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};
use crate::{Error, Status};

/// The channel of a store that an event is about, for KPC_EVENT_STORED, KPC_EVENT_RECEIVED,
/// KPC_EVENT_FILE_PROGRESS and KPC_EVENT_CHANNEL_... Which store, where the client has several, the
/// program's names have to tell.
///
/// @param event  the event
/// @param name   receives the text, UTF-8 and followed by a NUL
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_channel_name(
    event: *const kpc_event,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out_handle(name, "name"),
            move || match &*handles::get(event)? {
                Event::Channel(channel) => Ok(Buffer::text(channel.name.clone())),
                _ => Err(Error::new(Status::ARG_VALUE, "this event has no channel")),
            },
        )
    }
}

/// Whether an event is about the writer of its name, not the reader: names of writers and of
/// readers are independent.
///
/// @param event  the event
/// @return true or false; false for an event of another kind
#[no_mangle]
pub extern "C" fn kpc_event_is_writer(event: *const kpc_event) -> bool {
    get(false, || {
        Ok(matches!(&*handles::get(event)?, Event::Channel(channel) if channel.is_writer))
    })
}

/// The number of a message, for KPC_EVENT_STORED (of the last one that is on the mixnet) and
/// KPC_EVENT_RECEIVED.
///
/// @param event  the event
/// @return the number; 0 for any other event
#[no_mangle]
pub extern "C" fn kpc_event_message_number(event: *const kpc_event) -> u64 {
    get(0, || {
        Ok(match &*handles::get(event)? {
            Event::Channel(channel) => match channel.news {
                ChannelNews::Stored(number) | ChannelNews::Received(number) => number,
                _ => 0,
            },
            _ => 0,
        })
    })
}

/// How many bytes of a file are on the mixnet, or were received, for KPC_EVENT_FILE_PROGRESS.
///
/// @param event  the event
/// @return the number; 0 for any other event
#[no_mangle]
pub extern "C" fn kpc_event_file_done(event: *const kpc_event) -> u64 {
    file(event, |progress| progress.done)
}

/// How many bytes the whole file has, for KPC_EVENT_FILE_PROGRESS.
///
/// @param event  the event
/// @return the number; 0 for any other event
#[no_mangle]
pub extern "C" fn kpc_event_file_size(event: *const kpc_event) -> u64 {
    file(event, |progress| progress.size)
}

fn file(event: *const kpc_event, number: fn(&FileProgress) -> u64) -> u64 {
    get(0, || {
        Ok(match &*handles::get(event)? {
            Event::Channel(channel) => match &channel.news {
                ChannelNews::File(progress) => number(progress),
                _ => 0,
            },
            _ => 0,
        })
    })
}

/// What went wrong with a channel.
pub(super) fn trouble(event: &ChannelEvent) -> Option<&Error> {
    match &event.news {
        ChannelNews::Retrying(error) | ChannelNews::Conflict(error) | ChannelNews::Stuck(error) => {
            Some(error)
        }
        ChannelNews::Stored(_) | ChannelNews::Received(_) | ChannelNews::File(_) => None,
    }
}
