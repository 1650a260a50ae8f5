//! kpc_new_keypair, kpc_next_message_box_index …: what is computed here, without a daemon.

use zeroize::Zeroizing;

use crate::bacap::{self, Derivation, Keypair};
use crate::client::{random_array, KeyDerivation};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_beside};
use crate::ffi::boundary::status::kpc_status;
use crate::{Error, Status};

/// Key derivation: not known. Only from kpc_client_key_derivation.
pub const KPC_DERIVATION_UNKNOWN: i32 = 0;
/// Key derivation of today's daemons, those with hpqc since its change 101 of May 2026: v0.0.94
/// and later, probably since v0.0.77.
pub const KPC_DERIVATION_CURRENT: i32 = 1;
/// Key derivation of older daemons: v0.0.76 and before.
pub const KPC_DERIVATION_BEFORE_HPQC_101: i32 = 2;
/// Key derivation: one that this library does not know. Only from kpc_client_key_derivation.
pub const KPC_DERIVATION_OTHER: i32 = 3;

pub(crate) fn derivation_number(derivation: KeyDerivation) -> i32 {
    match derivation {
        KeyDerivation::Unknown => KPC_DERIVATION_UNKNOWN,
        KeyDerivation::Known(Derivation::SinceHpqc101) => KPC_DERIVATION_CURRENT,
        KeyDerivation::Known(Derivation::BeforeHpqc101) => KPC_DERIVATION_BEFORE_HPQC_101,
        KeyDerivation::Other => KPC_DERIVATION_OTHER,
    }
}

fn derivation_of(number: i32) -> Result<Derivation, Error> {
    match number {
        KPC_DERIVATION_CURRENT => Ok(Derivation::SinceHpqc101),
        KPC_DERIVATION_BEFORE_HPQC_101 => Ok(Derivation::BeforeHpqc101),
        _ => Err(Error::new(
            Status::ARG_VALUE,
            "derivation is neither KPC_DERIVATION_CURRENT nor KPC_DERIVATION_BEFORE_HPQC_101",
        )),
    }
}

/// A key pair as C takes it.
pub(crate) fn values_of(pair: &Keypair) -> (kpc_write_cap, kpc_read_cap, kpc_box_index) {
    (
        (&pair.write_cap).into(),
        (&pair.read_cap).into(),
        (&pair.first_index).into(),
    )
}

/// Makes the capabilities of a new stream of boxes. The same seed always makes the same ones;
/// whoever has the seed has the stream.
///
/// Computed here, as today's daemons do (KPC_DERIVATION_CURRENT); no daemon is asked and none is
/// needed. The capabilities are good at every daemon. Of a seed that an older program made its
/// stream from, kpc_new_keypair_by_derivation makes that stream again.
///
/// @param seed       KPC_SEED_SIZE random bytes; secret. NULL: the library generates them, and
///                   nobody else ever has them
/// @param seed_len   how many bytes, which must be KPC_SEED_SIZE; 0 if seed is NULL
/// @param write_cap  receives the writer's half; secret
/// @param read_cap   receives the readers' half
/// @param first      receives the index of the first box
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INTERNAL (the operating system has
///         no randomness)
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
        call(error, outputs, move || {
            let given = arguments::bytes(seed, seed_len, "seed")?;
            let seed = if seed.is_null() {
                Zeroizing::new(random_array()?)
            } else {
                Zeroizing::new(*arguments::exactly(given, "seed")?)
            };
            Ok(values_of(&bacap::keypair(&seed)))
        })
    }
}

/// The same as kpc_new_keypair, by a derivation of the caller's choice: for a seed from which an
/// older daemon or program has made a stream. A capability carries its index, so whichever
/// derivation made it, it is good at every daemon.
///
/// @param derivation  KPC_DERIVATION_CURRENT or KPC_DERIVATION_BEFORE_HPQC_101
/// @param seed        KPC_SEED_SIZE random bytes; secret
/// @param seed_len    how many bytes, which must be KPC_SEED_SIZE
/// @param write_cap   receives the writer's half; secret
/// @param read_cap    receives the readers' half
/// @param first       receives the index of the first box
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_ARG_VALUE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_keypair_by_derivation(
    derivation: i32,
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
        call(error, outputs, move || {
            let seed = arguments::exactly(arguments::bytes(seed, seed_len, "seed")?, "seed")?;
            let derivation = derivation_of(derivation)?;
            let pair = bacap::keypair_by(derivation, &Zeroizing::new(*seed));
            Ok(values_of(&pair))
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
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_next_message_box_index(
    index: *const kpc_box_index,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(next, index, "next"), move || {
            Ok((&arguments::value(index, "index")?.inner().next()).into())
        })
    }
}

/// The counter of an index, for telling which of two indices of one stream comes first. A stream
/// starts at a random number, and the counter wraps around.
///
/// Computed here; no daemon is asked and none is needed.
///
/// @param index    an index
/// @param counter  receives its counter
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_message_box_index_counter(
    index: *const kpc_box_index,
    counter: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(counter, "counter"), move || {
            Ok(arguments::value(index, "index")?.inner().counter())
        })
    }
}
