//! The stream as the daemon returns it, piece by piece.
//!
//! A piece starts with what the previous one left over: an envelope is no multiple of an element.
//! The length of that is known beforehand, as all envelopes have one size, but not its content. So
//! where a piece is requested before that has arrived, zeros of the same length are sent instead;
//! they are replaced in the first element of the reply.

use std::collections::VecDeque;

use bytes::Bytes;

use super::elements::{CourierEnvelopes, StreamEnds};
use crate::bacap::BoxIndex;
use crate::client::api::copies::streams::{element, flags, take_apart, Sizes};
use crate::secret::secret_copy;
use crate::wire::WipingVec;
use crate::{Error, Result, Status};

/// What has arrived so far, and what is expected.
pub(super) struct Collected {
    sizes: Sizes,
    envelopes: Vec<Bytes>,
    /// The first element was among them, or among those that were taken out.
    started: bool,
    /// How many it will be.
    expected: usize,
    buffer: Option<Bytes>,
    ends: StreamEnds,
    /// The pieces that were requested, oldest first.
    asked: VecDeque<Expected>,
}

/// The expected result of a piece.
struct Expected {
    elements: usize,
    /// Bytes that it leaves over.
    left: usize,
    /// Bytes at its start for which zeros were sent.
    gap: usize,
}

/// The place of a piece in the stream, for its request.
pub(super) struct Joint {
    pub(super) is_start: bool,
    pub(super) buffer: Option<Bytes>,
}

impl Collected {
    pub(super) fn new(
        sizes: Sizes,
        ends: StreamEnds,
        buffer: Option<&[u8]>,
        envelopes: usize,
    ) -> Result<Self> {
        Ok(Collected {
            sizes,
            envelopes: Vec::new(),
            started: false,
            expected: sizes.elements_of(envelopes, buffer.map_or(0, <[u8]>::len)),
            buffer: buffer.map(secret_copy).transpose()?,
            ends,
            asked: VecDeque::new(),
        })
    }

    /// The stream ends with it.
    pub(super) fn is_last(&self) -> bool {
        self.ends.is_last
    }

    /// The first element has yet to come, and is in no piece that was requested.
    fn is_start(&self) -> bool {
        let started = self.started || self.asked.iter().any(|expected| expected.elements > 0);
        self.ends.is_start && !started
    }

    /// A piece of so many envelopes is requested.
    pub(super) fn ask(&mut self, envelopes: usize) -> Joint {
        let is_start = self.is_start();
        let gap = self.asked.back().map_or(0, |before| before.left);
        let buffer = match self.asked.is_empty() {
            true => self.buffer.clone(),
            false => (gap > 0).then(|| Bytes::from(vec![0; gap])),
        };
        let waiting = buffer.as_ref().map_or(0, Bytes::len);
        let (elements, left) = self.sizes.filled_by(envelopes, waiting);
        self.asked.push_back(Expected {
            elements,
            left,
            gap,
        });
        Joint { is_start, buffer }
    }

    /// The requested pieces are requested again.
    pub(super) fn forget_asked(&mut self) {
        self.asked.clear();
    }

    /// Takes the reply to the oldest piece. Returns the indices in it, and whether it matches what
    /// was expected: otherwise those behind it do not fit.
    pub(super) fn take(&mut self, mut made: CourierEnvelopes) -> Result<(Vec<BoxIndex>, bool)> {
        let expected = self.asked.pop_front();
        let expected = expected.ok_or_else(|| Error::new(Status::INTERNAL, "nothing was asked"))?;
        if expected.gap > 0 {
            let rest = self.buffer.as_deref().unwrap_or_default();
            fill_gap(&mut made, rest, expected.gap)?;
        }
        let left = made.buffer.as_ref().map_or(0, Bytes::len);
        let fits = (made.envelopes.len(), left) == (expected.elements, expected.left);
        self.started |= !made.envelopes.is_empty();
        if self.envelopes.is_empty() && made.envelopes.len() >= self.expected {
            self.envelopes = made.envelopes;
        } else {
            // In full at once: growing would hold the list twice.
            let room = self.expected.saturating_sub(self.envelopes.len());
            self.envelopes
                .try_reserve_exact(room)
                .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for a copy stream"))?;
            self.envelopes.extend(made.envelopes);
        }
        self.buffer = made.buffer;
        Ok((made.next_indices, fits))
    }

    /// Takes out what has arrived so far, where that is not kept until the end.
    pub(super) fn take_out(&mut self) -> Vec<Bytes> {
        self.expected = 0;
        std::mem::take(&mut self.envelopes)
    }

    /// What the daemon does at the end of the request for one payload: the rest is an
    /// element of its own, also where the stream goes on.
    pub(super) fn flush(&mut self) {
        if let Some(rest) = self.buffer.take().filter(|rest| !rest.is_empty()) {
            let made = element(flags(self.is_start(), false), &rest);
            self.envelopes.push(made);
        }
    }

    pub(super) fn end(&mut self, next_indices: Vec<BoxIndex>) -> CourierEnvelopes {
        CourierEnvelopes {
            envelopes: std::mem::take(&mut self.envelopes),
            buffer: self.buffer.take(),
            next_indices,
        }
    }
}

/// Replaces the zeros at the start of a piece by what they stand for.
fn fill_gap(made: &mut CourierEnvelopes, rest: &[u8], gap: usize) -> Result<()> {
    let other = || Error::new(Status::CBOR, "the daemon made a stream of other bytes");
    let filled = |data: &[u8]| {
        let (zeros, data) = data.split_at_checked(gap).ok_or_else(other)?;
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(other());
        }
        Ok(WipingVec::new([rest, data].concat()))
    };
    match (made.envelopes.first_mut(), made.buffer.as_mut()) {
        (Some(first), _) => {
            let (flags, data) = take_apart(first).ok_or_else(other)?;
            *first = element(flags, &filled(data)?);
        }
        (None, Some(buffer)) => *buffer = filled(buffer)?.into_bytes(),
        (None, None) => return Err(other()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: &[u8] = b"\0\0\0";

    fn made(envelopes: &[&[u8]], buffer: Option<&'static [u8]>) -> CourierEnvelopes {
        CourierEnvelopes {
            envelopes: envelopes.iter().map(|data| element(1, data)).collect(),
            buffer: buffer.map(Bytes::from_static),
            next_indices: Vec::new(),
        }
    }

    #[test]
    fn what_was_left_over_takes_the_place_of_zeros() {
        let mut whole = made(&[b"\0\0\0data", b"more"], Some(b"left"));
        fill_gap(&mut whole, b"abc", GAP.len()).unwrap();
        assert_eq!(
            whole.envelopes,
            [element(1, b"abcdata"), element(1, b"more")]
        );
        assert_eq!(whole.buffer.as_deref(), Some(&b"left"[..]));
        let mut none = made(&[], Some(b"\0\0\0left"));
        fill_gap(&mut none, b"abc", GAP.len()).unwrap();
        assert_eq!(none.buffer.as_deref(), Some(&b"abcleft"[..]));
    }

    /// Envelopes of 15 bytes in elements of 10.
    fn collected() -> Collected {
        let sizes = Sizes::with(15, 15);
        let ends = StreamEnds {
            is_start: true,
            is_last: true,
        };
        Collected::new(sizes, ends, None, 4).unwrap()
    }

    #[test]
    fn a_piece_that_is_asked_for_early_begins_with_zeros() {
        let mut stream = collected();
        let first = stream.ask(1);
        assert!(first.is_start && first.buffer.is_none());
        let second = stream.ask(1);
        assert!(!second.is_start);
        assert_eq!(second.buffer.as_deref(), Some(&[0; 5][..]));
        // Both together leave nothing over.
        let third = stream.ask(2);
        assert!(third.buffer.is_none());
        let (_, fits) = stream.take(made(&[b"0123456789"], Some(b"abcde"))).unwrap();
        assert!(fits);
        let gone = [&[0; 5][..], b"fghij"].concat();
        let (_, fits) = stream.take(made(&[&gone, b"ABCDEFGHIJ"], None)).unwrap();
        assert!(fits);
        assert_eq!(stream.envelopes[1], element(1, b"abcdefghij"));
    }

    #[test]
    fn what_does_not_fit_is_asked_for_again_with_what_is_left_over() {
        let mut stream = collected();
        stream.ask(1);
        stream.ask(1);
        let (_, fits) = stream.take(made(&[b"0123456789"], Some(b"abcd"))).unwrap();
        assert!(!fits);
        stream.forget_asked();
        let again = stream.ask(1);
        assert!(!again.is_start);
        assert_eq!(again.buffer.as_deref(), Some(&b"abcd"[..]));
    }

    #[test]
    fn other_bytes_than_the_zeros_are_refused() {
        for mut other in [
            made(&[b"\0\0x"], None),
            made(&[b"\0\0"], None),
            made(&[], Some(b"\0x\0")),
            made(&[], None),
        ] {
            let error = fill_gap(&mut other, b"abc", GAP.len()).unwrap_err();
            assert_eq!(error.status(), Status::CBOR);
        }
    }
}
