//! kpc_client_couriers, _distinct_couriers, _courier: who can perform copy commands.

use std::sync::Arc;

use crate::ffi::api::client::kpc_client;
use crate::ffi::api::directory::kpc_services;
use crate::ffi::api::values::{kpc_service, service_value};
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;

/// All couriers of the current directory document, in its order. Sends no request.
///
/// @param client    the client
/// @param couriers  receives the list, which is not empty
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (there
///         is none)
///
/// Ownership: *couriers is the caller's, kpc_services_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_couriers(
    client: *const kpc_client,
    couriers: *mut *mut kpc_services,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(couriers, "couriers"), move || {
            handles::get(client)?.couriers().map(Arc::new)
        })
    }
}

/// Some couriers of the current directory document, each on another node, in random order: a
/// path for kpc_send_nested_copy.
///
/// @param client    the client
/// @param count     how many; 0: an empty list
/// @param couriers  receives the list
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_NOT_ENOUGH_COURIERS
///
/// Ownership: *couriers is the caller's, kpc_services_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_distinct_couriers(
    client: *const kpc_client,
    count: usize,
    couriers: *mut *mut kpc_services,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(couriers, "couriers"), move || {
            handles::get(client)?.distinct_couriers(count).map(Arc::new)
        })
    }
}

/// One courier of the current directory document, chosen at random each time, each as likely as
/// any other.
///
/// @param client   the client
/// @param courier  receives where it is
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (there
///         is none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_courier(
    client: *const kpc_client,
    courier: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(courier, "courier"), move || {
            let courier = handles::get(client)?.courier()?;
            service_value(&courier.node, &courier.queue)
        })
    }
}
