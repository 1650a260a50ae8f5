//! An order for payloads, each for its destination.

use std::collections::VecDeque;

use bytes::Bytes;

use super::collected::Collected;
use super::elements::{read, CopyDestination, CourierEnvelopes, StreamEnds};
use super::pieces::{at_once, cut, most, piece, take_front, wrong_count, Held, Part, Pieces};
use crate::bacap::{BoxIndex, WriteCap};
use crate::client::api::copies::streams::{check_index, Sizes};
use crate::client::connection::LocalCall;
use crate::client::encryption::Priority;
use crate::client::shared::Shared;
use crate::secret::secret_copy;
use crate::wire::{Destination, Request};
use crate::{Error, Result, Status};

/// Payloads to be sent through the daemon. `P` holds them: the caller's memory, or a copy where the
/// caller does not wait.
pub(crate) struct Order<P> {
    /// Capability and next box of each destination.
    destinations: Vec<(WriteCap, BoxIndex)>,
    pieces: VecDeque<Vec<Part<P>>>,
    /// Bytes of a payload that one box takes.
    chunk: usize,
    /// The pieces requested from the daemon, oldest first.
    asked: VecDeque<Asked<P>>,
    collected: Collected,
    /// As the request for one payload: gives no buffer back.
    flushes: bool,
    /// All fits that request itself, as far as known.
    is_single: bool,
    one_by_one: bool,
}

/// A piece requested from the daemon.
struct Asked<P> {
    /// What it was made of; empty where that was freed.
    parts: Vec<Part<P>>,
    rows: Vec<Row>,
    /// The box behind each of the rows, where something was requested after them.
    next: Option<Vec<BoxIndex>>,
}

/// Boxes of a destination in a row.
struct Row {
    destination: usize,
    start: BoxIndex,
    boxes: usize,
}

impl<'a, P: Held> Order<P> {
    /// Checks and cuts payloads; `hold` makes what holds a part until its request.
    fn cut(
        shared: &Shared,
        destinations: &[CopyDestination<'a>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
        hold: fn(&'a [u8]) -> Result<P>,
    ) -> Result<Self> {
        shared.check_envelopes()?;
        let sizes = shared.stream_sizes()?;
        let envelopes = check(shared, destinations, sizes, ends, buffer)?;
        Ok(Order {
            destinations: destinations
                .iter()
                .map(|to| (to.write_cap.clone(), to.start_index.clone()))
                .collect(),
            pieces: cut(destinations, sizes.chunk(), most(shared), hold)?,
            chunk: sizes.chunk(),
            asked: VecDeque::new(),
            collected: Collected::new(sizes, ends, buffer, envelopes)?,
            flushes: false,
            is_single: false,
            one_by_one: false,
        })
    }

    /// Leaves no buffer, as the request for one payload does.
    pub(super) fn flushing(mut self) -> Self {
        self.flushes = true;
        self.is_single = self.pieces.len() <= 1;
        self
    }

    /// Something is requested behind the last request: computes where that ends.
    fn step_over_last(&mut self) {
        let Some(last) = self.asked.back_mut() else {
            return;
        };
        let ends = last.rows.iter().map(|row| row.start.ahead(row.boxes));
        let next: Vec<BoxIndex> = ends.collect();
        for (row, index) in last.rows.iter().zip(&next) {
            self.destinations[row.destination].1 = index.clone();
        }
        last.next = Some(next);
    }

    /// The request for these parts.
    fn request(
        &mut self,
        shared: &Shared,
        parts: &[Part<P>],
        boxes: usize,
    ) -> Result<LocalCall<CourierEnvelopes>> {
        let asked: Vec<Destination<'_>> = parts
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
        let joint = self.collected.ask(boxes);
        let is_start = joint.is_start;
        let is_last = self.collected.is_last() && self.pieces.is_empty();
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
                buffer: joint.buffer.as_deref(),
            },
        };
        Ok(LocalCall::new(&shared.queries, &request, read)?.encrypting(boxes, Priority::Bulk))
    }
}

impl Order<Bytes> {
    /// Checks, cuts and copies payloads, for callers that do not wait.
    pub(crate) fn owned(
        shared: &Shared,
        destinations: &[CopyDestination<'_>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        Order::cut(shared, destinations, ends, buffer, secret_copy)
    }
}

impl<'a> Order<&'a [u8]> {
    /// Checks and cuts payloads, which stay where they are.
    pub(super) fn borrowed(
        shared: &Shared,
        destinations: &[CopyDestination<'a>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        Order::cut(shared, destinations, ends, buffer, Ok)
    }
}

impl<P: Held + Send> Pieces for Order<P> {
    fn at_once(&self, shared: &Shared) -> usize {
        if self.one_by_one {
            1
        } else {
            at_once(shared)
        }
    }

    fn next(&mut self, shared: &Shared) -> Result<Option<LocalCall<CourierEnvelopes>>> {
        let Some(parts) = self.pieces.pop_front() else {
            return Ok(None);
        };
        self.step_over_last();
        let (parts, left) = take_front(parts, self.chunk, piece(shared));
        if !left.is_empty() {
            self.pieces.push_front(left);
            self.is_single = false;
        }
        let row = |part: &Part<P>| Row {
            destination: part.destination,
            start: self.destinations[part.destination].1.clone(),
            boxes: part.payload.as_ref().len().div_ceil(self.chunk),
        };
        let rows: Vec<Row> = parts.iter().map(row).collect();
        let boxes = rows.iter().map(|row| row.boxes).sum();
        let call = self.request(shared, &parts, boxes)?;
        self.asked.push_back(Asked {
            parts,
            rows,
            next: None,
        });
        Ok(Some(call))
    }

    fn let_go(&mut self) {
        if let Some(last) = self.asked.back_mut() {
            last.parts = Vec::new();
        }
    }

    fn again(&mut self) {
        self.collected.forget_asked();
        while let Some(asked) = self.asked.pop_back() {
            for row in asked.rows {
                self.destinations[row.destination].1 = row.start;
            }
            if !asked.parts.is_empty() {
                self.pieces.push_front(asked.parts);
            }
        }
    }

    fn take(&mut self, made: CourierEnvelopes) -> Result<bool> {
        let (next, fits) = self.collected.take(made)?;
        let asked = self.asked.pop_front();
        let asked = asked.ok_or_else(|| Error::new(Status::INTERNAL, "nothing was asked"))?;
        if self.is_single && next.is_empty() {
            return Ok(true); // nothing in, nothing out
        }
        if next.len() != asked.rows.len() {
            return Err(wrong_count());
        }
        let fits = match asked.next {
            Some(expected) => fits && expected == next,
            None => true,
        };
        if !fits {
            self.again();
            self.one_by_one = true;
        }
        if !fits || self.asked.is_empty() {
            for (row, index) in asked.rows.iter().zip(next) {
                self.destinations[row.destination].1 = index;
            }
        }
        Ok(fits)
    }

    fn take_out(&mut self) -> Vec<Bytes> {
        self.collected.take_out()
    }

    fn end(&mut self) -> CourierEnvelopes {
        if self.flushes && !self.is_single {
            self.collected.flush();
        }
        let next = self.destinations.drain(..).map(|(_, next)| next).collect();
        self.collected.end(next)
    }
}

/// Refuses everything that the daemon would refuse, or answer with a stream without end. Returns
/// the number of envelopes.
fn check(
    shared: &Shared,
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
        check_index(shared, &to.write_cap, &to.start_index)?;
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
