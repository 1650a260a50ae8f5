//! kpc_new_keypair, kpc_next_message_box_index …: what is computed here, without a daemon.

use zeroize::Zeroizing;

use super::args;
use super::boundary::call;
use super::error::kpc_error;
use super::out::{out, out_beside};
use super::status::kpc_status;
use super::values::{kpc_box_index, kpc_read_cap, kpc_write_cap};
use crate::bacap;
use crate::client::random_array;

/// Makes the capabilities of a new stream of boxes. The same seed always gives the same
/// ones; whoever has the seed has the stream.
///
/// Computed here; no daemon is asked and none is needed.
///
/// @param seed       KPC_SEED_SIZE random bytes; secret. NULL: the library draws them, and nobody
///                   else ever has them
/// @param seed_len   how many bytes, which must be KPC_SEED_SIZE; 0 if seed is NULL
/// @param write_cap  receives the writer's half; secret
/// @param read_cap   receives the readers' half
/// @param first      receives the index of the first box
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INTERNAL (the operating system gives
///         no randomness)
///
/// Threads: any.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_keypair(
    seed: *const u8,
    seed_len: usize,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    first: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out(write_cap, "write_cap"),
            out(read_cap, "read_cap"),
            out(first, "first"),
        );
        call(error, outputs, || {
            let given = args::bytes(seed, seed_len, "seed")?;
            let seed = if seed.is_null() {
                Zeroizing::new(random_array()?)
            } else {
                Zeroizing::new(*args::exactly(given, "seed")?)
            };
            let pair = bacap::keypair(&seed);
            Ok((
                (&pair.write_cap).into(),
                (&pair.read_cap).into(),
                (&pair.first_index).into(),
            ))
        })
    }
}

/// The index of the box after a given one.
///
/// Computed here; no daemon is asked and none is needed.
///
/// @param index  an index
/// @param next   receives the next one; may be the same variable as index, which then keeps
///               its value on failure
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
///
/// Threads: any.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_next_message_box_index(
    index: *const kpc_box_index,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(next, index, "next"), || {
            Ok((&args::value(index, "index")?.inner().next()).into())
        })
    }
}

/// The counter of an index, for telling which of two indices of one stream comes first. A
/// stream begins at a random number, and the counter wraps around.
///
/// Computed here; no daemon is asked and none is needed.
///
/// @param index    an index
/// @param counter  receives its counter
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
///
/// Threads: any.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_message_box_index_counter(
    index: *const kpc_box_index,
    counter: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(counter, "counter"), || {
            Ok(args::value(index, "index")?.inner().counter())
        })
    }
}
