//! kpc_op, kpc_completion, kpc_result: operations that were started and are not waited for.

use std::ffi::c_void;
use std::sync::{Arc, Mutex};

use crate::client::{AnyCall, Call, Client, Completed, Delivery, Prepared, Shared, Timeout};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::events::kpc_event_sink;
use crate::ffi::api::waiting::{kpc_drop_fn, UserData, KPC_NO_WAIT};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::{kpc_error, ErrorDetail};
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Lent, Tag};
use crate::ffi::boundary::outputs::{out, out_handle, OutHandle, Outputs};
use crate::ffi::boundary::signal_mask::Unsignalled;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get, guarded};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Names an operation of one client: never 0, never used twice by it.
pub type kpc_op = u64;

/// How an operation ended, with its outputs: for the _result function of the call that started it.
pub struct kpc_result {
    _opaque: (),
}

impl Kind for kpc_result {
    type Object = Completed;
    const TAG: Tag = Tag::OperationResult;
}

/// Receives a completion. The result is lent until the function returns.
pub type kpc_completion_fn =
    Option<unsafe extern "C" fn(result: *const kpc_result, user_data: *mut c_void)>;

/// Where the completion of an asynchronous operation goes: to fn if that is set, else as an event
/// KPC_EVENT_OPERATION to sink if that is set, else it is kept for kpc_op_wait. The sink must be
/// one of the client that the operation is started with, else the call fails with
/// KPC_ERR_BAD_HANDLE. If the sink is closed first, the completion is discarded.
#[repr(C)]
pub struct kpc_completion {
    /// Called once, on the client's callback thread; may be NULL.
    pub r#fn: kpc_completion_fn,
    /// Passed to fn and drop; kpc_result_user_data returns it, wherever the completion goes.
    pub user_data: *mut c_void,
    /// Called once with user_data, when the result has been freed by everybody who had it; also
    /// when the call that took it fails, before that returns; may be NULL.
    pub drop: kpc_drop_fn,
    /// Receives the event if fn is NULL; may be NULL.
    pub sink: *mut kpc_event_sink,
}

/// A completion that C gave, taken over before anything can fail.
pub(crate) struct Completion {
    call: kpc_completion_fn,
    user_data: Arc<UserData>,
    sink: *mut kpc_event_sink,
}

impl Completion {
    /// # Safety
    /// `done` is NULL or points to a completion that keeps its promises.
    unsafe fn take(done: *const kpc_completion) -> Result<Option<Self>> {
        // SAFETY: passed on from the caller.
        let done = unsafe { arguments::optional_value(done, "done")? };
        Ok(done.map(|done| Completion {
            call: done.r#fn,
            // SAFETY: passed on from the caller.
            user_data: Arc::new(unsafe { UserData::new(done.user_data, done.drop) }),
            sink: done.sink,
        }))
    }

    fn delivery(&self) -> Result<Delivery> {
        let sink = self.sink;
        match self.call {
            Some(call) => {
                // Now, as there is somebody to tell that there is none.
                let room = handles::reserve()?;
                Ok(Delivery::Callback(Box::new(move |completed| {
                    let user_data = user_data_of(&completed);
                    let lent = Lent::<kpc_result>::new(room, completed);
                    // SAFETY: promised by whoever gave the completion.
                    unsafe { call(lent.as_ptr(), user_data) };
                })))
            }
            None if !sink.is_null() => Ok(Delivery::Sink(handles::get(sink)?.sink())),
            None => Ok(Delivery::Keep),
        }
    }
}

/// What the completion of an operation was given along.
fn user_data_of(completed: &Completed) -> *mut c_void {
    let context = completed.context.as_ref();
    context
        .and_then(|context| context.downcast_ref::<UserData>())
        .map_or(std::ptr::null_mut(), UserData::pointer)
}

/// A time limit as C gives it.
pub(crate) fn timeout(timeout_ms: i32) -> Result<Timeout> {
    Timeout::from_millis(timeout_ms).ok_or_else(|| {
        Error::new(
            Status::ARG_VALUE,
            format!("timeout_ms is {timeout_ms}; only -1 is a negative limit"),
        )
    })
}

/// What calls are made on: a client, or an object that belongs to one.
pub(crate) trait OfClient: Kind {
    /// The client's part that runs calls.
    fn client(object: &Self::Object) -> Result<&Arc<Shared>>;
}

impl OfClient for kpc_client {
    fn client(client: &Client) -> Result<&Arc<Shared>> {
        Ok(&client.shared)
    }
}

/// The blocking form of a call: prepares the work and waits for its value.
pub(crate) fn blocking<K: OfClient, T: Send + Sync + 'static>(
    handle: *const K,
    timeout_ms: i32,
    make: impl FnOnce(&K::Object) -> Result<Call<T>>,
) -> Result<T> {
    waiting(handle, timeout_ms, |object, timeout| {
        K::client(object)?.block(make(object)?, timeout)
    })
}

/// A call that never waits, so that it has one form only.
pub(crate) fn immediate<T: Send + Sync + 'static>(
    client: *const kpc_client,
    make: impl FnOnce(&Client) -> Result<Call<T>>,
) -> Result<T> {
    blocking(client, KPC_NO_WAIT, make)
}

/// The blocking form of a call that may look at its arguments until it returns.
pub(crate) fn waiting<K: Kind, T>(
    handle: *const K,
    timeout_ms: i32,
    act: impl FnOnce(&K::Object, Timeout) -> Result<T>,
) -> Result<T> {
    let object = handles::get(handle)?;
    act(&object, timeout(timeout_ms)?)
}

/// The name of a call, and where its completion goes.
pub(crate) struct Done(pub(crate) &'static str, pub(crate) *const kpc_completion);

/// The asynchronous form of a call: prepares the work, tells the operation's id, then begins.
///
/// # Safety
/// The pointers are what the contract of the header says.
pub(crate) unsafe fn asynchronous<K: OfClient, T: Send + Sync + 'static>(
    handle: *const K,
    timeout_ms: i32,
    Done(name, done): Done,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
    make: impl Fn(&K::Object) -> Result<Call<T>>,
) -> kpc_status {
    let prepare = move || -> Result<(Arc<Shared>, Timeout, AnyCall)> {
        let object = handles::get(handle)?;
        let timeout = timeout(timeout_ms)?;
        let work = make(&object)?.into_any().called(name);
        Ok((Arc::clone(K::client(&object)?), timeout, work))
    };
    // SAFETY: passed on from the caller.
    unsafe { begin(done, op, error, &prepare) }
}

/// The same, whatever the call gives.
///
/// # Safety
/// The pointers are what the contract of the header says.
unsafe fn begin(
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
    prepare: &dyn Fn() -> Result<(Arc<Shared>, Timeout, AnyCall)>,
) -> kpc_status {
    // SAFETY: passed on from the caller.
    let completion = unsafe { Completion::take(done) };
    let mut ready: Option<(Prepared, AnyCall, Timeout)> = None;
    // SAFETY: passed on from the caller.
    let status = unsafe {
        call(error, out(op, "op").optional(), || {
            let completion = completion?;
            let (client, timeout, mut work) = prepare()?;
            let delivery = match &completion {
                Some(completion) => completion.delivery()?,
                None => Delivery::Keep,
            };
            if let Some(completion) = completion {
                work = work.with_context(completion.user_data);
            }
            // This may start the thread for callbacks.
            let calls = matches!(delivery, Delivery::Callback(_));
            let unsignalled = calls.then(Unsignalled::enter);
            let prepared = client.prepare_any(&work, delivery)?;
            drop(unsignalled);
            let id = prepared.id();
            ready = Some((prepared, work, timeout));
            Ok(id)
        })
    };
    if let Some((prepared, work, timeout)) = ready {
        // Only now: the completion may come before this function returns. A panic in here
        // ends the operation, which is how the program hears of it.
        let _ = guarded(|| {
            prepared.launch_any(work, timeout);
            Ok(())
        });
    }
    status
}

/// The waiting form of a call that has three: `make` checks the arguments, `convert` makes the
/// outputs of what the call gave.
///
/// # Safety
/// `error` is NULL or valid for writing a pointer until the end of the call.
pub(crate) unsafe fn waiting_form<K: OfClient, T: Send + Sync + 'static, O: Outputs>(
    handle: *const K,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
    outputs: O,
    make: impl FnOnce(&K::Object) -> Result<Call<T>>,
    convert: fn(T) -> Result<O::Values>,
) -> kpc_status {
    // SAFETY: passed on from the caller.
    unsafe {
        call(error, outputs, move || {
            convert(blocking(handle, timeout_ms, make)?)
        })
    }
}

/// The form that gives the outputs of what the asynchronous form began.
///
/// # Safety
/// `error` is NULL or valid for writing a pointer until the end of the call.
pub(crate) unsafe fn result_form<T: Clone + 'static, O: Outputs>(
    name: &str,
    result: *const kpc_result,
    error: *mut *mut kpc_error,
    outputs: O,
    convert: fn(T) -> Result<O::Values>,
) -> kpc_status {
    // SAFETY: passed on from the caller.
    unsafe { call(error, outputs, move || convert(value_of(name, result)?)) }
}

/// Of a call whose only output is a handle of what it gave.
pub(crate) fn object<T>(value: T) -> Result<Arc<T>> {
    Ok(Arc::new(value))
}

/// What an operation that this call began gave.
fn value_of<T: Clone + 'static>(name: &str, result: *const kpc_result) -> Result<T> {
    completed(name, result)?.value::<T>().cloned()
}

/// An operation that this call began. Several calls give values of one type, so the type alone
/// does not tell whose result it is.
fn completed(name: &str, result: *const kpc_result) -> Result<Arc<Completed>> {
    let completed = handles::get(result)?;
    if completed.call != name {
        return Err(Error::new(
            Status::ARG_VALUE,
            format!("this is the result of {}, not of {name}", completed.call),
        ));
    }
    Ok(completed)
}

/// Cancels an operation. It still completes, once: with KPC_ERR_CANCELLED, or with its
/// result if that was faster. What the daemon does for it is called off.
///
/// @param client  the client that started it
/// @param op      the operation
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK also when it has completed already; any handle error, KPC_ERR_ARG_VALUE (this
///         client never started such an operation)
///
/// Threads: any, callbacks included.
#[no_mangle]
pub unsafe extern "C" fn kpc_op_cancel(
    client: *mut kpc_client,
    op: kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, (), move || handles::get(client)?.cancel(op)) }
}

/// Waits until an operation has completed, wherever its completion goes. The result of one that was
/// started without callback and sink is returned here, once. Results that nobody fetches are kept
/// until the client is freed, up to 1024 and 64 MiB; beyond that the oldest are dropped.
///
/// @param client      the client that started it
/// @param op          the operation
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param result      receives the result, or NULL if it was delivered elsewhere or fetched
///                    before; may be NULL, which leaves the result to be fetched
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK when it has completed, well or not; KPC_ERR_TIMEOUT while it is running;
///         any argument error, KPC_ERR_WOULD_DEADLOCK
///
/// Ownership: *result is the caller's, kpc_result_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_op_wait(
    client: *mut kpc_client,
    op: kpc_op,
    timeout_ms: i32,
    result: *mut *mut kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let kept: Mutex<Option<Arc<Completed>>> = Mutex::new(None);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let target: OutHandle<kpc_result> = out_handle(result, "result").optional();
        let status = call(error, (), || {
            // Nothing is taken that there is no place for.
            target.check()?;
            let client = handles::get(client)?;
            let timeout = timeout(timeout_ms)?;
            if result.is_null() {
                return client.wait_only(op, timeout);
            }
            *lock(&kept) = client.wait(op, timeout)?;
            Ok(())
        });
        let completed = lock(&kept).take();
        match completed {
            Some(completed) if status == Status::OK.code() => {
                call(error, target, move || Ok(completed))
            }
            _ => status,
        }
    }
}

/// Which operation a result belongs to.
///
/// @param result  the result
/// @return the operation; 0 for what is no live kpc_result
#[no_mangle]
pub extern "C" fn kpc_result_op(result: *const kpc_result) -> kpc_op {
    get(0, || Ok(handles::get(result)?.op))
}

/// The user_data of the completion that the operation was started with. The completion's drop
/// function is called with it when the last handle of the result is freed.
///
/// @param result  the result
/// @return the pointer; NULL if the operation was started without a completion, or for what is no
///         live kpc_result
///
/// Ownership: as the program has settled it; the library only hands the pointer on.
#[no_mangle]
pub extern "C" fn kpc_result_user_data(result: *const kpc_result) -> *mut c_void {
    get(std::ptr::null_mut(), || {
        Ok(user_data_of(&*handles::get(result)?))
    })
}

/// How the operation ended.
///
/// @param result  the result
/// @return KPC_OK or the failure; KPC_ERR_BAD_HANDLE or KPC_ERR_ARG_NULL for what is no live
///         kpc_result
#[no_mangle]
pub extern "C" fn kpc_result_status(result: *const kpc_result) -> kpc_status {
    match guarded(|| Ok(handles::get(result)?.status())) {
        Ok(status) => status.code(),
        Err(error) => error.status().code(),
    }
}

/// The details of how an operation failed.
///
/// @param result  the result
/// @return the error; NULL if the operation succeeded, for what is no live kpc_result, or without
///         memory
///
/// Ownership: the error is the caller's, kpc_error_free.
#[no_mangle]
#[must_use]
pub extern "C" fn kpc_result_error(result: *const kpc_result) -> *mut kpc_error {
    get(std::ptr::null_mut(), || {
        match &handles::get(result)?.outcome {
            Ok(_) => Ok(std::ptr::null_mut()),
            Err(error) => handles::insert(ErrorDetail::new(error.clone())),
        }
    })
}

/// Frees a result of kpc_op_wait or kpc_event_result.
///
/// @param result  the result; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_result_free(result: *mut kpc_result) {
    free(result);
}
