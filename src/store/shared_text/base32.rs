//! Crockford's base32 in lower case: the digits and the letters without i, l, o and u.

use crate::secret::sweeping;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Bits of a digit.
const WIDTH: u32 = 5;

/// Number of digits for so many bytes.
pub(super) fn encoded_length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(WIDTH as usize)
}

/// Appends the digits of `bytes`, the most significant bit first. The last one is filled up with zeros.
pub(super) fn encode(bytes: &[u8], text: &mut Vec<u8>) {
    sweeping(|| {
        let mut bits = 0_u16;
        let mut held = 0;
        for byte in bytes {
            bits = bits << 8 | u16::from(*byte);
            held += 8;
            while held >= WIDTH {
                held -= WIDTH;
                text.push(digit(bits >> held));
            }
        }
        if held > 0 {
            text.push(digit(bits << (WIDTH - held)));
        }
    });
}

/// Appends what the digits stand for. `None` unless it is what [`encode`] makes of those bytes, apart from `i` and `l` for 1 and `o` for 0.
pub(super) fn decode(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    sweeping(|| {
        let mut bits = 0_u16;
        let mut held = 0;
        for digit in digits {
            bits = bits << WIDTH | value(*digit)?;
            held += WIDTH;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held).to_be_bytes()[1]);
            }
        }
        let filling = bits & ((1 << held) - 1);
        (held < WIDTH && filling == 0).then_some(())
    })
}

fn digit(bits: u16) -> u8 {
    DIGITS[usize::from(bits & 0x1f)]
}

fn value(digit: u8) -> Option<u16> {
    let meant = match digit {
        b'i' | b'l' => b'1',
        b'o' => b'0',
        other => other,
    };
    let position = DIGITS.iter().position(|digit| *digit == meant)?;
    u16::try_from(position).ok()
}
