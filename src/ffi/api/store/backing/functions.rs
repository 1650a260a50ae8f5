//! kpc_backing: the functions that a program gives.

use std::ffi::c_void;

use super::records::kpc_records;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::status::kpc_status;
use crate::{Error, Result, Status};

/// A loss of power may undo the transaction, wholly, and all after it; a crash of the program does
/// not.
pub const KPC_DURABILITY_SOON: i32 = 0;
/// When it is committed, the transaction and all before it are on the disk; also where it only puts
/// a value again as it was.
pub const KPC_DURABILITY_NOW: i32 = 1;
/// No key that a backing is given is longer.
pub const KPC_MAX_BACKING_KEY_SIZE: usize = 320;
/// No value that a backing is given is longer.
pub const KPC_MAX_BACKING_VALUE_SIZE: usize = 8392704;

/// Starts a transaction, which nobody else's writes may interrupt. durability is one of
/// KPC_DURABILITY_; later versions may add others, to be taken for KPC_DURABILITY_NOW.
pub type kpc_backing_begin_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, durability: i32) -> kpc_status>;
/// Ends the transaction: all of it is stored, or nothing. If it fails, rollback is called next.
pub type kpc_backing_commit_fn = Option<unsafe extern "C" fn(user_data: *mut c_void) -> kpc_status>;
/// Undoes everything since begin, and ends the transaction; also one that the database has ended
/// by itself after a failure. Must not fail.
pub type kpc_backing_rollback_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;
/// Gives the record of exactly this key to kpc_records_add, once, as the transaction has made it;
/// nothing where there is none, which is a success.
pub type kpc_backing_get_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        key: *const u8,
        key_len: usize,
        records: *const kpc_records,
    ) -> kpc_status,
>;
/// Stores a value, in place of an older one of the key. value may be empty, and is then still a
/// record.
pub type kpc_backing_put_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        key: *const u8,
        key_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> kpc_status,
>;
/// Removes the record of a key; none is a success, too.
pub type kpc_backing_remove_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, key: *const u8, key_len: usize) -> kpc_status,
>;
/// Removes all records with from <= key < to.
pub type kpc_backing_remove_range_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        from: *const u8,
        from_len: usize,
        to: *const u8,
        to_len: usize,
    ) -> kpc_status,
>;
/// Gives the records with from <= key < to to kpc_records_add, in the order of their bytes (as by
/// memcmp, and the shorter one first where it begins the longer one), the first limit of them.
pub type kpc_backing_scan_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        from: *const u8,
        from_len: usize,
        to: *const u8,
        to_len: usize,
        limit: usize,
        records: *const kpc_records,
    ) -> kpc_status,
>;
/// Makes the store the owner of a channel among all that have the database open, in this process
/// or another: KPC_ERR_BUSY while another has it. The end of a transaction does not change owners;
/// release does, and so should the death of the process.
pub type kpc_backing_claim_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, channel: u64) -> kpc_status>;
/// Gives up a channel that was claimed. Must not fail.
pub type kpc_backing_release_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, channel: u64)>;

/// A database of the program's: an ordered set of records, each with a key and a value of any
/// bytes, zeros among them. Keys have 1 to KPC_MAX_BACKING_KEY_SIZE bytes, values 0 to
/// KPC_MAX_BACKING_VALUE_SIZE. Capabilities and messages are in them in clear; the store may share
/// a database with other data, if its records have a table or a prefix of their own.
///
/// get, put, remove, remove_range and scan are called between begin and commit or rollback, and see
/// what the transaction has changed. There is one transaction at a time. After a failure in one it
/// is rolled back, what the program had asked for fails or is tried again, and nothing is lost.
///
/// A function returns KPC_OK, KPC_ERR_NO_MEMORY, claim also KPC_ERR_BUSY, or any other number but 0:
/// an error code of the database, for example. The call that fails then returns KPC_ERR_DB, with a
/// message that names function and number. Bytes that a function is given are valid until it
/// returns. None may throw a C++ exception, longjmp, or end the thread, which has 8 MiB of stack.
///
/// Set everything to 0 first, then size to sizeof(kpc_backing).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_backing {
    /// The size of the struct as the program knows it. Later versions may add functions.
    pub size: usize,
    /// Compulsory.
    pub begin: kpc_backing_begin_fn,
    /// Compulsory.
    pub commit: kpc_backing_commit_fn,
    /// Compulsory.
    pub rollback: kpc_backing_rollback_fn,
    /// Compulsory.
    pub get: kpc_backing_get_fn,
    /// Compulsory.
    pub put: kpc_backing_put_fn,
    /// Compulsory.
    pub remove: kpc_backing_remove_fn,
    /// May be NULL: then the records are removed one by one, by scan and remove.
    pub remove_range: kpc_backing_remove_range_fn,
    /// Compulsory.
    pub scan: kpc_backing_scan_fn,
    /// May be NULL, with release: then the program sees to it that only one store is open on the
    /// database at a time, in all processes.
    pub claim: kpc_backing_claim_fn,
    /// May be NULL, with claim.
    pub release: kpc_backing_release_fn,
}

/// The functions, as far as this library knows them and calls them.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) begin: unsafe extern "C" fn(*mut c_void, i32) -> kpc_status,
    pub(super) commit: unsafe extern "C" fn(*mut c_void) -> kpc_status,
    pub(super) rollback: unsafe extern "C" fn(*mut c_void),
    pub(super) get:
        unsafe extern "C" fn(*mut c_void, *const u8, usize, *const kpc_records) -> kpc_status,
    pub(super) put:
        unsafe extern "C" fn(*mut c_void, *const u8, usize, *const u8, usize) -> kpc_status,
    pub(super) remove: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> kpc_status,
    pub(super) remove_range: kpc_backing_remove_range_fn,
    pub(super) scan: unsafe extern "C" fn(
        *mut c_void,
        *const u8,
        usize,
        *const u8,
        usize,
        usize,
        *const kpc_records,
    ) -> kpc_status,
    pub(super) owners: Option<Owners>,
}

/// The two functions that come together or not at all.
#[derive(Clone, Copy)]
pub(super) struct Owners {
    pub(super) claim: unsafe extern "C" fn(*mut c_void, u64) -> kpc_status,
    pub(super) release: unsafe extern "C" fn(*mut c_void, u64),
}

/// No version of the struct is longer.
const LONGEST: usize = 4096;

/// Looks at what the program gave.
///
/// # Safety
/// The pointer is NULL or points to as many bytes as its first member says.
pub(super) unsafe fn checked(backing: *const kpc_backing) -> Result<Functions> {
    // SAFETY: NULL or valid by the caller's word.
    let size = *unsafe { arguments::value(backing.cast::<usize>(), "backing")? };
    let known = size_of::<kpc_backing>();
    if size < known || size > LONGEST {
        return Err(Error::new(
            Status::ARG_SIZE,
            format!("backing says that it has {size} bytes, and no kpc_backing has"),
        ));
    }
    // SAFETY: as long as it says.
    let unknown =
        unsafe { arguments::bytes(backing.cast::<u8>().add(known), size - known, "backing")? };
    if unknown.iter().any(|byte| *byte != 0) {
        return Err(Error::new(
            Status::ARG_SIZE,
            "backing has functions that this version of the library does not know",
        ));
    }
    // SAFETY: long enough, aligned as its first member is.
    let backing = unsafe { arguments::value(backing, "backing")? };
    Ok(Functions {
        begin: backing.begin.ok_or_else(|| missing("begin"))?,
        commit: backing.commit.ok_or_else(|| missing("commit"))?,
        rollback: backing.rollback.ok_or_else(|| missing("rollback"))?,
        get: backing.get.ok_or_else(|| missing("get"))?,
        put: backing.put.ok_or_else(|| missing("put"))?,
        remove: backing.remove.ok_or_else(|| missing("remove"))?,
        remove_range: backing.remove_range,
        scan: backing.scan.ok_or_else(|| missing("scan"))?,
        owners: match (backing.claim, backing.release) {
            (Some(claim), Some(release)) => Some(Owners { claim, release }),
            (None, None) => None,
            (Some(_), None) => return Err(missing("release")),
            (None, Some(_)) => return Err(missing("claim")),
        },
    })
}

fn missing(function: &str) -> Error {
    Error::new(
        Status::ARG_NULL,
        format!("the function {function} of backing is NULL"),
    )
}
