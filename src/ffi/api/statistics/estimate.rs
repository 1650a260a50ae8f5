//! kpc_client_estimate: how long work will take.

use crate::ffi::api::client::kpc_client;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;

/// How long work will take on average: for a progress bar, or to warn a user that it is not a
/// matter of seconds. Daemons send packets at a rate that the network's document sets (LambdaP,
/// about one a second today), whatever there is to do: a box that is written with
/// KPC_WRITE_UNCHECKED is one packet (as kpc_write_box does it otherwise, two: count it twice), a
/// box that is read two, and a copied payload about one for each 1400 bytes. So a round over 1000
/// boxes that are polled takes more than half an hour, and 10 MiB by copy take more than two hours.
/// Time in the network comes on top: as it was measured on this client, or before that as the
/// document promises it.
///
/// Each box has to be encrypted by the daemon first, each box of a copy twice. That takes some two
/// seconds of its processor on networks whose replicas have CTIDH1024-X25519, and is what holds
/// work up there: it counts as soon as the client has had something encrypted.
///
/// The estimate is for the given work alone and done at once. What is queued already comes on top,
/// see kpc_client_stats; so does what other clients of the daemon send, what is lost and sent
/// again, and the courier's own time for performing a copy. A box that is not there yet takes
/// another read each time that it is polled. Computed here; no daemon is asked.
///
/// @param client      the client, connected or lost
/// @param reads       how many boxes are read, or polled once each
/// @param writes      how many boxes are written, tombstones included, or plain messages sent
/// @param copy_bytes  bytes of payloads that are copied; 0 for none
/// @param ns          receives the time in nanoseconds, INT64_MAX if it is longer
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_NO_GEOMETRY (something
///         is to be copied)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_estimate(
    client: *const kpc_client,
    reads: u64,
    writes: u64,
    copy_bytes: u64,
    ns: *mut i64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(ns, "ns"), move || {
            let time = handles::get(client)?.estimate(reads, writes, copy_bytes)?;
            Ok(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
        })
    }
}
