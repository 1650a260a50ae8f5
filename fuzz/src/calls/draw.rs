//! How an argument of each type is drawn.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use kpclient::ffi::api::{
    boxes::envelope::*, buffer::*, channels::query::*, client::*, config::*, copies::builder::*,
    copies::elements::*, daemon::authorities::*, directory::*, events::*, geometry::*,
    operation::*, statistics::health::*, statistics::*, store::backing::functions::*,
    store::backing::records::*, store::message::*, store::names::*, store::reader::*,
    store::writer::*, store::*, tombstones::*, values::*, vouchers::*, waiting::*,
};
use kpclient::ffi::boundary::error::kpc_error;

use super::world::{completed, dropped, event, line, taken, World, ROOM};

/// An argument.
pub trait Draw: Sized {
    fn draw(world: &mut World<'_>) -> Self;
}

macro_rules! draw {
    ($($kind:ty: |$world:ident| $value:expr;)+) => {$(
        impl Draw for $kind {
            fn draw($world: &mut World<'_>) -> Self {
                $value
            }
        }
    )+};
}

draw! {
    bool: |world| world.input.byte() & 1 == 1;
    u8: |world| world.input.byte();
    u32: |world| u32::from(world.input.byte());
    i32: |world| small(world);
    u64: |world| number(world);
    usize: |world| length(world);
    *const u8: |world| world.bytes();
    *const c_char: |world| world.text();
    *mut c_void: |world| world.room().cast();
    *const kpc_completion: |world| completion(world);
    *const kpc_backing: |world| backing(world);
    *const kpc_destination: |world| destinations(world);
    kpc_drop_fn: |world| (world.input.byte() & 1 == 1).then_some(dropped as _);
    kpc_event_fn: |world| (world.input.byte() & 1 == 1).then_some(event as _);
    kpc_log_fn: |world| (world.input.byte() & 1 == 1).then_some(line as _);
}

macro_rules! values {
    ($($value:ty)+) => {$(
        impl Draw for *const $value {
            fn draw(world: &mut World<'_>) -> Self {
                world.value::<$value>()
            }
        }

        impl Draw for *mut $value {
            fn draw(world: &mut World<'_>) -> Self {
                world.value::<$value>()
            }
        }
    )+};
}

values! {
    kpc_box_index kpc_daemon_health kpc_hash kpc_id kpc_pigeonhole_geometry kpc_read_cap kpc_service
    kpc_sphinx_geometry kpc_stats kpc_write_cap
}

macro_rules! outputs {
    ($($value:ty)+) => {$(
        impl Draw for *mut $value {
            fn draw(world: &mut World<'_>) -> Self {
                world.value::<$value>()
            }
        }
    )+};
}

outputs! { i32 i64 u32 u64 }

macro_rules! handles {
    ($($handle:ty)+) => {$(
        impl Draw for *const $handle {
            fn draw(world: &mut World<'_>) -> Self {
                world.handle::<$handle>()
            }
        }

        impl Draw for *mut $handle {
            fn draw(world: &mut World<'_>) -> Self {
                world.handle::<$handle>()
            }
        }

        impl Draw for *mut *mut $handle {
            fn draw(world: &mut World<'_>) -> Self {
                world.handle_out::<$handle>()
            }
        }
    )+};
}

handles! {
    kpc_authorities kpc_buffer kpc_channel_query kpc_client kpc_config kpc_copy_builder
    kpc_envelope kpc_error kpc_event kpc_event_sink kpc_message kpc_messages kpc_names
    kpc_pki_document kpc_reader kpc_records kpc_result kpc_services kpc_store
    kpc_stream_elements kpc_tombstones kpc_voucher kpc_writer
}

/// A time limit or a status. No limit at all is not among them: then some calls would never end.
fn small(world: &mut World<'_>) -> i32 {
    match world.input.byte() {
        byte @ 0..=3 => i32::from(byte),
        4 => -2,
        5 => i32::MIN,
        byte @ 6..=15 => -i32::from(byte) * 500,
        byte => [0, 1, 5, 60][usize::from(byte) & 3],
    }
}

/// A number of a message or an operation, most of which are small.
fn number(world: &mut World<'_>) -> u64 {
    match world.input.byte() {
        255 => u64::from_be_bytes(world.input.array()),
        254 => u64::MAX,
        byte => u64::from(byte & 15),
    }
}

/// A length: of no more than there is behind any pointer that is drawn.
fn length(world: &mut World<'_>) -> usize {
    match world.input.byte() {
        255 => usize::from(world.input.short()) % ROOM,
        254 => 168,
        253 => 136,
        252 => 104,
        251 => 32,
        byte => usize::from(byte),
    }
}

fn completion(world: &mut World<'_>) -> *const kpc_completion {
    let choice = world.input.byte();
    if choice & 15 == 0 {
        return null();
    }
    let sink = if choice & 2 == 0 {
        null_mut()
    } else {
        world.handle::<kpc_event_sink>()
    };
    let user_data = world.expect_drop();
    world.keep(kpc_completion {
        r#fn: (choice & 1 == 1).then_some(taken as _),
        user_data,
        drop: Some(completed as _),
        sink,
    })
}

/// No functions at all, or the size of a struct that has none.
fn backing(world: &mut World<'_>) -> *const kpc_backing {
    let choice = world.input.byte();
    let room = world.room().cast::<kpc_backing>();
    if choice & 1 == 0 {
        // SAFETY: there is room for one, and all zeros are one without functions.
        unsafe { (*room).size = usize::from(choice) };
    }
    room
}

/// As many as a length that is drawn can be; the first has a payload.
fn destinations(world: &mut World<'_>) -> *const kpc_destination {
    let (payload, choice) = (world.bytes(), world.input.byte());
    let first = world.value::<kpc_destination>();
    if first.is_aligned() && !first.is_null() {
        for at in 0..ROOM {
            // SAFETY: `value` gave room for so many of them, which are whatever was drawn.
            let destination = unsafe { &mut *first.add(at) };
            destination.payload = if at == 0 { payload } else { null() };
            destination.payload_len = if at == 0 { usize::from(choice) } else { 0 };
        }
    }
    first
}
