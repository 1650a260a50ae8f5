//! How much of a message a box takes, and which messages a courier writes.

use crate::store::framing;
use crate::Result;

/// Unless the program says otherwise, messages of more boxes than this go by copy stream.
pub const COPY_ABOVE: u32 = 1024;

/// How boxes are chosen for messages that have none.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// What a box holds,
    pub(crate) alone: usize,
    /// and one that a courier writes. The same bytes fit there when it is written alone.
    pub(crate) copied: usize,
    /// Messages of more boxes go by copy stream; of none, if it is 0.
    pub(crate) copy_above: u32,
}

impl Sizes {
    /// The capacity of the boxes of a message, how many it has, and whether it goes by copy stream.
    pub(crate) fn of_message(self, length: usize) -> Result<(usize, u32, bool)> {
        match framing::boxes_for(length, self.copied) {
            Ok(boxes) if self.copy_above > 0 && boxes > self.copy_above => {
                return Ok((self.copied, boxes, true));
            }
            _ => {}
        }
        Ok((self.alone, framing::boxes_for(length, self.alone)?, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes {
        alone: 104,
        copied: 100,
        copy_above: 3,
    };

    #[test]
    fn messages_of_more_boxes_than_the_limit_have_boxes_as_couriers_write_them() {
        // Of 100 bytes the first box takes 63 and each further one 80.
        assert_eq!(SIZES.of_message(0).unwrap(), (104, 1, false));
        assert_eq!(SIZES.of_message(63 + 2 * 80).unwrap(), (104, 3, false));
        assert_eq!(SIZES.of_message(63 + 2 * 80 + 1).unwrap(), (100, 4, true));
    }

    #[test]
    fn with_a_limit_of_zero_none_goes_by_copy_stream() {
        let sizes = Sizes {
            copy_above: 0,
            ..SIZES
        };
        let (capacity, _, by_copy) = sizes.of_message(10_000).unwrap();
        assert_eq!((capacity, by_copy), (104, false));
    }
}
