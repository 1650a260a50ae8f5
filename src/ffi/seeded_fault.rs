//! Faults that are put here on purpose, to prove that a sanitizer or Miri watches the library's own code: a build
//! has them only with `--cfg kpc_seeded_fault`, which tests/sanitize/run.sh sets. They are in no header.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reads a block that is freed.
fn use_after_free() -> u8 {
    let block = Box::into_raw(Box::new([7_u8; 32]));
    // SAFETY: it was just made of a box.
    drop(unsafe { Box::from_raw(block) });
    // SAFETY: none; this is the fault.
    unsafe { ptr::read_volatile(block.cast::<u8>()) }
}

/// Two threads count without knowing of each other.
fn data_race() -> u8 {
    static mut COUNT: u8 = 0;
    static READY: AtomicUsize = AtomicUsize::new(0);
    let count = || {
        READY.fetch_add(1, Ordering::Relaxed);
        while READY.load(Ordering::Relaxed) % 2 != 0 {
            std::thread::yield_now();
        }
        // SAFETY: none; this is the fault.
        unsafe { COUNT = COUNT.wrapping_add(1) };
    };
    let other = std::thread::spawn(count);
    count();
    let _ = other.join();
    // SAFETY: the other thread has ended.
    unsafe { COUNT }
}

/// Makes the fault of this number; 0 is none.
#[no_mangle]
pub extern "C" fn kpc_seeded_fault(number: i32) -> u8 {
    match number {
        1 => use_after_free(),
        2 => data_race(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{data_race, use_after_free};

    #[test]
    fn seeded_use_after_free() {
        use_after_free();
    }

    #[test]
    fn seeded_data_race() {
        data_race();
    }
}
