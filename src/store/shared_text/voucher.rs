//! A voucher as one line of text: `kpcv1…`, 73 characters, with the same digits and checksum as capabilities.
//!
//! Also read is the base64 of the 32 bytes, in which other programs show vouchers. It has no checksum.

use super::{compacted, decoded, spelled, CHECKSUM, FAMILY, PREFIX, VERSION};
use crate::secret::{sweeping, Secret, WipingVec};
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// The letter of vouchers.
pub(super) const LETTER: u8 = b'v';

const VOUCHER: usize = 32;
/// Characters of the text of a voucher.
const TEXT_LENGTH: usize = 73;
/// Characters in base64, of which the last is `=`.
const BASE64_LENGTH: usize = 44;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text: ASCII in lower case, without a line break or NUL.
pub fn voucher_to_text(voucher: &Hash) -> WipingVec {
    let mut bytes = Vec::with_capacity(PREFIX + VOUCHER + CHECKSUM);
    bytes.extend(FAMILY);
    bytes.extend([LETTER, VERSION]);
    bytes.extend(voucher);
    spelled(WipingVec::new(bytes))
}

/// Reads a text in upper or lower case, also with white space and hyphens in it; or base64.
///
/// `ARG_VALUE` for what is no such text at all, `UNSUPPORTED` for one of a newer version, `ARG_SIZE` for one that is cut
/// off or too long, `INVALID_CAPABILITY` for one that was changed.
pub fn voucher_from_text(text: &str) -> Result<Secret<VOUCHER>> {
    if let Some(voucher) = from_base64(text.trim()) {
        return Ok(voucher);
    }
    let compact = compacted(text)?;
    let Some((&[k, p, c, letter, version], digits)) = compact.split_first_chunk::<PREFIX>() else {
        return Err(no_voucher());
    };
    if [k, p, c, letter] != *b"kpcv" || !version.is_ascii_digit() {
        return Err(no_voucher());
    }
    if version != VERSION {
        return Err(Error::new(
            Status::UNSUPPORTED,
            "the voucher's text is of a version that this version of the library does not know",
        ));
    }
    if compact.len() != TEXT_LENGTH {
        return Err(Error::new(
            Status::ARG_SIZE,
            format!("a voucher's text has {TEXT_LENGTH} characters: this one is cut off or has too many"),
        ));
    }
    let bytes = decoded(&compact[..PREFIX], digits, VOUCHER)?;
    secret(&bytes[PREFIX..]).ok_or_else(no_voucher)
}

/// What the digits of base64 stand for, where they are the whole text of 32 bytes.
fn from_base64(text: &str) -> Option<Secret<VOUCHER>> {
    let digits = text.strip_suffix('=')?.as_bytes();
    if text.len() != BASE64_LENGTH {
        return None;
    }
    let mut bytes = WipingVec::new(Vec::with_capacity(VOUCHER));
    sweeping(|| {
        let mut bits = 0_u32;
        let mut held = 0;
        for digit in digits {
            let value = BASE64.iter().position(|other| other == digit)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.as_mut_vec().push((bits >> held).to_be_bytes()[3]);
            }
        }
        // The last digit has two bits that stand for nothing.
        (bits & 0b11 == 0).then_some(())
    })?;
    secret(&bytes)
}

fn secret(bytes: &[u8]) -> Option<Secret<VOUCHER>> {
    bytes.try_into().ok().map(Secret::new)
}

fn no_voucher() -> Error {
    Error::new(
        Status::ARG_VALUE,
        "this is no voucher: their texts begin with kpcv1, or are the base64 of 32 bytes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOUCHER: Hash = *b"\x00\x01\x02\x03 a voucher of 32 bytes \xfb\xff\xfe\xfd\xfc";

    fn status(text: &str) -> Status {
        voucher_from_text(text).unwrap_err().status()
    }

    #[test]
    fn a_voucher_comes_back_from_its_text_however_that_was_passed_on() {
        let text = voucher_to_text(&VOUCHER);
        let text = std::str::from_utf8(&text).unwrap();
        assert_eq!(text.len(), TEXT_LENGTH);
        assert!(text.starts_with("kpcv1"));
        let broken = format!("  {}-\n{}", &text[..20], &text[20..]);
        for same in [text, &text.to_uppercase(), &broken] {
            assert_eq!(*voucher_from_text(same).unwrap(), VOUCHER);
        }
    }

    #[test]
    fn every_character_that_is_wrong_missing_or_too_many_is_noticed() {
        let text = voucher_to_text(&VOUCHER).to_vec();
        for at in 0..text.len() {
            let mut other = text.clone();
            other[at] = if other[at] == b'q' { b'r' } else { b'q' };
            let other = String::from_utf8(other).unwrap();
            let expected = if at < PREFIX {
                Status::ARG_VALUE
            } else {
                Status::INVALID_CAPABILITY
            };
            assert_eq!(status(&other), expected, "{at}");
            let mut short = text.clone();
            short.remove(at);
            assert!(voucher_from_text(std::str::from_utf8(&short).unwrap()).is_err());
        }
        let text = String::from_utf8(text).unwrap();
        assert_eq!(status(&text[..72]), Status::ARG_SIZE);
        assert_eq!(status(&format!("{text}0")), Status::ARG_SIZE);
        assert_eq!(status(&text.replace("kpcv1", "kpcv2")), Status::UNSUPPORTED);
        assert_eq!(status(&text.replace("kpcv1", "kpcr1")), Status::ARG_VALUE);
        assert_eq!(status(""), Status::ARG_VALUE);
        let capability = super::super::Shared::from_text(&text).unwrap_err();
        assert_eq!(capability.status(), Status::ARG_VALUE);
    }

    #[test]
    fn base64_is_read_as_other_programs_write_it() {
        // RFC 4648: three bytes are four digits; the last two bytes are three.
        let zeros = "A".repeat(43) + "=";
        assert_eq!(*voucher_from_text(&zeros).unwrap(), [0; 32]);
        let text = "AAECAyBhIHZvdWNoZXIgb2YgMzIgYnl0ZXMg+//+/fw=";
        assert_eq!(*voucher_from_text(text).unwrap(), VOUCHER);
        assert_eq!(*voucher_from_text(&format!("{text}\n")).unwrap(), VOUCHER);
        for other in [
            &text[1..],
            &text.replace('+', "-"),
            &text.replace("w=", "x="),
            &text.replace("w=", "wA"),
        ] {
            assert!(voucher_from_text(other).is_err(), "{other}");
        }
    }
}
