//! kpc_config_*: checking a configuration and reading it back.

use std::ffi::{c_char, CStr};
use std::time::Duration;

use super::*;
use crate::config::{Config, Dial};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::geometry::{kpc_pigeonhole_geometry, kpc_sphinx_geometry};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Result, Status};

pub(super) fn read(config: *const kpc_config) -> Result<Config> {
    Ok(handles::get(config)?.snapshot().0)
}

/// Checks a configuration as a client would before it connects. Opens no connection.
///
/// @param config  the configuration
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_CONFIG_NO_TRANSPORT
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_validate(
    config: *const kpc_config,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, (), move || read(config)?.validate()) }
}

/// Which transport is set.
///
/// @param config  the configuration
/// @return a KPC_TRANSPORT_ value; KPC_TRANSPORT_NONE also for what is no live kpc_config
#[no_mangle]
pub extern "C" fn kpc_config_transport(config: *const kpc_config) -> i32 {
    get(KPC_TRANSPORT_NONE, || {
        Ok(match read(config)?.dial {
            None => KPC_TRANSPORT_NONE,
            Some(Dial::Unix { .. }) => KPC_TRANSPORT_UNIX,
            Some(Dial::Tcp { .. }) => KPC_TRANSPORT_TCP,
            Some(Dial::Ws { .. }) => KPC_TRANSPORT_WS,
        })
    })
}

/// The network of the transport: "unix", "tcp", "tcp4", "tcp6" or "ws".
///
/// @param config  the configuration
/// @return a static text, never NULL; empty if no transport is set, and for what is no live
///         kpc_config
///
/// Ownership: static, never freed.
#[no_mangle]
pub extern "C" fn kpc_config_network(config: *const kpc_config) -> *const c_char {
    const NONE: &CStr = c"";
    get(NONE.as_ptr(), || {
        let name = match read(config)?.dial {
            None => NONE,
            Some(Dial::Unix { .. }) => c"unix",
            Some(Dial::Tcp { network, .. }) => match network.name() {
                "tcp4" => c"tcp4",
                "tcp6" => c"tcp6",
                _ => c"tcp",
            },
            Some(Dial::Ws { .. }) => c"ws",
        };
        Ok(name.as_ptr())
    })
}

/// The path, address or URL of the transport.
///
/// @param config   the configuration
/// @param address  receives the text, UTF-8 and followed by a NUL
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_CONFIG_NO_TRANSPORT, KPC_ERR_NO_MEMORY
///
/// Ownership: *address is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_address(
    config: *const kpc_config,
    address: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(address, "address"), move || {
            match read(config)?.dial {
                Some(
                    Dial::Unix { path: text }
                    | Dial::Tcp { address: text, .. }
                    | Dial::Ws { url: text },
                ) => Ok(Buffer::text(text)),
                None => Err(Error::new(
                    Status::CONFIG_NO_TRANSPORT,
                    "the configuration names no transport",
                )),
            }
        })
    }
}

/// How long a client waits before it dials again.
///
/// @param config  the configuration
/// @param min_ms  receives the shortest wait in milliseconds; may be NULL
/// @param max_ms  receives the longest wait in milliseconds; may be NULL
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_reconnect(
    config: *const kpc_config,
    min_ms: *mut u32,
    max_ms: *mut u32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let millis = |wait: Duration| u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out(min_ms, "min_ms").optional(),
            out(max_ms, "max_ms").optional(),
        );
        call(error, outputs, move || {
            let config = read(config)?;
            Ok((millis(config.reconnect_min), millis(config.reconnect_max)))
        })
    }
}

/// How many connections a client has for encryptions.
///
/// @param config  the configuration
/// @return how many, at least 1; 0 for what is no live kpc_config
#[no_mangle]
pub extern "C" fn kpc_config_encryption_connections(config: *const kpc_config) -> u32 {
    get(0, || {
        let count = read(config)?.encryption_connections;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    })
}

/// How long what the daemon owes may be missing.
///
/// @param config  the configuration
/// @return milliseconds, at least 100; 0 for what is no live kpc_config
#[no_mangle]
pub extern "C" fn kpc_config_silence_limit(config: *const kpc_config) -> u32 {
    get(0, || {
        let limit = read(config)?.silence_limit;
        Ok(u32::try_from(limit.as_millis()).unwrap_or(u32::MAX))
    })
}

/// Whether kpc_client_connect opens all connections and starts all threads at once.
///
/// @param config  the configuration
/// @return true if so; false for what is no live kpc_config
#[no_mangle]
pub extern "C" fn kpc_config_connect_all(config: *const kpc_config) -> bool {
    get(false, || Ok(read(config)?.connect_all))
}

/// The maximum verbosity of the log.
///
/// @param config  the configuration
/// @return a KPC_LOG_ value; KPC_LOG_OFF if no log is set, and for what is no live kpc_config
#[no_mangle]
pub extern "C" fn kpc_config_log_level(config: *const kpc_config) -> i32 {
    get(KPC_LOG_OFF, || {
        let log = handles::get(config)?.snapshot().1;
        Ok(log.map_or(KPC_LOG_OFF, |log| log.level))
    })
}

fn no_geometry() -> Error {
    Error::new(
        Status::NO_GEOMETRY,
        "the configuration has no such geometry; newer daemons tell theirs",
    )
}

/// The geometry of packets that was set or stood in the file.
///
/// @param config    the configuration
/// @param geometry  receives the geometry
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY, KPC_ERR_BAD_GEOMETRY (the name of a
///         scheme is too long)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_sphinx_geometry(
    config: *const kpc_config,
    geometry: *mut kpc_sphinx_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(geometry, "geometry"), move || {
            let geometry = read(config)?.sphinx;
            (&geometry.ok_or_else(no_geometry)?).try_into()
        })
    }
}

/// The geometry of boxes that was set or stood in the file.
///
/// @param config    the configuration
/// @param geometry  receives the geometry
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY, KPC_ERR_BAD_GEOMETRY (the name of a
///         scheme is too long)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_pigeonhole_geometry(
    config: *const kpc_config,
    geometry: *mut kpc_pigeonhole_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(geometry, "geometry"), move || {
            let geometry = read(config)?.pigeonhole;
            (&geometry.ok_or_else(no_geometry)?).try_into()
        })
    }
}

/// Frees a configuration. Clients that were made from it keep their copy.
///
/// @param config  the configuration; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_config_free(config: *mut kpc_config) {
    free(config);
}
