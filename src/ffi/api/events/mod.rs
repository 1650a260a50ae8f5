//! kpc_event_sink_*: what happens unasked, drunk in one of three ways.

pub mod channels;
pub mod copies;
pub mod properties;

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::client::{Event, EventSink};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::timeout;
use crate::ffi::api::waiting::{kpc_drop_fn, UserData};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Lent, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::signal_mask::Unsignalled;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Status};

/// A reader's own queue of events. Several may be open; each sees every event from its opening on,
/// in order, starting with the current status and document. The queue holds as many events as its
/// capacity, and at most 64 MiB of them; completions and replies to what this client has sent do
/// not count.
pub struct kpc_event_sink {
    _opaque: (),
}

/// One event.
pub struct kpc_event {
    _opaque: (),
}

/// What a `kpc_event_sink` stands for: closing it ends the sink behind it.
pub(crate) struct SinkObject {
    sink: Arc<EventSink>,
}

impl SinkObject {
    /// The sink, for completions that are to go there.
    pub(crate) fn sink(&self) -> Arc<EventSink> {
        Arc::clone(&self.sink)
    }
}

impl Kind for kpc_event_sink {
    type Object = SinkObject;
    const TAG: Tag = Tag::EventSink;
}

impl Kind for kpc_event {
    type Object = Event;
    const TAG: Tag = Tag::Event;
}

/// Receives an event, which is lent until the function returns.
pub type kpc_event_fn =
    Option<unsafe extern "C" fn(event: *const kpc_event, user_data: *mut c_void)>;

/// Opens an event sink. Each event taken from it is one call of kpc_event_sink_next, or of
/// the function given to kpc_event_sink_on_event.
///
/// @param client    the client, connected or not
/// @param capacity  how many events wait at most before the oldest is dropped; 0 counts as 1
/// @param sink      receives the sink
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_CLOSED
///
/// Ownership: *sink is the caller's, kpc_event_sink_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_sink_open(
    client: *mut kpc_client,
    capacity: usize,
    sink: *mut *mut kpc_event_sink,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(sink, "sink"), move || {
            let sink = handles::get(client)?.open_sink(capacity)?;
            Ok(Arc::new(SinkObject { sink }))
        })
    }
}

/// Takes the next event.
///
/// @param sink        the sink
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param event       receives the event
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK; KPC_ERR_TIMEOUT when none came in time; KPC_ERR_CLOSED when none will come,
///         after KPC_EVENT_CLOSED was taken; KPC_ERR_BUSY when the sink has a callback;
///         any argument error, KPC_ERR_WOULD_DEADLOCK (it would wait, in a callback of the same
///         client)
///
/// Ownership: *event is the caller's, kpc_event_free.
/// Threads: any; of several that wait, each event wakes one.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_sink_next(
    sink: *mut kpc_event_sink,
    timeout_ms: i32,
    event: *mut *mut kpc_event,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(event, "event"), move || {
            let sink = handles::get(sink)?.sink();
            match sink.next(timeout(timeout_ms)?)? {
                Some(event) => Ok(Arc::new(event)),
                None => Err(Error::new(Status::TIMEOUT, "no event came in time")),
            }
        })
    }
}

/// A file descriptor for poll, epoll, kqueue and the loops built on them: readable while
/// kpc_event_sink_next with KPC_NO_WAIT would return an event, and for good once that returns
/// KPC_ERR_CLOSED: a loop then stops polling it. Only to be polled, never read or closed.
///
/// @param sink  the sink
/// @return the descriptor, which belongs to the sink; -1 for what is no live kpc_event_sink,
///         or when the process has no descriptor left
#[no_mangle]
pub extern "C" fn kpc_event_sink_fd(sink: *const kpc_event_sink) -> c_int {
    get(-1, || handles::get(sink)?.sink.fd())
}

/// Hands every event of a sink, those that wait and those to come, to a function, on the client's
/// callback thread. From then on kpc_event_sink_next returns KPC_ERR_BUSY.
///
/// @param sink       the sink
/// @param fn         receives the events
/// @param user_data  passed to fn and drop; may be NULL
/// @param drop       called once with user_data, after the last event, also when this call
///                   fails; may be NULL
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_CLOSED, KPC_ERR_BUSY (the sink has a callback
///         already)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_sink_on_event(
    sink: *mut kpc_event_sink,
    r#fn: kpc_event_fn,
    user_data: *mut c_void,
    drop: kpc_drop_fn,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let user_data = UserData::new(user_data, drop);
        call(error, (), move || {
            let sink = handles::get(sink)?.sink();
            let Some(function) = r#fn else {
                return Err(Error::new(Status::ARG_NULL, "fn is NULL"));
            };
            // This may start the thread for callbacks.
            let _unsignalled = Unsignalled::enter();
            // The room of one event is that of the next.
            let mut room = Some(handles::reserve()?);
            sink.on_event(Box::new(move |event| {
                if let Ok(room) = room.take().map_or_else(handles::reserve, Ok) {
                    let lent = Lent::<kpc_event>::new(room, Arc::new(event));
                    // Promised by whoever gave the callback.
                    function(lent.as_ptr(), user_data.pointer());
                }
                room = handles::reserve().ok();
            }))
        })
    }
}

/// Frees a sink: it delivers nothing more, and a thread that waits in kpc_event_sink_next returns
/// KPC_ERR_CLOSED. Does not wait for a callback that is running.
///
/// @param sink  the sink; NULL is fine
///
/// Threads: any, callbacks included.
#[no_mangle]
pub extern "C" fn kpc_event_sink_free(sink: *mut kpc_event_sink) {
    if !sink.is_null() {
        get((), || {
            handles::take(sink.cast_const())?.sink.close();
            Ok(())
        });
    }
}

/// Frees an event of kpc_event_sink_next. One that was lent to a callback is not the program's to
/// free.
///
/// @param event  the event; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_event_free(event: *mut kpc_event) {
    free(event);
}
