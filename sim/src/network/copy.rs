//! The format of copy streams, and its encoder.
//!
//! An element fills one box: a byte of flags, the length of its data (4 bytes, big endian), the data. The data of all
//! elements, one after another, are courier envelopes, each behind its length (4 bytes, big endian).

/// Flag of the first element.
pub(super) const START: u8 = 1;
/// Flag of the last element.
pub(super) const FINAL: u8 = 2;
/// Bytes of an element beside its data.
pub(super) const ELEMENT_OVERHEAD: usize = 5;
/// The largest payload of one destination.
pub(super) const MAX_PAYLOAD: usize = 10 << 20;
/// The most boxes, and the most envelopes, of a stream.
pub(super) const MAX_COUNT: u64 = 65_536;

/// One decoded element.
pub(super) struct Element<'a> {
    /// Whether it is the first of the stream.
    pub(super) is_start: bool,
    /// Whether it is the last of the stream.
    pub(super) is_final: bool,
    /// Its share of the envelopes.
    pub(super) data: &'a [u8],
}

impl<'a> Element<'a> {
    /// `None` if this is no element.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Element<'a>> {
        let (flags, rest) = bytes.split_first()?;
        let (length, data) = rest.split_first_chunk::<4>()?;
        let fits = u32::from_be_bytes(*length) as usize == data.len();
        (fits && *flags <= START | FINAL).then_some(Element {
            is_start: flags & START != 0,
            is_final: flags & FINAL != 0,
            data,
        })
    }
}

/// What to do with data that do not fill an element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Return them, for the next call.
    Keep,
    /// Make them an element of their own.
    Flush,
    /// Make them the last element of the stream.
    End,
}

/// Splits envelopes into elements.
pub(super) struct Encoder {
    room: usize,
    first: bool,
    waiting: Vec<u8>,
    elements: Vec<Vec<u8>>,
}

impl Encoder {
    /// Continues after `buffer`, which an earlier call returned.
    pub(super) fn new(max_plaintext: usize, buffer: &[u8], is_start: bool) -> Encoder {
        Encoder {
            room: max_plaintext.saturating_sub(ELEMENT_OVERHEAD).max(1),
            first: is_start,
            waiting: buffer.to_vec(),
            elements: Vec::new(),
        }
    }

    /// Appends an envelope.
    pub(super) fn add(&mut self, envelope: &[u8]) {
        let length = u32::try_from(envelope.len()).unwrap_or(u32::MAX);
        self.waiting.extend_from_slice(&length.to_be_bytes());
        self.waiting.extend_from_slice(envelope);
        self.emit_while(|left, room| left > room);
    }

    /// All elements, and the rest.
    pub(super) fn finish(mut self, tail: Tail) -> (Vec<Vec<u8>>, Option<Vec<u8>>) {
        if tail == Tail::Keep {
            self.emit_while(|left, room| left >= room);
            return (self.elements, Some(self.waiting));
        }
        self.emit_while(|left, room| left > room);
        if !self.waiting.is_empty() {
            let last = std::mem::take(&mut self.waiting);
            self.push(&last, if tail == Tail::End { FINAL } else { 0 });
        }
        (self.elements, None)
    }

    fn emit_while(&mut self, enough: impl Fn(usize, usize) -> bool) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut rest = &waiting[..];
        while enough(rest.len(), self.room) {
            let (data, after) = rest.split_at(self.room.min(rest.len()));
            self.push(data, 0);
            rest = after;
        }
        self.waiting = rest.to_vec();
    }

    fn push(&mut self, data: &[u8], flags: u8) {
        let start = if std::mem::take(&mut self.first) {
            START
        } else {
            0
        };
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let mut element = Vec::with_capacity(ELEMENT_OVERHEAD + data.len());
        element.push(flags | start);
        element.extend_from_slice(&length.to_be_bytes());
        element.extend_from_slice(data);
        self.elements.push(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1677;
    const ENVELOPE: [u8; 1999] = [9; 1999];

    fn sizes(elements: &[Vec<u8>]) -> Vec<usize> {
        elements.iter().map(Vec::len).collect()
    }

    #[test]
    fn three_envelopes_give_the_recorded_four_elements() {
        let mut encoder = Encoder::new(MAX, &[], true);
        (0..3).for_each(|_| encoder.add(&ENVELOPE));
        let (elements, buffer) = encoder.finish(Tail::End);
        assert_eq!(sizes(&elements), [1677, 1677, 1677, 998]);
        assert_eq!(elements[0][..9], *b"\x01\0\0\x06\x88\0\0\x07\xcf");
        assert_eq!(elements[3][..5], *b"\x02\0\0\x03\xe1");
        assert!(buffer.is_none());
    }

    #[test]
    fn one_envelope_kept_and_one_more_give_the_recorded_buffer_and_elements() {
        let mut encoder = Encoder::new(MAX, &[], true);
        encoder.add(&ENVELOPE);
        let (elements, buffer) = encoder.finish(Tail::Keep);
        assert_eq!(sizes(&elements), [1677]);
        let buffer = buffer.unwrap();
        assert_eq!(buffer.len(), 331);
        let mut encoder = Encoder::new(MAX, &buffer, false);
        encoder.add(&ENVELOPE);
        let (elements, buffer) = encoder.finish(Tail::End);
        assert_eq!(sizes(&elements), [1677, 667]);
        assert_eq!(elements[0][..5], *b"\0\0\0\x06\x88");
        assert_eq!(elements[1][..5], *b"\x02\0\0\x02\x96");
        assert!(buffer.is_none());
    }

    #[test]
    fn without_an_end_the_tail_is_flushed_without_the_final_flag() {
        let mut encoder = Encoder::new(MAX, &[], true);
        encoder.add(&ENVELOPE);
        let (elements, buffer) = encoder.finish(Tail::Flush);
        assert_eq!(sizes(&elements), [1677, 336]);
        assert_eq!((elements[1][0], buffer), (0, None));
    }

    #[test]
    fn nothing_in_gives_nothing_out() {
        for tail in [Tail::End, Tail::Flush] {
            let (elements, buffer) = Encoder::new(MAX, &[], true).finish(tail);
            assert!(elements.is_empty() && buffer.is_none());
        }
        let (elements, buffer) = Encoder::new(MAX, &[], true).finish(Tail::Keep);
        assert!(elements.is_empty() && buffer == Some(Vec::new()));
    }

    #[test]
    fn a_made_up_buffer_is_cut_like_anything_else() {
        let (elements, buffer) = Encoder::new(MAX, &[1; 2 * 1672], true).finish(Tail::Keep);
        assert_eq!(sizes(&elements), [1677, 1677]);
        assert_eq!((elements[0][0], elements[1][0]), (START, 0));
        assert_eq!(buffer, Some(Vec::new()));
        let (elements, _) = Encoder::new(MAX, &[1; 2 * 1672], true).finish(Tail::End);
        assert_eq!((elements[0][0], elements[1][0]), (START, FINAL));
    }

    #[test]
    fn elements_are_read_as_they_were_written_and_nonsense_is_refused() {
        let element = Element::parse(b"\x03\0\0\0\x02ab").unwrap();
        assert!(element.is_start && element.is_final);
        assert_eq!(element.data, b"ab");
        for nonsense in [&b""[..], b"\x01\0\0", b"\x01\0\0\0\x03ab", b"\x04\0\0\0\0"] {
            assert!(Element::parse(nonsense).is_none());
        }
    }
}
