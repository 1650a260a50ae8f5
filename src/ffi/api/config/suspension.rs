//! Whether time limits count the time for which the machine is suspended.

use crate::config::SuspendClock;
use crate::ffi::api::config::reading::read;
use crate::ffi::api::config::{change, kpc_config};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};

/// Sets whether time limits count the time for which the machine is suspended. If they do, what
/// waits longer than its timeout_ms allows, the suspension included, ends with KPC_ERR_TIMEOUT
/// within about a second after the machine has resumed: calls that wait, operations, those of
/// stores too. Meanwhile threads that wait wake up once a second. Pauses of the library itself, and
/// what kpc_client_health reports, never count it.
///
/// The clock is CLOCK_BOOTTIME on Linux and CLOCK_MONOTONIC on systems of Apple.
///
/// @param config  the configuration
/// @param count   whether to count it; false unless it is set
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_UNSUPPORTED (this system has no such clock)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_count_suspended(
    config: *mut kpc_config,
    count: bool,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            change(config, |config| {
                config.suspend_clock = count.then(SuspendClock::of_system).transpose()?;
                Ok(())
            })
        })
    }
}

/// Whether time limits count the time for which the machine is suspended.
///
/// @param config  the configuration
/// @return as it was set; false for what is no live kpc_config
#[no_mangle]
pub extern "C" fn kpc_config_count_suspended(config: *const kpc_config) -> bool {
    get(false, || Ok(read(config)?.suspend_clock.is_some()))
}
