//! Out-parameters: set to nothing before anything can fail, then written at most once, after everything succeeded.
//!
//! A function lists its outputs where it calls [`super::call`]; its body only
//! returns the values. So no body can write early, twice, or beside an error.

use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::Arc;

use super::handle_table::Object;
use super::handles;
use super::handles::{Kind, Room, Tag};
use crate::{Error, Result, Status};

/// A plain C value that has a neutral state: zero, NULL, false.
pub(crate) trait Neutral: Copy {
    /// What an output holds while there is nothing to say.
    const NEUTRAL: Self;
}

macro_rules! neutral {
    ($($type:ty = $value:expr;)*) => {
        $(impl Neutral for $type { const NEUTRAL: Self = $value; })*
    };
}

neutral! {
    bool = false;
    u8 = 0;
    i32 = 0;
    u32 = 0;
    i64 = 0;
    u64 = 0;
    usize = 0;
    f64 = 0.0;
}

/// Where a function's values go.
pub(crate) trait Outputs {
    /// What the body returns.
    type Values;
    /// Refuses what cannot be written to, and does what else may fail.
    fn check(&self) -> Result<()>;
    /// Writes the values, to what was checked.
    fn write(&self, values: Self::Values);
}

struct Target<T> {
    pointer: *mut T,
    name: &'static str,
    optional: bool,
}

impl<T> Target<T> {
    fn check(&self) -> Result<()> {
        if self.pointer.is_null() {
            if self.optional {
                return Ok(());
            }
            return Err(Error::new(
                Status::ARG_NULL,
                format!("{} is NULL, there is no place for the result", self.name),
            ));
        }
        if !self.pointer.is_aligned() {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("{} is not aligned", self.name),
            ));
        }
        Ok(())
    }
}

/// An output of plain type. Made by [`out`].
pub(crate) struct Out<T>(Target<T>);

/// An output that receives a handle. Made by [`out_handle`]. It has its room in the table of
/// handles before anything is done: what is taken only once, a result or an event, is not lost
/// because there is no memory for its handle.
pub(crate) struct OutHandle<K>(Place, PhantomData<K>);

/// The same, whatever the kind of the handle.
struct Place {
    target: Target<*mut c_void>,
    room: Cell<Option<Room>>,
}

/// Declares an output of plain type and clears it.
///
/// # Safety
/// `pointer` is NULL or valid for writing a `T` until the end of the call.
pub(crate) unsafe fn out<T: Neutral>(pointer: *mut T, name: &'static str) -> Out<T> {
    // SAFETY: passed on from the caller.
    unsafe { clear(pointer, T::NEUTRAL) };
    keep(pointer, name)
}

/// Declares an output that may be the same variable as the input `from`; then it
/// keeps its value on failure, as nobody wants to lose an index to a timeout.
///
/// # Safety
/// `pointer` is NULL or valid for writing a `T` until the end of the call.
pub(crate) unsafe fn out_beside<T: Neutral>(
    pointer: *mut T,
    from: *const T,
    name: &'static str,
) -> Out<T> {
    if std::ptr::eq(pointer, from) {
        return keep(pointer, name);
    }
    // SAFETY: passed on from the caller.
    unsafe { out(pointer, name) }
}

/// Declares an output that receives a handle and clears it.
///
/// # Safety
/// `pointer` is NULL or valid for writing a pointer until the end of the call.
pub(crate) unsafe fn out_handle<K: Kind>(pointer: *mut *mut K, name: &'static str) -> OutHandle<K> {
    // SAFETY: passed on from the caller.
    unsafe { clear(pointer, std::ptr::null_mut()) };
    let place = Place {
        target: keep(pointer.cast(), name).0,
        room: Cell::new(None),
    };
    OutHandle(place, PhantomData)
}

fn keep<T>(pointer: *mut T, name: &'static str) -> Out<T> {
    Out(Target {
        pointer,
        name,
        optional: false,
    })
}

unsafe fn clear<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() && pointer.is_aligned() {
        // SAFETY: passed on from the caller; alignment was looked at.
        unsafe { pointer.write(value) };
    }
}

impl<T> Out<T> {
    /// The caller may give NULL when the value is of no interest.
    pub(crate) fn optional(mut self) -> Self {
        self.0.optional = true;
        self
    }
}

impl<K> OutHandle<K> {
    /// The caller may give NULL when the object is of no interest; it is then dropped.
    pub(crate) fn optional(mut self) -> Self {
        self.0.target.optional = true;
        self
    }
}

impl<T: Neutral> Outputs for Out<T> {
    type Values = T;

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn write(&self, value: T) {
        if !self.0.pointer.is_null() {
            // SAFETY: `out` promised validity, `check` looked at the alignment.
            unsafe { self.0.pointer.write(value) };
        }
    }
}

impl<K: Kind> Outputs for OutHandle<K> {
    type Values = Arc<K::Object>;

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn write(&self, object: Arc<K::Object>) {
        self.0.write(K::TAG, object);
    }
}

impl Place {
    fn check(&self) -> Result<()> {
        self.target.check()?;
        if !self.target.pointer.is_null() {
            // Looked at twice, it keeps the room that it has.
            self.room
                .set(Some(self.room.take().map_or_else(handles::reserve, Ok)?));
        }
        Ok(())
    }

    fn write(&self, tag: Tag, object: Object) {
        // There is room where there is something to write to.
        if let Some(room) = self.room.take() {
            // SAFETY: `out_handle` promised validity, `check` looked at the alignment.
            unsafe { self.target.pointer.write(room.fill_with(tag, object)) };
        }
    }
}

/// No version of any struct is longer.
const LONGEST: usize = 4096;

/// An output whose length the caller tells, because it grows from version to version: what
/// is beyond that length is not written, what is beyond the struct is zero. Made by
/// [`out_sized`].
pub(crate) struct OutSized<T> {
    target: Target<T>,
    size: usize,
}

/// Declares such an output, of plain numbers, and clears it.
///
/// # Safety
/// `pointer` is NULL or valid for writing `size` bytes until the end of the call.
pub(crate) unsafe fn out_sized<T: Neutral>(
    pointer: *mut T,
    size: usize,
    name: &'static str,
) -> OutSized<T> {
    if !pointer.is_null() && pointer.is_aligned() {
        let all = if size <= LONGEST {
            size
        } else {
            size_of::<T>()
        };
        // SAFETY: no more than the caller promised.
        unsafe { pointer.cast::<u8>().write_bytes(0, all) };
    }
    OutSized {
        target: keep(pointer, name).0,
        size,
    }
}

impl<T: Neutral> Outputs for OutSized<T> {
    type Values = T;

    fn check(&self) -> Result<()> {
        self.target.check()?;
        if self.size == 0 || self.size > LONGEST || self.size % size_of::<u64>() != 0 {
            return Err(Error::new(
                Status::ARG_SIZE,
                format!("{} is no struct of {} bytes", self.target.name, self.size),
            ));
        }
        Ok(())
    }

    fn write(&self, value: T) {
        let (from, to) = ((&raw const value).cast::<u8>(), self.target.pointer.cast());
        // SAFETY: as many bytes as both have; `out_sized` promised validity.
        unsafe { from.copy_to_nonoverlapping(to, self.size.min(size_of::<T>())) };
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {$(
        impl<$($name: Outputs),*> Outputs for ($($name,)*) {
            type Values = ($($name::Values,)*);

            fn check(&self) -> Result<()> {
                $(self.$index.check()?;)*
                Ok(())
            }

            fn write(&self, _values: Self::Values) {
                $(self.$index.write(_values.$index);)*
            }
        }
    )*};
}

tuples! {
    ();
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}
