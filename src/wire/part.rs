//! Parts of a frame that outlive it.

use bytes::Bytes;

use super::frame::allocate;

/// Of a frame that is this small, all may be kept for a part.
const SMALL: usize = 4096;

/// Whether parts with so many bytes together may keep the whole frame in memory.
pub(crate) fn may_share(frame: &Bytes, bytes: usize) -> bool {
    frame.len() <= SMALL || bytes >= frame.len() / 2
}

/// A part of a frame: sharing the frame's memory where it is at least half of it, else a copy.
/// Queues and results are bounded by the bytes of what they hold, and nobody would see that one
/// byte keeps 40 MiB of fields that nobody knows.
pub(crate) fn part_of(frame: &Bytes, part: &[u8]) -> Bytes {
    if may_share(frame, part.len()) {
        return frame.slice_ref(part);
    }
    copy_of(frame, part)
}

/// A part of a frame, in memory of its own if there is any. It is wiped like the frame.
pub(crate) fn copy_of(frame: &Bytes, part: &[u8]) -> Bytes {
    match allocate(part.len()) {
        Ok(mut copy) => {
            copy.as_mut_vec().extend_from_slice(part);
            copy.into_bytes()
        }
        Err(_) => frame.slice_ref(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_inside(part: &Bytes, frame: &Bytes) -> bool {
        frame.as_ptr_range().contains(&part.as_ptr())
    }

    #[test]
    fn a_small_part_of_a_large_frame_does_not_keep_it() {
        let frame = Bytes::from(vec![7; 2 * SMALL]);
        for (length, shares) in [
            (1, false),
            (SMALL - 1, false),
            (SMALL, true),
            (2 * SMALL, true),
        ] {
            let part = part_of(&frame, &frame[..length]);
            assert_eq!(part, frame[..length]);
            assert_eq!(is_inside(&part, &frame), shares, "{length}");
        }
        let small = Bytes::from(vec![7; SMALL]);
        assert!(is_inside(&part_of(&small, &small[9..10]), &small));
    }
}
