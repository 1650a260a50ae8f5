//! kpc_status_*: numbers, names and texts of every outcome.

use std::ffi::c_char;

use super::get;
use crate::Status;

/// The outcome of a call: 0 (KPC_OK) is success, every failure is negative. A value that
/// has no name here comes from a newer daemon, courier or replica and keeps its number:
/// -1000 - n the daemon's code n, -2000 - n a replica's, -2500 - n an answer that did not
/// verify, -3000 - n a courier's, -4000 - n a copy command's.
pub type kpc_status = i32;

/// Success.
pub const KPC_CATEGORY_OK: i32 = 0;
/// The caller passed something unusable; nothing was sent.
pub const KPC_CATEGORY_ARGUMENT: i32 = 1;
/// The way to the daemon or to the mixnet.
pub const KPC_CATEGORY_SESSION: i32 = 2;
/// The daemon refused.
pub const KPC_CATEGORY_DAEMON: i32 = 3;
/// A replica or a courier refused, or its answer did not verify.
pub const KPC_CATEGORY_REPLICA: i32 = 4;
/// A copy command failed.
pub const KPC_CATEGORY_COPY: i32 = 5;
/// Somebody cancelled.
pub const KPC_CATEGORY_CANCELLED: i32 = 6;
/// A time limit ran out.
pub const KPC_CATEGORY_TIMEOUT: i32 = 7;
/// The library itself, its storage or the machine.
pub const KPC_CATEGORY_INTERNAL: i32 = 8;

/// The name of a status: "KPC_ERR_TIMEOUT", "KPC_OK"; "KPC_ERR_UNKNOWN" for a value
/// without a name.
///
/// @param status  any value
/// @return a static text, never NULL
///
/// Ownership: static, never freed.
#[no_mangle]
pub extern "C" fn kpc_status_name(status: kpc_status) -> *const c_char {
    get(c"KPC_ERR_UNKNOWN".as_ptr(), || {
        Ok(Status::from_code(status).c_name().as_ptr())
    })
}

/// One sentence about a status, in English, for people. kpc_error_message says more.
///
/// @param status  any value
/// @return a static text, never NULL
///
/// Ownership: static, never freed.
#[no_mangle]
pub extern "C" fn kpc_status_text(status: kpc_status) -> *const c_char {
    get(c"".as_ptr(), || {
        Ok(Status::from_code(status).c_text().as_ptr())
    })
}

/// The family of a status, one of the KPC_CATEGORY_ values; for a value without a name, that of
/// its block.
///
/// @param status  any value
/// @return a KPC_CATEGORY_ value
#[no_mangle]
pub extern "C" fn kpc_status_category(status: kpc_status) -> i32 {
    get(KPC_CATEGORY_INTERNAL, || {
        Ok(Status::from_code(status).category() as i32)
    })
}

/// True if the status reports a box's state rather than a failure: for KPC_ERR_BOX_ID_NOT_FOUND,
/// KPC_ERR_BOX_ALREADY_EXISTS and KPC_ERR_TOMBSTONE, false for everything else. Sending the same
/// bytes again does not change it.
///
/// @param status  any value
/// @return true for the three outcomes named above
#[no_mangle]
pub extern "C" fn kpc_status_is_expected_outcome(status: kpc_status) -> bool {
    get(
        false,
        || Ok(Status::from_code(status).is_expected_outcome()),
    )
}
