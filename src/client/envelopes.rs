//! Courier envelopes: payloads and tombstones made into the elements of a copy stream.
//!
//! The daemon makes them. It answers local requests one after the other and takes more
//! than a millisecond for each envelope, and a reply may exceed what a frame can hold
//! where its request did not; so long work goes in pieces, chained by the buffer that
//! each leaves to the next. What fits one piece is one request.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::inner::Inner;
use super::lane::Answer;
use super::requests;
use super::streams::{check_index, check_payload, element, flags, secret_copy, Sizes};
use super::work::{LocalCall, Work};
use super::Client;
use crate::bacap::{BoxIndex, WriteCap};
use crate::wire::{Destination, ReplyBody, Request};
use crate::{Error, Result, Status};

/// Boxes of one piece: the daemon has other local requests wait some 20 ms for it.
const PIECE: usize = 16;
/// On daemons that put every request into the line of the mixnet, a second each; the
/// reply is some 16 MiB.
const PIECE_OF_OLD_DAEMONS: usize = 8192;

/// One payload and the place where a copy command is to put it.
pub struct CopyDestination<'a> {
    /// With which capability.
    pub write_cap: WriteCap,
    /// From which box on.
    pub start_index: BoxIndex,
    /// What to write.
    pub payload: &'a [u8],
}

/// Where in its stream the result of a call stands.
#[derive(Clone, Copy, Debug)]
pub struct StreamEnds {
    /// It holds the stream's first element.
    pub is_start: bool,
    /// It holds the stream's last element.
    pub is_last: bool,
}

/// Elements of a copy stream, each to be written to one box.
#[derive(Clone, Default)]
pub struct CourierEnvelopes {
    /// The elements, in order.
    pub envelopes: Vec<Bytes>,
    /// What is left over, for the next call.
    pub buffer: Option<Bytes>,
    /// The box behind the last one of each destination.
    pub next_indices: Vec<BoxIndex>,
}

/// A piece of a payload.
struct Part {
    destination: usize,
    payload: Bytes,
}

/// Payloads on their way through the daemon, piece by piece.
pub(crate) struct Order {
    /// Capability and next box of each destination.
    destinations: Vec<(WriteCap, BoxIndex)>,
    pieces: VecDeque<Vec<Part>>,
    ends: StreamEnds,
    buffer: Option<Bytes>,
    /// Made by the request for one payload, which gives no buffer back.
    flushes: bool,
}

/// Tombstones on their way through the daemon, piece by piece.
pub(crate) struct TombstoneOrder {
    write_cap: WriteCap,
    index: BoxIndex,
    left: u32,
    piece: u32,
    ends: StreamEnds,
    buffer: Option<Bytes>,
}

/// What has come out so far.
struct Collected {
    envelopes: Vec<Bytes>,
    buffer: Option<Bytes>,
    ends: StreamEnds,
}

impl Collected {
    fn new(ends: StreamEnds, buffer: Option<Bytes>) -> Self {
        Collected {
            envelopes: Vec::new(),
            buffer,
            ends,
        }
    }

    /// The first element has yet to come.
    fn is_start(&self) -> bool {
        self.ends.is_start && self.envelopes.is_empty()
    }

    fn take(&mut self, made: CourierEnvelopes) -> Vec<BoxIndex> {
        self.envelopes.extend(made.envelopes);
        self.buffer = made.buffer;
        made.next_indices
    }
}

impl Inner {
    /// How many boxes go into one request.
    fn piece(&self) -> usize {
        if Inner::is_modern(&self.features()) {
            PIECE
        } else {
            PIECE_OF_OLD_DAEMONS
        }
    }
}

impl Order {
    /// Checks and cuts payloads. `limited`: no payload may be longer than a program's.
    pub(crate) fn new(
        inner: &Inner,
        destinations: &[CopyDestination<'_>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        inner.check_envelopes()?;
        let sizes = inner.stream_sizes()?;
        check(destinations, sizes, ends, buffer)?;
        Ok(Order {
            destinations: destinations
                .iter()
                .map(|to| (to.write_cap.clone(), to.start_index.clone()))
                .collect(),
            pieces: cut(destinations, sizes.chunk(), inner.piece())?,
            ends,
            buffer: buffer.map(secret_copy).transpose()?,
            flushes: false,
        })
    }

    /// Has the daemon make all of it.
    pub(crate) async fn run(mut self, inner: &Arc<Inner>) -> Result<CourierEnvelopes> {
        if self.flushes && self.pieces.len() <= 1 {
            return self.run_single(inner).await;
        }
        let mut collected = Collected::new(self.ends, self.buffer.take());
        // Each piece is freed before the next reply comes: payload and result are
        // never both there in full.
        while let Some(parts) = self.pieces.pop_front() {
            let call = self.call(inner, &parts, &collected)?;
            let destinations: Vec<usize> = parts.iter().map(|part| part.destination).collect();
            drop(parts);
            let next = collected.take(call.run(inner).await?);
            if next.len() != destinations.len() {
                return Err(wrong_count());
            }
            for (at, index) in destinations.into_iter().zip(next) {
                self.destinations[at].1 = index;
            }
        }
        if self.flushes {
            flush(&mut collected);
        }
        Ok(CourierEnvelopes {
            envelopes: collected.envelopes,
            buffer: collected.buffer,
            next_indices: self
                .destinations
                .into_iter()
                .map(|(_, next)| next)
                .collect(),
        })
    }

    fn call(
        &self,
        inner: &Inner,
        parts: &[Part],
        collected: &Collected,
    ) -> Result<LocalCall<CourierEnvelopes>> {
        let destinations: Vec<Destination<'_>> = parts
            .iter()
            .map(|part| {
                let (write_cap, index) = &self.destinations[part.destination];
                Destination {
                    payload: &part.payload,
                    write_cap: write_cap.as_bytes(),
                    start_index: index.as_bytes(),
                }
            })
            .collect();
        let request = Request::EnvelopesFromMultiPayload {
            destinations: &destinations,
            is_start: collected.is_start(),
            is_last: self.ends.is_last && self.pieces.is_empty(),
            buffer: collected.buffer.as_deref(),
        };
        LocalCall::new(&inner.queries, &request, read)
    }

    /// The one request for one payload.
    async fn run_single(self, inner: &Arc<Inner>) -> Result<CourierEnvelopes> {
        let Some((write_cap, start)) = self.destinations.first() else {
            return Err(no_destination());
        };
        let part = self.pieces.front().and_then(|parts| parts.first());
        let request = Request::EnvelopesFromPayload {
            payload: part.map_or(&[], |part| &part.payload),
            write_cap: write_cap.as_bytes(),
            start_index: start.as_bytes(),
            is_start: self.ends.is_start,
            is_last: self.ends.is_last,
        };
        let call = LocalCall::new(&inner.queries, &request, read)?;
        let start = start.clone();
        drop(self);
        let mut made = call.run(inner).await?;
        if made.next_indices.is_empty() {
            made.next_indices.push(start); // nothing in, nothing out
        }
        Ok(made)
    }
}

/// What the daemon does at the end of the request for one payload: the rest is an
/// element of its own, also where the stream goes on.
fn flush(collected: &mut Collected) {
    if let Some(rest) = collected.buffer.take().filter(|rest| !rest.is_empty()) {
        let made = element(flags(collected.is_start(), false), &rest);
        collected.envelopes.push(made);
    }
}

/// Everything that the daemon would refuse, or answer with a stream that has no end.
fn check(
    destinations: &[CopyDestination<'_>],
    sizes: Sizes,
    ends: StreamEnds,
    buffer: Option<&[u8]>,
) -> Result<()> {
    if destinations.is_empty() {
        return Err(no_destination());
    }
    sizes.check_buffer(buffer)?;
    let waiting = buffer.map_or(0, <[u8]>::len);
    let mut envelopes = 0_usize;
    for to in destinations {
        check_index(&to.write_cap, &to.start_index)?;
        envelopes = envelopes.saturating_add(sizes.boxes_of(to.payload.len()));
    }
    if ends.is_last && envelopes == 0 && waiting == 0 {
        return Err(Error::new(
            Status::ARG_EMPTY,
            "nothing is to be written, so there would be no last element and the stream no end",
        ));
    }
    sizes.check_stream(envelopes, waiting)
}

/// Cuts payloads into pieces of at most `piece` boxes, at the borders of boxes.
fn cut(
    destinations: &[CopyDestination<'_>],
    chunk: usize,
    piece: usize,
) -> Result<VecDeque<Vec<Part>>> {
    let mut pieces = VecDeque::new();
    let mut parts = Vec::new();
    let mut free = piece;
    for (destination, to) in destinations.iter().enumerate() {
        let mut rest = to.payload;
        loop {
            let (taken, after) = rest.split_at(rest.len().min(free * chunk));
            parts.push(Part {
                destination,
                payload: secret_copy(taken)?,
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
        check_index(write_cap, start)?;
        sizes.check_buffer(buffer)?;
        let count = usize::try_from(max_count).unwrap_or(usize::MAX);
        sizes.check_stream(count, buffer.map_or(0, <[u8]>::len))?;
        Ok(TombstoneOrder {
            write_cap: write_cap.clone(),
            index: start.clone(),
            left: max_count,
            piece: u32::try_from(inner.piece()).unwrap_or(u32::MAX),
            ends,
            buffer: buffer.map(secret_copy).transpose()?,
        })
    }

    /// Has the daemon make all of it.
    pub(crate) async fn run(mut self, inner: &Arc<Inner>) -> Result<CourierEnvelopes> {
        let mut collected = Collected::new(self.ends, self.buffer.take());
        while self.left > 0 {
            let count = self.left.min(self.piece);
            self.left -= count;
            let request = Request::EnvelopesFromTombstoneRange {
                write_cap: self.write_cap.as_bytes(),
                start_index: self.index.as_bytes(),
                max_count: count,
                is_start: collected.is_start(),
                is_last: self.ends.is_last && self.left == 0,
                buffer: collected.buffer.as_deref(),
            };
            let call = LocalCall::new(&inner.queries, &request, read)?;
            let next = collected.take(call.run(inner).await?);
            self.index = next.into_iter().next().ok_or_else(wrong_count)?;
        }
        Ok(CourierEnvelopes {
            envelopes: collected.envelopes,
            buffer: collected.buffer,
            next_indices: vec![self.index],
        })
    }
}

fn read(answer: &Answer) -> Result<CourierEnvelopes> {
    requests::check(answer)?;
    match &answer.reply.body {
        ReplyBody::CourierEnvelopes(made) => Ok(CourierEnvelopes {
            envelopes: made.envelopes.clone(),
            buffer: made.buffer.clone().filter(|buffer| !buffer.is_empty()),
            next_indices: made
                .next_indices
                .iter()
                .map(|index| BoxIndex::from_array(**index))
                .collect(),
        }),
        _ => Err(requests::unexpected(answer)),
    }
}

fn no_destination() -> Error {
    Error::new(Status::ARG_EMPTY, "there is no destination")
}

fn wrong_count() -> Error {
    Error::new(
        Status::CBOR,
        "the daemon named another number of indices than it was given destinations",
    )
}

impl Client {
    /// Elements of a copy stream that writes one payload. A call that is not the last
    /// leaves nothing over: it ends with an element that may be partly filled.
    ///
    /// `ARG_EMPTY` for a last call without payload, `PAYLOAD_TOO_LARGE`,
    /// `INVALID_CAPABILITY` if the index does not belong to the capability.
    pub fn create_courier_envelopes_from_payload(
        &self,
        to: &CopyDestination<'_>,
        ends: StreamEnds,
    ) -> Result<Work<CourierEnvelopes>> {
        check_payload(to.payload)?;
        let mut order = Order::new(&self.inner, std::slice::from_ref(to), ends, None)?;
        order.flushes = true;
        Ok(Work::task(
            move |inner| async move { order.run(&inner).await },
        ))
    }

    /// Elements of a copy stream that writes several payloads. `buffer` is what the call
    /// before left over; the last call leaves nothing.
    pub fn create_courier_envelopes_from_multi_payload(
        &self,
        destinations: &[CopyDestination<'_>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Work<CourierEnvelopes>> {
        for to in destinations {
            check_payload(to.payload)?;
        }
        let order = Order::new(&self.inner, destinations, ends, buffer)?;
        Ok(Work::task(
            move |inner| async move { order.run(&inner).await },
        ))
    }

    /// Elements of a copy stream that deletes `max_count` boxes.
    pub fn create_courier_envelopes_from_tombstone_range(
        &self,
        write_cap: &WriteCap,
        start: &BoxIndex,
        max_count: u32,
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Work<CourierEnvelopes>> {
        let order = TombstoneOrder::new(&self.inner, write_cap, start, max_count, ends, buffer)?;
        Ok(Work::task(
            move |inner| async move { order.run(&inner).await },
        ))
    }
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
        let pieces = cut(&destinations, 10, piece).unwrap();
        let sizes = |parts: Vec<Part>| {
            let size = |part: Part| (part.destination, part.payload.len());
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
