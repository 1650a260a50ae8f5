//! An order for the deletion of boxes in a row.

use std::collections::VecDeque;

use bytes::Bytes;

use super::collected::Collected;
use super::elements::{read, CourierEnvelopes, StreamEnds};
use super::pieces::{at_once, piece, wrong_count, Pieces};
use crate::bacap::{BoxIndex, WriteCap};
use crate::client::api::copies::streams::check_index;
use crate::client::connection::LocalCall;
use crate::client::encryption::Priority;
use crate::client::shared::Shared;
use crate::wire::Request;
use crate::{Error, Result, Status};

/// Tombstones to be sent through the daemon.
pub(crate) struct TombstoneOrder {
    write_cap: WriteCap,
    /// The next box to be requested.
    index: BoxIndex,
    left: u32,
    /// The pieces requested from the daemon, oldest first.
    asked: VecDeque<Asked>,
    collected: Collected,
    one_by_one: bool,
}

struct Asked {
    start: BoxIndex,
    count: u32,
}

impl TombstoneOrder {
    /// Checks a range.
    pub(crate) fn new(
        shared: &Shared,
        write_cap: &WriteCap,
        start: &BoxIndex,
        max_count: u32,
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Self> {
        shared.check_envelopes()?;
        let sizes = shared.stream_sizes()?;
        if max_count == 0 {
            return Err(Error::new(
                Status::ARG_VALUE,
                "max_count is 0: the daemon would make nothing and drop the buffer",
            ));
        }
        check_index(shared, write_cap, start)?;
        sizes.check_buffer(buffer)?;
        let count = usize::try_from(max_count).unwrap_or(usize::MAX);
        sizes.check_stream(count, buffer.map_or(0, <[u8]>::len))?;
        Ok(TombstoneOrder {
            write_cap: write_cap.clone(),
            index: start.clone(),
            left: max_count,
            asked: VecDeque::new(),
            collected: Collected::new(sizes, ends, buffer, count)?,
            one_by_one: false,
        })
    }
}

impl Pieces for TombstoneOrder {
    fn at_once(&self, shared: &Shared) -> usize {
        if self.one_by_one {
            1
        } else {
            at_once(shared)
        }
    }

    fn next(&mut self, shared: &Shared) -> Result<Option<LocalCall<CourierEnvelopes>>> {
        if self.left == 0 {
            return Ok(None);
        }
        if let Some(before) = self.asked.back() {
            self.index = before.start.ahead(before.count as usize);
        }
        let count = self
            .left
            .min(u32::try_from(piece(shared)).unwrap_or(u32::MAX));
        self.left -= count;
        let joint = self.collected.ask(count as usize);
        let request = Request::EnvelopesFromTombstoneRange {
            write_cap: self.write_cap.as_bytes(),
            start_index: self.index.as_bytes(),
            max_count: count,
            is_start: joint.is_start,
            is_last: self.collected.is_last() && self.left == 0,
            buffer: joint.buffer.as_deref(),
        };
        let call = LocalCall::new(&shared.queries, &request, read)?;
        self.asked.push_back(Asked {
            start: self.index.clone(),
            count,
        });
        Ok(Some(call.encrypting(count as usize, Priority::Bulk)))
    }

    fn let_go(&mut self) {}

    fn again(&mut self) {
        self.collected.forget_asked();
        while let Some(asked) = self.asked.pop_back() {
            self.left += asked.count;
            self.index = asked.start;
        }
    }

    fn take(&mut self, made: CourierEnvelopes) -> Result<bool> {
        let (next, fits) = self.collected.take(made)?;
        self.asked.pop_front();
        let next = next.into_iter().next().ok_or_else(wrong_count)?;
        let fits = match self.asked.front() {
            Some(behind) => fits && behind.start == next,
            None => true,
        };
        if !fits {
            self.again();
            self.one_by_one = true;
        }
        if self.asked.is_empty() {
            self.index = next;
        }
        Ok(fits)
    }

    fn take_out(&mut self) -> Vec<Bytes> {
        self.collected.take_out()
    }

    fn end(&mut self) -> CourierEnvelopes {
        self.collected.end(vec![self.index.clone()])
    }
}
