//! Tests of the plumbing: handles, outputs, arguments, the boundary.

use std::collections::HashSet;
use std::ffi::CStr;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use crate::ffi::api::buffer::*;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::*;
use crate::ffi::boundary::handle_table::{Place, Table, GENERATION_BITS};
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Lent, Tag};
use crate::ffi::boundary::outputs::{out, out_beside, out_handle};
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Result, Status};

/// A kind for tests only; its tag is one that no exported function uses yet.
struct Thing(());

/// Counts how many of it were dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Kind for Thing {
    type Object = Counted;
    const TAG: Tag = Tag::Voucher;
}

fn thing() -> (Arc<Counted>, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (Arc::new(Counted(Arc::clone(&drops))), drops)
}

fn new_thing() -> (*mut Thing, Arc<AtomicUsize>) {
    let (object, drops) = thing();
    (handles::insert(object).unwrap(), drops)
}

fn status_of<T>(result: Result<T>) -> Status {
    result.err().map_or(Status::OK, |error| error.status())
}

#[test]
fn a_handle_finds_its_object_until_it_is_taken() {
    let (handle, drops) = new_thing();
    assert!(handles::get(handle.cast_const()).is_ok());
    assert!(handles::take(handle.cast_const()).is_ok());
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert_eq!(
        status_of(handles::get(handle.cast_const())),
        Status::BAD_HANDLE
    );
    assert_eq!(
        status_of(handles::take(handle.cast_const())),
        Status::BAD_HANDLE
    );
}

#[test]
fn a_handle_is_no_address() {
    let (handle, _) = new_thing();
    assert_eq!(handle.addr() & 1, 1);
    if usize::BITS == 64 {
        assert_eq!(handle.addr() >> 60, 5);
    }
    free(handle);
}

#[test]
fn null_is_told_from_a_bad_handle() {
    assert_eq!(
        status_of(handles::get::<Thing>(ptr::null())),
        Status::ARG_NULL
    );
}

#[test]
fn a_handle_of_another_kind_is_refused_by_name() {
    let (handle, _) = new_thing();
    let error = handles::get(handle.cast_const().cast::<kpc_buffer>())
        .err()
        .unwrap();
    assert_eq!(error.status(), Status::BAD_HANDLE);
    assert_eq!(
        error.message(),
        "a kpc_voucher where a kpc_buffer is needed"
    );
    free(handle);
}

#[test]
fn no_made_up_pointer_is_ever_followed() {
    let (handle, _) = new_thing();
    let local = 0_u64;
    let mut values = vec![
        1,
        2,
        usize::MAX,
        usize::MAX - 1,
        ptr::from_ref(&local).addr(),
    ];
    values.extend((0..usize::BITS).map(|bit| handle.addr() ^ (1 << bit)));
    values.extend((0..usize::BITS).map(|bit| 1 << bit));
    for value in values {
        let found = handles::get::<Thing>(ptr::without_provenance(value));
        let expected = [Status::BAD_HANDLE, Status::FORKED];
        assert!(expected.contains(&status_of(found)), "{value:#x}");
    }
    free(handle);
}

#[test]
fn a_reused_slot_does_not_answer_to_its_old_handle() {
    let mut seen = HashSet::new();
    for _ in 0..1000 {
        let (handle, _) = new_thing();
        assert!(seen.insert(handle.addr()));
        free(handle);
    }
}

fn put<T: Send + Sync + 'static>(table: &Table, object: T) -> Place {
    let claim = table.claim().unwrap();
    table.fill(&claim, Arc::new(object))
}

#[test]
fn a_slot_that_was_claimed_and_given_back_is_the_next() {
    let table = Table::resting(0);
    let index = table.claim().unwrap().index;
    assert_ne!(table.claim().unwrap().index, index);
    table.release(index);
    assert_eq!(table.claim().unwrap().index, index);
    assert_eq!(table.live(), 0);
}

#[test]
fn the_slot_that_was_freed_first_is_used_again_first() {
    let table = Table::resting(0);
    let indices = [(); 3].map(|()| table.claim().unwrap().index);
    for index in indices {
        table.release(index);
    }
    assert_eq!([(); 3].map(|()| table.claim().unwrap().index), indices);
}

#[test]
fn a_freed_handle_rests_until_many_slots_are_free() {
    let table = Table::resting(100);
    let mut seen = HashSet::new();
    for _ in 0..100 * 256 {
        let place = put(&table, ());
        assert!(seen.insert(place));
        assert!(table.remove(place).is_some());
    }
    assert!(seen.iter().map(|place| place.index).max() == Some(100));
}

#[test]
fn a_slot_is_retired_when_its_generations_are_used_up() {
    if usize::BITS < 64 {
        return;
    }
    let table = Table::new();
    let first = put(&table, ());
    table.remove(first).unwrap();
    let mut last = first;
    for _ in 1..(1_usize << GENERATION_BITS) - 1 {
        last = put(&table, ());
        assert_eq!(last.index, first.index);
        table.remove(last).unwrap();
    }
    assert_eq!(last.generation, (1 << GENERATION_BITS) - 1);
    let next = put(&table, ());
    assert_ne!(next.index, first.index);
    assert!(table.get(last).is_none());
}

#[test]
fn the_table_grows_and_counts() {
    let table = Table::new();
    let places: Vec<_> = (0..5000_usize).map(|number| put(&table, number)).collect();
    assert_eq!(table.live(), 5000);
    for (number, place) in places.iter().enumerate() {
        let object = table.get(*place).unwrap();
        assert_eq!(object.downcast_ref::<usize>(), Some(&number));
    }
    assert_eq!(
        places
            .iter()
            .filter_map(|place| table.remove(*place))
            .count(),
        5000
    );
    assert_eq!(table.live(), 0);
}

#[test]
fn only_one_of_many_threads_takes_an_object_and_users_keep_it_alive() {
    for _ in 0..200 {
        let (handle, drops) = new_thing();
        let address = handle.addr();
        let start = Barrier::new(8);
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let (start, taken, drops) = (&start, &taken, &drops);
                scope.spawn(move || {
                    let handle = ptr::without_provenance::<Thing>(address);
                    start.wait();
                    if number % 2 == 0 {
                        taken.fetch_add(
                            usize::from(handles::take(handle).is_ok()),
                            Ordering::SeqCst,
                        );
                    } else if let Ok(object) = handles::get(handle) {
                        assert_eq!(object.0.load(Ordering::SeqCst), 0);
                        assert_eq!(drops.load(Ordering::SeqCst), 0);
                    }
                });
            }
        });
        assert_eq!(taken.load(Ordering::SeqCst), 1);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_lent_handle_ends_with_its_loan() {
    let (object, drops) = thing();
    let lent = Lent::<Thing>::new(handles::reserve().unwrap(), object);
    let kept = lent.as_ptr();
    assert!(handles::get(kept).is_ok());
    drop(lent);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert_eq!(status_of(handles::get(kept)), Status::BAD_HANDLE);
}

#[test]
fn freeing_nonsense_does_nothing() {
    let (handle, drops) = new_thing();
    free::<Thing>(ptr::null_mut());
    free(handle.cast::<kpc_buffer>());
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    free(handle);
    free(handle);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

/// Calls with an error output and takes it apart.
fn failing(body: impl FnOnce() -> Result<()>) -> (i32, i32, String) {
    let mut error = ptr::dangling_mut();
    // SAFETY: a local variable.
    let status = unsafe { call(&mut error, (), body) };
    // SAFETY: the text lives as long as the error, which is freed below.
    let message = unsafe { CStr::from_ptr(kpc_error_message(error)) };
    let message = message.to_str().unwrap().to_owned();
    let seen = (status, kpc_error_status(error), message);
    kpc_error_free(error);
    seen
}

#[test]
fn success_is_zero_and_clears_the_error() {
    let mut error = ptr::dangling_mut();
    // SAFETY: a local variable.
    assert_eq!(unsafe { call(&mut error, (), || Ok(())) }, 0);
    assert!(error.is_null());
}

#[test]
fn a_failure_is_a_status_and_an_object() {
    let (status, again, message) = failing(|| Err(Error::new(Status::BUSY, "a \0 in the middle")));
    assert_eq!((status, again), (Status::BUSY.code(), Status::BUSY.code()));
    assert_eq!(message, "a  in the middle");
}

#[test]
fn a_failure_never_looks_like_success() {
    let (status, _, _) = failing(|| Err(Error::new(Status::OK, "odd")));
    assert_eq!(status, Status::INTERNAL.code());
}

#[test]
fn a_panic_ends_at_the_boundary() {
    let (status, _, message) = failing(|| panic!("number {}", 7));
    assert_eq!(status, Status::PANIC.code());
    assert!(message.contains(": number 7 ("), "{message}");
    assert!(message.contains("tests.rs:"), "{message}");
    let odd = failing(|| std::panic::panic_any(17_u8));
    assert_eq!(odd.0, Status::PANIC.code());
    assert_eq!(get(5, || -> Result<i32> { panic!("no") }), 5);
}

#[test]
fn details_of_an_error_come_through() {
    let failure = Error::new(Status::COPY_FAILED, "stopped")
        .with_daemon_code(26)
        .with_replica_code(6)
        .with_failed_envelope(3)
        .with_origin(crate::Origin::Courier);
    let mut error = ptr::null_mut();
    // SAFETY: a local variable.
    unsafe { call(&mut error, (), || Err(failure)) };
    assert_eq!(kpc_error_daemon_code(error), 26);
    assert_eq!(kpc_error_replica_code(error), 6);
    assert_eq!(kpc_error_failed_envelope(error), 3);
    assert_eq!(kpc_error_origin(error), KPC_ORIGIN_COURIER);
    assert_eq!(kpc_error_errno(error), 0);
    kpc_error_free(error);
    assert_eq!(kpc_error_status(error), Status::BAD_HANDLE.code());
    assert_eq!(kpc_error_status(ptr::null()), 0);
    assert_eq!(kpc_error_daemon_code(error), -1);
}

#[test]
fn outputs_are_cleared_first_and_written_last() {
    let (mut number, mut flag, mut handle) = (7_u64, true, ptr::dangling_mut::<Thing>());
    let seen = (&raw mut number, &raw mut flag, &raw mut handle);
    // SAFETY: local variables.
    let status = unsafe {
        let outputs = (
            out(seen.0, "number"),
            out(seen.1, "flag"),
            out_handle(seen.2, "thing"),
        );
        call(ptr::null_mut(), outputs, || {
            assert_eq!(
                (seen.0.read(), seen.1.read(), seen.2.read()),
                (0, false, ptr::null_mut())
            );
            Ok((9, true, thing().0))
        })
    };
    assert_eq!((status, number, flag), (0, 9, true));
    free(handle);
}

#[test]
fn nothing_is_written_when_the_body_fails_or_panics() {
    for body in [
        (|| Err(Error::new(Status::BUSY, "no"))) as fn() -> Result<(u64, Arc<Counted>)>,
        || panic!("no"),
    ] {
        let (mut number, mut handle) = (7_u64, ptr::dangling_mut::<Thing>());
        // SAFETY: local variables.
        unsafe {
            let outputs = (out(&mut number, "number"), out_handle(&mut handle, "thing"));
            call(ptr::null_mut(), outputs, body)
        };
        assert_eq!((number, handle), (0, ptr::null_mut()));
    }
}

#[test]
fn a_missing_output_is_refused_before_the_body_runs() {
    let mut number = 7_u64;
    // SAFETY: NULL and a local variable.
    let status = unsafe {
        let outputs = (
            out(&mut number, "number"),
            out_handle::<Thing>(ptr::null_mut(), "thing"),
        );
        call(ptr::null_mut(), outputs, || panic!("must not run"))
    };
    assert_eq!((status, number), (Status::ARG_NULL.code(), 0));
}

#[test]
fn an_optional_output_may_be_missing_and_its_object_is_dropped() {
    let (object, drops) = thing();
    // SAFETY: NULL.
    let status = unsafe {
        let outputs = (
            out::<u8>(ptr::null_mut(), "number").optional(),
            out_handle::<Thing>(ptr::null_mut(), "thing").optional(),
        );
        call(ptr::null_mut(), outputs, || Ok((1, object)))
    };
    assert_eq!((status, drops.load(Ordering::SeqCst)), (0, 1));
}

#[test]
fn an_output_beside_its_input_keeps_its_value_on_failure() {
    let mut number = 7_u64;
    let pointer = &raw mut number;
    // SAFETY: a local variable.
    let status = unsafe {
        call(
            ptr::null_mut(),
            out_beside(pointer, pointer, "number"),
            || Err(Error::new(Status::TIMEOUT, "late")),
        )
    };
    assert_eq!((status, number), (Status::TIMEOUT.code(), 7));
    let other = 3_u64;
    // SAFETY: local variables.
    unsafe {
        call(
            ptr::null_mut(),
            out_beside(&mut number, &other, "number"),
            || Ok(8),
        )
    };
    assert_eq!(number, 8);
}

#[test]
fn arguments_are_looked_at_before_they_are_used() {
    let words = [1_u32, 2];
    let odd = ptr::from_ref(&words)
        .cast::<u8>()
        .wrapping_add(1)
        .cast::<u32>();
    let far = usize::MAX / 2 + 1;
    // SAFETY: NULL, or local variables that are not read where the check fails.
    unsafe {
        assert_eq!(
            status_of(arguments::value::<u32>(ptr::null(), "a")),
            Status::ARG_NULL
        );
        assert_eq!(status_of(arguments::value(odd, "a")), Status::ARG_VALUE);
        assert_eq!(arguments::value(&raw const words[1], "a").unwrap(), &2);
        assert_eq!(arguments::bytes(ptr::null(), 0, "a").unwrap(), b"");
        assert_eq!(
            status_of(arguments::bytes(ptr::null(), 1, "a")),
            Status::ARG_NULL
        );
        assert_eq!(
            status_of(arguments::bytes(ptr::dangling(), far, "a")),
            Status::ARG_SIZE
        );
        assert_eq!(status_of(arguments::slice(odd, 1, "a")), Status::ARG_VALUE);
        assert_eq!(
            status_of(arguments::slice(&raw const words[0], far / 4 + 1, "a")),
            Status::ARG_SIZE
        );
        assert_eq!(
            arguments::text(c"gr\u{fc}n".as_ptr(), "a").unwrap(),
            "gr\u{fc}n"
        );
        assert_eq!(
            status_of(arguments::text(c"\xff".as_ptr(), "a")),
            Status::ARG_VALUE
        );
        assert_eq!(
            status_of(arguments::text(ptr::null(), "a")),
            Status::ARG_NULL
        );
        assert_eq!(arguments::optional_text(ptr::null(), "a").unwrap(), None);
    }
    assert_eq!(
        status_of(arguments::exactly::<4>(b"abc", "a")),
        Status::ARG_SIZE
    );
    assert_eq!(status_of(arguments::flags(5, 3, "a")), Status::ARG_VALUE);
    assert_eq!(arguments::flags(2, 3, "a").unwrap(), 2);
}

#[test]
fn buffers_share_their_bytes_until_the_last_handle_is_freed() {
    let mut buffer = ptr::null_mut();
    // SAFETY: local variables.
    let status = unsafe { kpc_buffer_new(b"abc".as_ptr(), 3, &mut buffer, ptr::null_mut()) };
    assert_eq!(status, 0);
    let mut other = ptr::null_mut();
    // SAFETY: as above.
    let status = unsafe { kpc_buffer_ref(buffer, &mut other, ptr::null_mut()) };
    assert_eq!(status, 0);
    assert_ne!(buffer, other);
    let data = kpc_buffer_data(buffer);
    kpc_buffer_free(buffer);
    assert_eq!((kpc_buffer_data(other), kpc_buffer_len(other)), (data, 3));
    assert_eq!(
        (kpc_buffer_data(buffer), kpc_buffer_len(buffer)),
        (ptr::null(), 0)
    );
    kpc_buffer_free(other);
}
