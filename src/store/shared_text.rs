//! A capability with a position in its channel, as one line of text for another person or another device.
//!
//! `kpcr1…` reads, `kpcw1…` writes. Behind that are the key, the first index, the position if it is not the first
//! index, and a checksum, in Crockford's base32: letters and digits alone, so that the line survives a shell, a URL, an
//! e-mail and somebody who reads it aloud. docs/channel-format.md describes it for other implementations.
//!
//! | channel is shared from | length | QR code, upper case, error correction M |
//! |---|---|---|
//! | its first index on | 239 characters | version 9 (53 × 53) |
//! | another position on | 405 characters | version 12 (65 × 65) |
//!
//! The text is a secret as the capability is: whoever has it reads, or writes, the channel.

mod base32;
#[cfg(test)]
mod tests;
pub(super) mod voucher;

use crate::bacap::{blake2b_256, BoxIndex, ReadCap, WriteCap, BOX_INDEX_SIZE};
use crate::secret::{sweeping, WipingVec};
use crate::{Error, Result, Status};

/// Length of a text without, and of one with a position of its own.
pub const TEXT_LENGTHS: [usize; 2] = [239, 405];

const FAMILY: &[u8; 3] = b"kpc";
const VERSION: u8 = b'1';
/// `kpcr1`
const PREFIX: usize = 5;
const KEY: usize = 32;
const CHECKSUM: usize = 10;
/// Key and first index.
const SHORT: usize = KEY + BOX_INDEX_SIZE;
/// The same with a position.
const LONG: usize = SHORT + BOX_INDEX_SIZE;

/// What a text gives to whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Reading from `index` on.
    Read {
        /// The channel.
        cap: ReadCap,
        /// The first box to read.
        index: BoxIndex,
    },
    /// Writing from `index` on.
    Write {
        /// The channel.
        cap: WriteCap,
        /// The first box to write.
        index: BoxIndex,
    },
}

impl Shared {
    /// The text: ASCII in lower case, without a line break or NUL. In upper case it is the same, for QR codes.
    pub fn to_text(&self) -> WipingVec {
        let prefix = [FAMILY[0], FAMILY[1], FAMILY[2], self.letter(), VERSION];
        let first = self.first_index();
        let mut bytes = Vec::with_capacity(PREFIX + LONG + CHECKSUM);
        bytes.extend(prefix);
        bytes.extend(self.key());
        bytes.extend(first.as_bytes());
        if *self.index() != first {
            bytes.extend(self.index().as_bytes());
        }
        spelled(WipingVec::new(bytes))
    }

    /// Reads a text in upper or lower case, also with white space and hyphens in it.
    ///
    /// `ARG_VALUE` for what is no such text at all, `UNSUPPORTED` for one of a newer version, `ARG_SIZE` for one that is
    /// cut off or too long, `INVALID_CAPABILITY` for one that was changed or whose key or position cannot be right.
    pub fn from_text(text: &str) -> Result<Self> {
        let compact = compacted(text)?;
        let (letter, digits) = split_prefix(&compact)?;
        let length = match TEXT_LENGTHS.map(|length| length == compact.len()) {
            [true, _] => SHORT,
            [_, true] => LONG,
            _ => return Err(cut_off()),
        };
        let bytes = decoded(&compact[..PREFIX], digits, length)?;
        let shared = Self::assemble(letter, &bytes[PREFIX..])?;
        // Neighbours are not compared: daemons exist whose steps are not known here.
        if shared.index().may_belong_to(&shared.first_index(), false) {
            return Ok(shared);
        }
        Err(invalid("its position is not of its channel"))
    }

    /// From key, first index and perhaps a position.
    fn assemble(letter: u8, payload: &[u8]) -> Result<Self> {
        let (Some((key, indices)), Some(short)) =
            (payload.split_first_chunk::<KEY>(), payload.get(..SHORT))
        else {
            return Err(cut_off());
        };
        let (first, position) = indices.split_at(BOX_INDEX_SIZE);
        let first = BoxIndex::from_bytes(first)?;
        let index = match position {
            [] => first.clone(),
            position => BoxIndex::from_bytes(position)?,
        };
        Ok(match letter {
            b'w' => Shared::Write {
                cap: WriteCap::from_parts(key, &first),
                index,
            },
            _ => Shared::Read {
                cap: ReadCap::from_bytes(short)?,
                index,
            },
        })
    }

    fn letter(&self) -> u8 {
        match self {
            Shared::Read { .. } => b'r',
            Shared::Write { .. } => b'w',
        }
    }

    fn index(&self) -> &BoxIndex {
        match self {
            Shared::Read { index, .. } | Shared::Write { index, .. } => index,
        }
    }

    fn first_index(&self) -> BoxIndex {
        match self {
            Shared::Read { cap, .. } => cap.first_index(),
            Shared::Write { cap, .. } => cap.first_index(),
        }
    }

    fn key(&self) -> &[u8; KEY] {
        match self {
            Shared::Read { cap, .. } => cap.key(),
            Shared::Write { cap, .. } => cap.seed(),
        }
    }
}

/// In lower case and without what mail programs and people put between the characters.
fn compacted(text: &str) -> Result<WipingVec> {
    let [_, longest] = TEXT_LENGTHS;
    let mut compact = WipingVec::new(Vec::with_capacity(longest + 1));
    for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let Ok(byte) = u8::try_from(character) else {
            return Err(no_text());
        };
        // One more than fits is enough to see that there are too many.
        if compact.len() <= longest {
            compact.as_mut_vec().push(byte.to_ascii_lowercase());
        }
    }
    Ok(compact)
}

/// The letter of the kind, and what follows the prefix.
fn split_prefix(compact: &[u8]) -> Result<(u8, &[u8])> {
    let Some((&[k, p, c, letter, version], digits)) = compact.split_first_chunk::<PREFIX>() else {
        return Err(no_text());
    };
    if [k, p, c] != *FAMILY || !version.is_ascii_digit() {
        return Err(no_text());
    }
    if letter == voucher::LETTER {
        return Err(Error::new(
            Status::ARG_VALUE,
            "this text is a voucher, and gives no channel by itself",
        ));
    }
    if version != VERSION || !matches!(letter, b'r' | b'w') {
        return Err(Error::new(
            Status::UNSUPPORTED,
            "the shared text is of a kind or version that this version of the library does not know",
        ));
    }
    Ok((letter, digits))
}

/// The text of a prefix and the bytes behind it. There is room for the checksum.
fn spelled(mut bytes: WipingVec) -> WipingVec {
    let checksum = checksum(&bytes);
    bytes.as_mut_vec().extend(checksum);
    let (prefix, payload) = bytes.split_at(PREFIX);
    let mut text = Vec::with_capacity(PREFIX + base32::encoded_length(payload.len()));
    text.extend(prefix);
    base32::encode(payload, &mut text);
    WipingVec::new(text)
}

/// Prefix and `length` bytes, after the checksum was found right. So many digits there are.
fn decoded(prefix: &[u8], digits: &[u8], length: usize) -> Result<WipingVec> {
    let mut bytes = WipingVec::new(Vec::with_capacity(PREFIX + LONG + CHECKSUM));
    bytes.as_mut_vec().extend_from_slice(prefix);
    base32::decode(digits, bytes.as_mut_vec()).ok_or_else(changed)?;
    let expected = checksum(&bytes[..PREFIX + length]);
    if bytes[PREFIX + length..] != expected {
        return Err(changed());
    }
    bytes.as_mut_vec().truncate(PREFIX + length);
    Ok(bytes)
}

/// The first bytes of BLAKE2b-256 over the prefix and the bytes behind it.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let whole = sweeping(|| blake2b_256(bytes));
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&whole[..CHECKSUM]);
    checksum
}

fn no_text() -> Error {
    Error::new(
        Status::ARG_VALUE,
        "this is no shared text: those begin with kpcr1 or kpcw1",
    )
}

fn cut_off() -> Error {
    let [short, long] = TEXT_LENGTHS;
    Error::new(
        Status::ARG_SIZE,
        format!(
            "a shared text has {short} or {long} characters: this one is cut off or has too many"
        ),
    )
}

fn changed() -> Error {
    invalid("a character is wrong or in another place (checksum)")
}

fn invalid(why: &str) -> Error {
    Error::new(
        Status::INVALID_CAPABILITY,
        format!("the shared text is invalid: {why}"),
    )
}
