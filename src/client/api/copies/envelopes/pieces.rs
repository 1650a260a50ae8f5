//! Orders for the daemon, cut into pieces that go out one after the other.
//!
//! The state of an order without any waiting: which request comes next and what its reply
//! means for the one after it. Who waits, a task or the calling thread, is decided outside.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::{read, CopyDestination, CourierEnvelopes, StreamEnds};
use crate::bacap::{BoxIndex, WriteCap};
use crate::client::api::copies::streams::{check_index, element, flags, secret_copy, Sizes};
use crate::client::connection::LocalCall;
use crate::client::encryption::Priority;
use crate::client::shared::Inner;
use crate::wire::{Destination, Request};
use crate::{Error, Result, Status};

/// The daemon is to work on a piece for about so long: other encryptions wait for it.
const PIECE_TAKES: Duration = Duration::from_secs(2);
/// The most boxes of one piece. Where they are cheap, smaller pieces would cost memory: the
/// frames of the replies, which are kept for the elements in them, hold more than these.
const PIECE: usize = 40;
/// On daemons that put every request into the line of the mixnet, a second each; the
/// reply is some 16 MiB.
const PIECE_OF_OLD_DAEMONS: usize = 8192;

/// Something that the daemon makes in pieces.
pub(crate) trait Pieces: Send {
    /// The request for the next piece; `None` when all are made.
    fn next(&mut self, inner: &Inner) -> Result<Option<LocalCall<CourierEnvelopes>>>;
    /// Frees what the last request was made of: it is in the request's frame now.
    fn let_go(&mut self);
    /// Makes the last request the next one again, unless it was let go.
    fn again(&mut self);
    /// Takes the reply to the last request.
    fn take(&mut self, made: CourierEnvelopes) -> Result<()>;
    /// All that came out.
    fn end(&mut self) -> CourierEnvelopes;
}

/// What holds a part of a payload.
pub(crate) trait Held: AsRef<[u8]> + Sized {
    /// The first `at` bytes, and the others.
    fn split(self, at: usize) -> (Self, Self);
}

impl Held for &[u8] {
    fn split(self, at: usize) -> (Self, Self) {
        self.split_at(at)
    }
}

impl Held for Bytes {
    fn split(mut self, at: usize) -> (Self, Self) {
        let head = self.split_to(at);
        (head, self)
    }
}

/// A piece of a payload.
struct Part<P> {
    destination: usize,
    payload: P,
}

/// Payloads on their way through the daemon. `P` is what holds them: the caller's memory,
/// or a copy where the caller does not wait.
pub(crate) struct Order<P> {
    /// Capability and next box of each destination.
    destinations: Vec<(WriteCap, BoxIndex)>,
    pieces: VecDeque<Vec<Part<P>>>,
    /// Bytes of a payload that one box takes.
    chunk: usize,
    /// What the last request was made of.
    asked: Vec<Part<P>>,
    /// How many destinations that were.
    asked_of: Vec<usize>,
    collected: Collected,
    /// As the request for one payload: gives no buffer back.
    flushes: bool,
    /// All fits that request itself, as far as is known.
    is_single: bool,
}

/// Tombstones on their way through the daemon.
pub(crate) struct TombstoneOrder {
    write_cap: WriteCap,
    index: BoxIndex,
    left: u32,
    asked: u32,
    collected: Collected,
}

/// What has come out so far.
struct Collected {
    envelopes: Vec<Bytes>,
    /// How many it will be.
    expected: usize,
    buffer: Option<Bytes>,
    ends: StreamEnds,
}

impl Collected {
    fn new(ends: StreamEnds, buffer: Option<&[u8]>, expected: usize) -> Result<Self> {
        Ok(Collected {
            envelopes: Vec::new(),
            expected,
            buffer: buffer.map(secret_copy).transpose()?,
            ends,
        })
    }

    /// The first element has yet to come.
    fn is_start(&self) -> bool {
        self.ends.is_start && self.envelopes.is_empty()
    }

    fn take(&mut self, made: CourierEnvelopes) -> Result<Vec<BoxIndex>> {
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
        Ok(made.next_indices)
    }

    /// What the daemon does at the end of the request for one payload: the rest is an
    /// element of its own, also where the stream goes on.
    fn flush(&mut self) {
        if let Some(rest) = self.buffer.take().filter(|rest| !rest.is_empty()) {
            let made = element(flags(self.is_start(), false), &rest);
            self.envelopes.push(made);
        }
    }

    fn end(&mut self, next_indices: Vec<BoxIndex>) -> CourierEnvelopes {
        CourierEnvelopes {
            envelopes: std::mem::take(&mut self.envelopes),
            buffer: self.buffer.take(),
            next_indices,
        }
    }
}

/// How many boxes go into one request at most.
fn most(inner: &Inner) -> usize {
    if inner.features().answers_at_once() {
        PIECE
    } else {
        PIECE_OF_OLD_DAEMONS
    }
}

/// How many boxes go into the next request, by what an encryption costs now.
fn piece(inner: &Inner) -> usize {
    let most = most(inner);
    match inner.encryption_price() {
        Some(price) if most == PIECE => by_price(price),
        _ => most,
    }
}

fn by_price(price: Duration) -> usize {
    let boxes = PIECE_TAKES.as_nanos() / price.as_nanos().max(1);
    usize::try_from(boxes).unwrap_or(PIECE).clamp(1, PIECE)
}

/// Takes so many boxes out of a piece, or all that it has; gives what is left too.
fn take_front<P: Held>(
    piece: Vec<Part<P>>,
    chunk: usize,
    mut boxes: usize,
) -> (Vec<Part<P>>, Vec<Part<P>>) {
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for part in piece {
        // A destination with nothing to write takes some room as well.
        let has = part.payload.as_ref().len().div_ceil(chunk).max(1);
        if has <= boxes {
            boxes -= has;
            taken.push(part);
        } else if boxes == 0 {
            left.push(part);
        } else {
            let destination = part.destination;
            let halves = part.payload.split(boxes * chunk);
            boxes = 0;
            for (payload, to) in [(halves.0, &mut taken), (halves.1, &mut left)] {
                to.push(Part {
                    destination,
                    payload,
                });
            }
        }
    }
    (taken, left)
}

impl<'a, P: Held> Order<P> {
    /// Checks and cuts payloads; `hold` makes what holds a part until its request.
    fn cut(
        inner: &Inner,
        destinations: &[CopyDestination<'a>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
        hold: fn(&'a [u8]) -> Result<P>,
    ) -> Result<Self> {
        inner.check_envelopes()?;
        let sizes = inner.stream_sizes()?;
        let envelopes = check(inner, destinations, sizes, ends, buffer)?;
        let expected = sizes.elements_of(envelopes, buffer.map_or(0, <[u8]>::len));
        Ok(Order {
            destinations: destinations
                .iter()
                .map(|to| (to.write_cap.clone(), to.start_index.clone()))
                .collect(),
            pieces: cut(destinations, sizes.chunk(), most(inner), hold)?,
            chunk: sizes.chunk(),
            asked: Vec::new(),
            asked_of: Vec::new(),
            collected: Collected::new(ends, buffer, expected)?,
            flushes: false,
            is_single: false,
        })
    }

    /// Leaves no buffer, as the request for one payload does.
    pub(crate) fn flushing(mut self) -> Self {
        self.flushes = true;
        self.is_single = self.pieces.len() <= 1;
        self
    }

    fn request(&self, inner: &Inner) -> Result<LocalCall<CourierEnvelopes>> {
        let asked: Vec<Destination<'_>> = self
            .asked
            .iter()
            .map(|part| {
                let (write_cap, index) = &self.destinations[part.destination];
                Destination {
                    payload: part.payload.as_ref(),
                    write_cap: write_cap.as_bytes(),
                    start_index: index.as_bytes(),
                }
            })
            .collect();
        let is_start = self.collected.is_start();
        let is_last = self.collected.ends.is_last && self.pieces.is_empty();
        let request = match asked.first() {
            Some(only) if self.is_single => Request::EnvelopesFromPayload {
                payload: only.payload,
                write_cap: only.write_cap,
                start_index: only.start_index,
                is_start,
                is_last,
            },
            _ => Request::EnvelopesFromMultiPayload {
                destinations: &asked,
                is_start,
                is_last,
                buffer: self.collected.buffer.as_deref(),
            },
        };
        let boxes = asked.iter().map(|to| to.payload.len().div_ceil(self.chunk));
        Ok(LocalCall::new(&inner.queries, &request, read)?.encrypting(boxes.sum(), Priority::Bulk))
    }
}

impl Order<Bytes> {
    /// Checks, cuts and copies payloads, for those who do not wait.
    pub(crate) fn owned(
        inner: &Inner,
        destinations: &[CopyDestination<'_>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        Order::cut(inner, destinations, ends, buffer, secret_copy)
    }
}

impl<'a> Order<&'a [u8]> {
    /// Checks and cuts payloads, which stay where they are.
    pub(crate) fn borrowed(
        inner: &Inner,
        destinations: &[CopyDestination<'a>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        Order::cut(inner, destinations, ends, buffer, Ok)
    }
}

impl<P: Held + Send> Pieces for Order<P> {
    fn next(&mut self, inner: &Inner) -> Result<Option<LocalCall<CourierEnvelopes>>> {
        let Some(parts) = self.pieces.pop_front() else {
            return Ok(None);
        };
        let (parts, left) = take_front(parts, self.chunk, piece(inner));
        if !left.is_empty() {
            self.pieces.push_front(left);
            self.is_single = false;
        }
        self.asked_of = parts.iter().map(|part| part.destination).collect();
        self.asked = parts;
        self.request(inner).map(Some)
    }

    fn let_go(&mut self) {
        self.asked = Vec::new();
    }

    fn again(&mut self) {
        if !self.asked.is_empty() {
            self.pieces.push_front(std::mem::take(&mut self.asked));
        }
    }

    fn take(&mut self, made: CourierEnvelopes) -> Result<()> {
        self.let_go();
        let next = self.collected.take(made)?;
        if self.is_single && next.is_empty() {
            return Ok(()); // nothing in, nothing out
        }
        if next.len() != self.asked_of.len() {
            return Err(wrong_count());
        }
        for (at, index) in self.asked_of.drain(..).zip(next) {
            self.destinations[at].1 = index;
        }
        Ok(())
    }

    fn end(&mut self) -> CourierEnvelopes {
        if self.flushes && !self.is_single {
            self.collected.flush();
        }
        let next = self.destinations.drain(..).map(|(_, next)| next).collect();
        self.collected.end(next)
    }
}

/// Everything that the daemon would refuse, or answer with a stream that has no end.
/// Tells how many envelopes it will be.
fn check(
    inner: &Inner,
    destinations: &[CopyDestination<'_>],
    sizes: Sizes,
    ends: StreamEnds,
    buffer: Option<&[u8]>,
) -> Result<usize> {
    if destinations.is_empty() {
        return Err(Error::new(Status::ARG_EMPTY, "there is no destination"));
    }
    sizes.check_buffer(buffer)?;
    let waiting = buffer.map_or(0, <[u8]>::len);
    let mut envelopes = 0_usize;
    for to in destinations {
        check_index(inner, &to.write_cap, &to.start_index)?;
        envelopes = envelopes.saturating_add(sizes.boxes_of(to.payload.len()));
    }
    if ends.is_last && envelopes == 0 && waiting == 0 {
        return Err(Error::new(
            Status::ARG_EMPTY,
            "nothing is to be written, so there would be no last element and the stream no end",
        ));
    }
    sizes.check_stream(envelopes, waiting)?;
    Ok(envelopes)
}

/// Cuts payloads into pieces of at most `piece` boxes, at the borders of boxes.
fn cut<'a, P>(
    destinations: &[CopyDestination<'a>],
    chunk: usize,
    piece: usize,
    hold: fn(&'a [u8]) -> Result<P>,
) -> Result<VecDeque<Vec<Part<P>>>> {
    let mut pieces = VecDeque::new();
    let mut parts = Vec::new();
    let mut free = piece;
    for (destination, to) in destinations.iter().enumerate() {
        let mut rest = to.payload;
        loop {
            let (taken, after) = rest.split_at(rest.len().min(free * chunk));
            parts.push(Part {
                destination,
                payload: hold(taken)?,
            });
            // A destination with nothing to write takes some room as well.
            free = free.saturating_sub(taken.len().div_ceil(chunk).max(1));
            if free == 0 {
                pieces.push_back(std::mem::take(&mut parts));
                free = piece;
            }
            if after.is_empty() {
                break;
            }
            rest = after;
        }
    }
    if !parts.is_empty() {
        pieces.push_back(parts);
    }
    Ok(pieces)
}

impl TombstoneOrder {
    /// Checks a range.
    pub(crate) fn new(
        inner: &Inner,
        write_cap: &WriteCap,
        start: &BoxIndex,
        max_count: u32,
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        inner.check_envelopes()?;
        let sizes = inner.stream_sizes()?;
        if max_count == 0 {
            return Err(Error::new(
                Status::ARG_VALUE,
                "max_count is 0: the daemon would make nothing and drop the buffer",
            ));
        }
        check_index(inner, write_cap, start)?;
        sizes.check_buffer(buffer)?;
        let count = usize::try_from(max_count).unwrap_or(usize::MAX);
        let waiting = buffer.map_or(0, <[u8]>::len);
        sizes.check_stream(count, waiting)?;
        Ok(TombstoneOrder {
            write_cap: write_cap.clone(),
            index: start.clone(),
            left: max_count,
            asked: 0,
            collected: Collected::new(ends, buffer, sizes.elements_of(count, waiting))?,
        })
    }
}

impl Pieces for TombstoneOrder {
    fn next(&mut self, inner: &Inner) -> Result<Option<LocalCall<CourierEnvelopes>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let piece = u32::try_from(piece(inner)).unwrap_or(u32::MAX);
        self.asked = self.left.min(piece);
        self.left -= self.asked;
        let request = Request::EnvelopesFromTombstoneRange {
            write_cap: self.write_cap.as_bytes(),
            start_index: self.index.as_bytes(),
            max_count: self.asked,
            is_start: self.collected.is_start(),
            is_last: self.collected.ends.is_last && self.left == 0,
            buffer: self.collected.buffer.as_deref(),
        };
        let call = LocalCall::new(&inner.queries, &request, read)?;
        Ok(Some(call.encrypting(self.asked as usize, Priority::Bulk)))
    }

    fn let_go(&mut self) {}

    fn again(&mut self) {
        self.left += std::mem::take(&mut self.asked);
    }

    fn take(&mut self, made: CourierEnvelopes) -> Result<()> {
        self.asked = 0;
        let next = self.collected.take(made)?.into_iter().next();
        self.index = next.ok_or_else(wrong_count)?;
        Ok(())
    }

    fn end(&mut self) -> CourierEnvelopes {
        self.collected.end(vec![self.index.clone()])
    }
}

fn wrong_count() -> Error {
    Error::new(
        Status::CBOR,
        "the daemon named another number of indices than it was given destinations",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;

    fn sizes_of(lengths: &[usize], piece: usize) -> Vec<Vec<(usize, usize)>> {
        let payloads: Vec<Vec<u8>> = lengths.iter().map(|n| vec![1; *n]).collect();
        let pair = keypair(&[1; 32]);
        let destinations: Vec<CopyDestination<'_>> = payloads
            .iter()
            .map(|payload| CopyDestination {
                write_cap: pair.write_cap.clone(),
                start_index: pair.first_index.clone(),
                payload,
            })
            .collect();
        let pieces = cut(&destinations, 10, piece, Ok).unwrap();
        let sizes = |parts: Vec<Part<&[u8]>>| {
            let size = |part: Part<&[u8]>| (part.destination, part.payload.len());
            parts.into_iter().map(size).collect()
        };
        pieces.into_iter().map(sizes).collect()
    }

    #[test]
    fn what_fits_is_one_piece() {
        assert_eq!(sizes_of(&[40], 4), [[(0, 40)]]);
        assert_eq!(sizes_of(&[0], 4), [[(0, 0)]]);
        assert_eq!(sizes_of(&[6, 6], 4), [[(0, 6), (1, 6)]]);
    }

    #[test]
    fn a_piece_takes_the_daemon_two_seconds_but_has_a_box() {
        let boxes = |ms| by_price(Duration::from_millis(ms));
        assert_eq!(
            [0, 1, 50, 51, 300, 999, 2150, 9000].map(boxes),
            [40, 40, 40, 39, 6, 2, 1, 1]
        );
    }

    #[test]
    fn the_front_of_a_piece_ends_at_the_border_of_a_box() {
        let payload = [1; 35];
        let part = |destination, length: usize| Part {
            destination,
            payload: &payload[..length],
        };
        let sizes = |parts: &[Part<&[u8]>]| -> Vec<(usize, usize)> {
            let size = |part: &Part<&[u8]>| (part.destination, part.payload.len());
            parts.iter().map(size).collect()
        };
        let cut = |boxes| {
            let (taken, left) = take_front(vec![part(0, 35), part(1, 0), part(2, 5)], 10, boxes);
            (sizes(&taken), sizes(&left))
        };
        assert_eq!(cut(1), (vec![(0, 10)], vec![(0, 25), (1, 0), (2, 5)]));
        assert_eq!(cut(4), (vec![(0, 35)], vec![(1, 0), (2, 5)]));
        assert_eq!(cut(5), (vec![(0, 35), (1, 0)], vec![(2, 5)]));
        assert_eq!(cut(6), (vec![(0, 35), (1, 0), (2, 5)], vec![]));
    }

    #[test]
    fn pieces_end_at_the_borders_of_boxes() {
        assert_eq!(sizes_of(&[41], 4), [[(0, 40)], [(0, 1)]]);
        assert_eq!(
            sizes_of(&[35, 0, 25], 4),
            [vec![(0, 35)], vec![(1, 0), (2, 25)]]
        );
        assert_eq!(
            sizes_of(&[15, 95], 4),
            [vec![(0, 15), (1, 20)], vec![(1, 40)], vec![(1, 35)]]
        );
    }
}
