//! What a sequence of calls has: a client, the handles that it got, memory for its arguments, and
//! what it has to see in the end.

use std::any::type_name;
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void, CString};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kpclient::ffi::api::client::connect::*;
use kpclient::ffi::api::client::*;
use kpclient::ffi::api::config::*;
use kpclient::ffi::api::events::kpc_event;
use kpclient::ffi::api::keys::kpc_new_keypair;
use kpclient::ffi::api::operation::kpc_result;
use kpclient::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap};
use kpclient::ffi::api::version::kpc_debug_live_objects;

use super::super::input::Input;
use super::draw::Draw;
use super::list::CALLS;
use super::sim;

/// So many bytes, or values, are behind each pointer that is drawn.
pub const ROOM: usize = 512;
/// So much of that is drawn.
const DRAWN: usize = 96;
/// Texts that are of some use, with as much behind them.
static KNOWN: [[u8; ROOM]; 4] = [known(b"a"), known(b"b"), known(b"echo"), known(b"")];
/// Nothing takes so long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Destructors that ran, of those that were promised.
static DROPPED: AtomicU64 = AtomicU64::new(0);

pub struct World<'a> {
    pub input: Input<'a>,
    /// By their types. Those that were freed stay: they are stale.
    handles: BTreeMap<&'static str, Vec<usize>>,
    /// Where functions put handles, by type.
    slots: Vec<(&'static str, *mut usize)>,
    memory: Vec<Vec<u64>>,
    /// Where values of each type are, of arguments and of what functions gave.
    values: BTreeMap<&'static str, Vec<*mut u8>>,
    kept: Vec<Box<dyn std::any::Any>>,
    expected_drops: u64,
    /// The one handle that is drawn now.
    only: Option<usize>,
}

/// Counts the end of a completion's user data.
pub unsafe extern "C" fn completed(_: *mut c_void) {
    DROPPED.fetch_add(1, Ordering::SeqCst);
}

/// Takes the end of other user data.
pub unsafe extern "C" fn dropped(_: *mut c_void) {}

/// Takes a completion.
pub unsafe extern "C" fn taken(_: *const kpc_result, _: *mut c_void) {}

/// Takes an event.
pub unsafe extern "C" fn event(_: *const kpc_event, _: *mut c_void) {}

/// Takes a line of a log.
pub unsafe extern "C" fn line(_: i32, _: *const c_char, _: *mut c_void) {}

const fn known(text: &[u8]) -> [u8; ROOM] {
    let mut room = [0; ROOM];
    let mut at = 0;
    while at < text.len() {
        room[at] = text[at];
        at += 1;
    }
    room
}

impl<'a> World<'a> {
    /// With a client of the simulator that is connected.
    pub fn new(input: Input<'a>) -> Self {
        DROPPED.store(0, Ordering::SeqCst);
        let toml = CString::new(sim::toml()).unwrap();
        let mut world = World {
            input,
            handles: BTreeMap::new(),
            slots: Vec::new(),
            memory: Vec::new(),
            values: BTreeMap::new(),
            kept: Vec::new(),
            expected_drops: 0,
            only: None,
        };
        let (mut config, mut client) = (null_mut(), null_mut());
        // SAFETY: all pointers are what the header asks for.
        let connected = unsafe {
            let len = toml.as_bytes().len();
            let loaded = kpc_config_load_text(toml.as_ptr(), len, &mut config, null_mut());
            assert_eq!(loaded, 0);
            assert_eq!(kpc_client_new(config, &mut client, null_mut()), 0);
            kpc_client_connect(client, 30_000, null_mut())
        };
        assert_eq!(connected, 0);
        let seed = [7; 32];
        let write_cap = world.room_for::<kpc_write_cap>().cast();
        let read_cap = world.room_for::<kpc_read_cap>().cast();
        let index = world.room_for::<kpc_box_index>().cast();
        // SAFETY: all pointers are what the header asks for.
        let made = unsafe {
            kpc_new_keypair(
                seed.as_ptr(),
                seed.len(),
                write_cap,
                read_cap,
                index,
                null_mut(),
            )
        };
        assert_eq!(made, 0);
        world.add(type_name::<kpc_config>(), config as usize);
        world.add(type_name::<kpc_client>(), client as usize);
        world
    }

    fn add(&mut self, kind: &'static str, handle: usize) {
        self.handles.entry(kind).or_default().push(handle);
    }

    /// A handle of this kind, most of the time.
    pub fn handle<T>(&mut self) -> *mut T {
        if let Some(only) = self.only {
            return std::ptr::without_provenance_mut(only);
        }
        let choice = self.input.byte();
        let at = usize::from(choice >> 3);
        let of_kind = self.handles.get(type_name::<T>());
        let handle = match choice & 7 {
            0 if at == 0 => 0,
            1 if at == 0 => usize::from_be_bytes(self.input.array()),
            2 if at < 4 => {
                let all: Vec<usize> = self.handles.values().flatten().copied().collect();
                all[at * all.len() / 4]
            }
            _ => of_kind.map_or(0, |all| all[at % all.len()]),
        };
        std::ptr::without_provenance_mut(handle)
    }

    /// Where a function puts a handle of this kind.
    pub fn handle_out<T>(&mut self) -> *mut *mut T {
        if self.input.byte() & 31 == 0 {
            return null_mut();
        }
        let slot = self.room().cast::<usize>();
        self.slots.push((type_name::<T>(), slot));
        slot.cast()
    }

    /// Room that is zeros.
    pub fn room(&mut self) -> *mut u8 {
        self.memory.push(vec![0; ROOM + DRAWN]);
        let last = self.memory.last_mut().map(Vec::as_mut_ptr);
        last.unwrap_or(null_mut()).cast()
    }

    /// Bytes of which the first were drawn, perhaps not aligned.
    pub fn bytes(&mut self) -> *mut u8 {
        let count = self.input.byte();
        if count == 255 {
            return null_mut();
        }
        let drawn = self.input.bytes(usize::from(count) % DRAWN);
        let room = self.room();
        // SAFETY: there is more room than is drawn.
        unsafe { std::ptr::copy_nonoverlapping(drawn.as_ptr(), room, drawn.len()) };
        room
    }

    /// A text. It leads nowhere: neither out of the directory nor to a port.
    pub fn text(&mut self) -> *const c_char {
        let choice = self.input.byte();
        if choice < 128 {
            return KNOWN[usize::from(choice) % KNOWN.len()].as_ptr().cast();
        }
        let text = self.bytes();
        if !text.is_null() {
            // SAFETY: this many bytes are there, and zeros behind them.
            for byte in unsafe { std::slice::from_raw_parts_mut(text, DRAWN) } {
                if matches!(*byte, b'/' | b':') {
                    *byte = b'_';
                }
            }
        }
        text.cast()
    }

    /// An earlier value, or one of which the first bytes are drawn, perhaps not aligned.
    pub fn value<T>(&mut self) -> *mut T {
        let choice = self.input.byte();
        let earlier = self.values.get(type_name::<T>());
        match (choice, earlier) {
            (0, _) => return null_mut(),
            (1..=0x5f, Some(earlier)) => {
                return earlier[usize::from(choice) % earlier.len()].cast();
            }
            _ => {}
        }
        let count = usize::from(choice & 0x7f).min(size_of::<T>());
        let drawn = self.input.bytes(count);
        let value = self
            .room_for::<T>()
            .wrapping_add(usize::from(choice == 0x80));
        // SAFETY: there is room for far more.
        unsafe { std::ptr::copy_nonoverlapping(drawn.as_ptr(), value, drawn.len()) };
        value.cast()
    }

    /// Room for as many values as a length that is drawn may say.
    fn room_for<T>(&mut self) -> *mut u8 {
        let words = (ROOM + 1) * size_of::<T>() / 8 + DRAWN;
        self.memory.push(vec![0; words]);
        let last = self.memory.last_mut().map(Vec::as_mut_ptr);
        let room = last.unwrap_or(null_mut()).cast();
        self.values.entry(type_name::<T>()).or_default().push(room);
        room
    }

    /// User data whose destructor has to run.
    pub fn expect_drop(&mut self) -> *mut c_void {
        self.expected_drops += 1;
        self.room().cast()
    }

    pub fn keep<T: 'static>(&mut self, value: T) -> *const T {
        let kept = Box::new(value);
        let pointer = std::ptr::from_ref(&*kept);
        self.kept.push(kept);
        pointer
    }

    /// Takes over the handles that a function gave.
    fn collect(&mut self) {
        for (kind, slot) in std::mem::take(&mut self.slots) {
            // SAFETY: it points to a word of the room that was made for it.
            let handle = unsafe { slot.read() };
            if handle != 0 {
                self.add(kind, handle);
            }
        }
    }

    /// Frees everything, and looks whether anything is left.
    pub fn end(mut self) {
        for (kind, all) in std::mem::take(&mut self.handles) {
            let free = format!("{}_free", kind.rsplit("::").next().unwrap_or(kind));
            let free = CALLS.iter().find(|(name, _)| *name == free);
            let (_, free) = free.expect("a kind that cannot be freed");
            for handle in all {
                self.only = Some(handle);
                free(&mut self);
            }
        }
        let until = Instant::now() + LIMIT;
        while kpc_debug_live_objects() != 0 || DROPPED.load(Ordering::SeqCst) < self.expected_drops
        {
            assert!(
                Instant::now() < until,
                "{} objects are left, and {} of {} destructors ran",
                kpc_debug_live_objects(),
                DROPPED.load(Ordering::SeqCst),
                self.expected_drops
            );
            std::thread::sleep(Duration::from_micros(200));
        }
        assert_eq!(DROPPED.load(Ordering::SeqCst), self.expected_drops);
    }
}

macro_rules! with {
    ($($with:ident: $($argument:ident)*;)+) => {
        impl World<'_> {$(
            /// # Safety
            /// The function is one of the header, and asks no more of its arguments than that says.
            #[allow(non_snake_case)]
            pub unsafe fn $with<$($argument: Draw,)* R>(
                &mut self,
                function: unsafe extern "C" fn($($argument),*) -> R,
            ) {
                $(let $argument = $argument::draw(self);)*
                // SAFETY: what was drawn is valid, and stays so until the end of the input.
                unsafe { function($($argument),*) };
                self.collect();
            }
        )+}
    };
}

with! {
    with_0: ;
    with_1: A;
    with_2: A B;
    with_3: A B C;
    with_4: A B C D;
    with_5: A B C D E;
    with_6: A B C D E F;
    with_7: A B C D E F G;
    with_8: A B C D E F G H;
    with_9: A B C D E F G H I;
    with_10: A B C D E F G H I J;
    with_11: A B C D E F G H I J K;
    with_12: A B C D E F G H I J K L;
}
