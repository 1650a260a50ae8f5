//! Out-parameters: set to nothing before anything can fail, then written at most once, after everything succeeded.
//!
//! A function lists its outputs where it calls [`super::boundary::call`]; its body only
//! returns the values. So no body can write early, twice, or beside an error.

use std::cell::Cell;
use std::sync::Arc;

use super::handle::{self, Kind, Room};
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
    /// The values in a form that can be written without failing.
    type Ready: Ready;
    /// Refuses what cannot be written to.
    fn check(&self) -> Result<()>;
    /// Does what may still fail.
    fn prepare(self, values: Self::Values) -> Result<Self::Ready>;
}

/// Values that only wait to be written.
pub(crate) trait Ready {
    /// Writes them.
    fn write(self);
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
pub(crate) struct OutHandle<K>(Target<*mut K>, Cell<Option<Room>>);

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
    OutHandle(keep(pointer, name).0, Cell::new(None))
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
        self.0.optional = true;
        self
    }
}

/// A value on its way into an [`Out`].
pub(crate) struct ReadyValue<T> {
    pointer: *mut T,
    value: T,
}

impl<T> Ready for ReadyValue<T> {
    fn write(self) {
        if !self.pointer.is_null() {
            // SAFETY: `out` promised validity, `check` looked at the alignment.
            unsafe { self.pointer.write(self.value) };
        }
    }
}

impl<T: Neutral> Outputs for Out<T> {
    type Values = T;
    type Ready = ReadyValue<T>;

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn prepare(self, value: T) -> Result<ReadyValue<T>> {
        Ok(ReadyValue {
            pointer: self.0.pointer,
            value,
        })
    }
}

/// A handle on its way into an [`OutHandle`]; ended again if another output fails.
pub(crate) struct ReadyHandle<K: Kind> {
    pointer: *mut *mut K,
    handle: *mut K,
}

impl<K: Kind> Ready for ReadyHandle<K> {
    fn write(mut self) {
        if !self.pointer.is_null() {
            let handle = std::mem::replace(&mut self.handle, std::ptr::null_mut());
            // SAFETY: `out_handle` promised validity, `check` looked at the alignment.
            unsafe { self.pointer.write(handle) };
        }
    }
}

impl<K: Kind> Drop for ReadyHandle<K> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // Nobody has seen it yet, so it cannot have been freed.
            let _ = handle::take(self.handle.cast_const());
        }
    }
}

impl<K: Kind> Outputs for OutHandle<K> {
    type Values = Arc<K::Object>;
    type Ready = ReadyHandle<K>;

    fn check(&self) -> Result<()> {
        self.0.check()?;
        if !self.0.pointer.is_null() {
            // Looked at twice, it keeps the room that it has.
            self.1
                .set(Some(self.1.take().map_or_else(handle::reserve, Ok)?));
        }
        Ok(())
    }

    fn prepare(self, object: Arc<K::Object>) -> Result<ReadyHandle<K>> {
        let handle = match self.1.take() {
            Some(room) => room.fill(object)?,
            None => std::ptr::null_mut(),
        };
        Ok(ReadyHandle {
            pointer: self.0.pointer,
            handle,
        })
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

/// A value on its way into an [`OutSized`].
pub(crate) struct ReadyBytes<T> {
    pointer: *mut T,
    value: T,
    size: usize,
}

impl<T> Ready for ReadyBytes<T> {
    fn write(self) {
        let from = (&raw const self.value).cast::<u8>();
        // SAFETY: as many bytes as both have; `out_sized` promised validity.
        unsafe {
            self.pointer
                .cast::<u8>()
                .copy_from_nonoverlapping(from, self.size)
        };
    }
}

impl<T: Neutral> Outputs for OutSized<T> {
    type Values = T;
    type Ready = ReadyBytes<T>;

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

    fn prepare(self, value: T) -> Result<ReadyBytes<T>> {
        Ok(ReadyBytes {
            pointer: self.target.pointer,
            value,
            size: self.size.min(size_of::<T>()),
        })
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {$(
        impl<$($name: Outputs),*> Outputs for ($($name,)*) {
            type Values = ($($name::Values,)*);
            type Ready = ($($name::Ready,)*);

            fn check(&self) -> Result<()> {
                $(self.$index.check()?;)*
                Ok(())
            }

            #[allow(clippy::unused_unit, reason = "there is a tuple of nothing")]
            fn prepare(self, _values: Self::Values) -> Result<Self::Ready> {
                Ok(($(self.$index.prepare(_values.$index)?,)*))
            }
        }

        impl<$($name: Ready),*> Ready for ($($name,)*) {
            fn write(self) {
                $(self.$index.write();)*
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
