//! kpc_client_*: a program's connection with its daemon.

pub mod connect;

use std::sync::Arc;

use crate::client::{Client, Level, Log};
use crate::ffi::api::config::{kpc_config, ConfigObject};
use crate::ffi::api::keys::{derivation_number, KPC_DERIVATION_UNKNOWN};
use crate::ffi::api::values::kpc_id;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::signal_mask;
use crate::ffi::boundary::signal_mask::Unsignalled;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};
use crate::{Error, Status};

/// A program's connection with its daemon. From outside it is one client; inside it keeps up
/// to three connections, so that local calls, writes and reads do not wait for each other.
pub struct kpc_client {
    _opaque: (),
}

impl Kind for kpc_client {
    type Object = Client;
    const TAG: Tag = Tag::Client;
}

/// What a thread of the library does first: it takes no signals of the program's, and its panics, which all end in somebody's error, print nothing.
fn set_up_thread() {
    crate::panic_hook::this_thread();
    signal_mask::set_up_thread();
}

fn level_of(level: i32) -> Option<Level> {
    [
        Level::Off,
        Level::Error,
        Level::Warn,
        Level::Info,
        Level::Debug,
        Level::Trace,
    ]
    .into_iter()
    .find(|known| *known as i32 == level)
}

fn log_of(config: &ConfigObject) -> Log {
    let (_, target) = config.snapshot();
    let Some(target) = target else {
        return Log::default();
    };
    Log::new(
        level_of(target.level).unwrap_or(Level::Off),
        Arc::new(move |level, text| target.line(level as i32, text)),
    )
}

/// Makes a client that is not connected yet. Opens no connection; starts one thread.
///
/// @param config  what the client is made from; a copy is taken
/// @param client  receives the client
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_CONFIG_NO_TRANSPORT, KPC_ERR_BAD_GEOMETRY,
///         KPC_ERR_NO_MEMORY (no thread to be had), KPC_ERR_IO
///
/// Ownership: *client is the caller's, kpc_client_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_new(
    config: *const kpc_config,
    client: *mut *mut kpc_client,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(client, "client"), move || {
            let object = handles::get(config)?;
            let (settings, _) = object.snapshot();
            let _unsignalled = Unsignalled::enter();
            Client::new(settings, log_of(&object), set_up_thread).map(Arc::new)
        })
    }
}

/// Disconnects and leaves the session alive at the daemon, which keeps it for a while (10 minutes
/// unless configured otherwise) and continues resending. Calls and operations wait, within their
/// time limits, until kpc_client_connect. Events: KPC_EVENT_DISCONNECTED.
///
/// @param client  the client
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_disconnect(
    client: *mut kpc_client,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, (), move || handles::get(client)?.disconnect()) }
}

/// Frees a client, and closes it if it is open, without waiting: the goodbye is handed to the
/// sockets, and the library does the rest on its own thread, as in kpc_client_close. Callbacks that
/// are running or queued still run, and the drop functions after them. A program that must know
/// when that is over calls kpc_client_close first; so does one that exits right afterwards, as
/// whatever has not left is lost with the process.
///
/// @param client  the client; NULL is fine, and so is what belongs to the parent of a forked
///                process, which is left alone
///
/// Threads: any, callbacks and finalizers included. Never waits.
#[no_mangle]
pub extern "C" fn kpc_client_free(client: *mut kpc_client) {
    if !client.is_null() {
        get((), || {
            handles::take(client.cast_const())?.begin_to_close();
            Ok(())
        });
    }
}

/// Whether the daemon is reachable and on the mixnet. What needs the mixnet waits while it is
/// not, except plain messages, which are refused with KPC_ERR_OFFLINE.
///
/// @param client  the client
/// @return true or false; false for what is no live kpc_client
#[no_mangle]
pub extern "C" fn kpc_client_is_connected(client: *const kpc_client) -> bool {
    get(false, || Ok(handles::get(client)?.is_connected()))
}

/// Whether the daemon is reachable, be it on the mixnet or not.
///
/// @param client  the client
/// @return true or false; false for what is no live kpc_client
#[no_mangle]
pub extern "C" fn kpc_client_is_attached(client: *const kpc_client) -> bool {
    get(false, || Ok(handles::get(client)?.is_attached()))
}

/// The token that names the daemon process. Another token than before means that the daemon
/// was restarted; the client has then sent again what was unanswered.
///
/// @param client  the client
/// @param token   receives the token
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_UNSUPPORTED (daemons up to v0.0.72 have none),
///         KPC_ERR_NOT_CONNECTED
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_daemon_token(
    client: *const kpc_client,
    token: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(token, "token"), move || {
            let client = handles::get(client)?;
            match client.status().instance_token {
                Some(bytes) => Ok(kpc_id { bytes }),
                None if client.stats().lanes.iter().any(|l| l.connects > 0) => Err(Error::new(
                    Status::UNSUPPORTED,
                    "this daemon gives no token for its process",
                )),
                None => Err(Error::new(
                    Status::NOT_CONNECTED,
                    "the client was not connected yet",
                )),
            }
        })
    }
}

/// The token by which the daemon knows this client: what other clients call their instance token.
/// It names the session of the first connection; the others have tokens of their own, and each of
/// them changes with a connection that is lost.
///
/// @param client  the client
/// @param token   receives the token
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NOT_CONNECTED (also with daemons up to v0.0.72,
///         which know no tokens)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_session_token(
    client: *const kpc_client,
    token: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(token, "token"), move || {
            let token = handles::get(client)?.session_token();
            token.map(|bytes| kpc_id { bytes }).ok_or_else(|| {
                Error::new(
                    Status::NOT_CONNECTED,
                    "the daemon knows this client by no token at the moment",
                )
            })
        })
    }
}

/// How the daemon makes keys from a seed. The library asks each daemon process once, in the
/// background after connecting, with a random seed; a daemon up to v0.0.76 is not asked, as all of
/// those do it the older way. Nothing depends on the answer but what kpc_new_keypair_remote returns
/// for a seed: capabilities of either derivation are good at every daemon.
///
/// @param client  the client
/// @return KPC_DERIVATION_CURRENT, KPC_DERIVATION_BEFORE_HPQC_101, KPC_DERIVATION_OTHER;
///         KPC_DERIVATION_UNKNOWN until the daemon has answered, and for what is no live kpc_client
#[no_mangle]
pub extern "C" fn kpc_client_key_derivation(client: *const kpc_client) -> i32 {
    get(KPC_DERIVATION_UNKNOWN, || {
        Ok(derivation_number(handles::get(client)?.key_derivation()))
    })
}

/// Whether the daemon knows a request, named by its reply on the wire, for instance
/// "voucher_mint_reply". Before the first connection the answer is for a daemon of today.
///
/// @param client     the client
/// @param reply_key  name of the reply
/// @return true or false; false for what is no live kpc_client or no text
#[no_mangle]
pub unsafe extern "C" fn kpc_client_supports(
    client: *const kpc_client,
    reply_key: *const std::ffi::c_char,
) -> bool {
    get(false, || {
        // SAFETY: pointers are what the contract of the header says.
        let key = unsafe { arguments::text(reply_key, "reply_key")? };
        Ok(handles::get(client)?.features().knows(key))
    })
}

/// A copy of the client's configuration, without its log.
///
/// @param client  the client
/// @param config  receives a copy of its configuration
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *config is the caller's, kpc_config_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_config(
    client: *const kpc_client,
    config: *mut *mut kpc_config,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(config, "config"), move || {
            Ok(ConfigObject::new(handles::get(client)?.config().clone()))
        })
    }
}

/// Writes a line of the program's own to the client's log, among those of the library.
///
/// @param client    the client
/// @param level     KPC_LOG_ERROR to KPC_LOG_TRACE
/// @param text      the line, UTF-8; control characters in it become blanks; may be NULL if
///                  text_len is 0
/// @param text_len  how many bytes
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK also where nobody wants the line; any argument error, KPC_ERR_ARG_SIZE
#[no_mangle]
pub unsafe extern "C" fn kpc_client_log(
    client: *const kpc_client,
    level: i32,
    text: *const std::ffi::c_char,
    text_len: usize,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let client = handles::get(client)?;
            let text = arguments::text_of(text, text_len, "text")?;
            match level_of(level) {
                Some(level) if level != Level::Off => client.log(level, text),
                _ => {
                    let message = format!("level {level} is none for a line");
                    return Err(Error::new(Status::ARG_VALUE, message));
                }
            }
            Ok(())
        })
    }
}
