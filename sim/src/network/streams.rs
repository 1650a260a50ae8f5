//! Makes copy streams: the three `create_courier_envelopes_*` requests.

use std::time::Duration;

use kpclient::bacap::BoxIndex;

use super::copy::{Encoder, Tail, MAX_COUNT, MAX_PAYLOAD};
use super::types::{
    Code, CourierEnvelopes, Destination, IndexBytes, INTERNAL_ERROR, INVALID_REQUEST,
};
use super::Network;

/// Bytes of a box that hold the length of its chunk of the payload.
const LENGTH_PREFIX: usize = 4;

impl Network {
    /// `create_courier_envelopes_from_payload`. Without `is_last` the tail becomes an element of its own.
    pub fn courier_envelopes_from_payload(
        &mut self,
        now: Duration,
        destination: Destination<'_>,
        is_start: bool,
        is_last: bool,
    ) -> Result<CourierEnvelopes, Code> {
        let tail = if is_last { Tail::End } else { Tail::Flush };
        self.stream(now, &[destination], &[], is_start, tail)
    }

    /// `create_courier_envelopes_from_multi_payload`.
    pub fn courier_envelopes_from_multi_payload(
        &mut self,
        now: Duration,
        destinations: &[Destination<'_>],
        buffer: &[u8],
        is_start: bool,
        is_last: bool,
    ) -> Result<CourierEnvelopes, Code> {
        if destinations.is_empty() {
            return Err(INVALID_REQUEST);
        }
        let tail = if is_last { Tail::End } else { Tail::Keep };
        self.stream(now, destinations, buffer, is_start, tail)
    }

    fn stream(
        &mut self,
        now: Duration,
        destinations: &[Destination<'_>],
        buffer: &[u8],
        is_start: bool,
        tail: Tail,
    ) -> Result<CourierEnvelopes, Code> {
        let too_long = |destination: &Destination<'_>| destination.payload.len() > MAX_PAYLOAD;
        if destinations.iter().any(too_long) {
            return Err(INVALID_REQUEST);
        }
        self.check_directory()?;
        let mut encoder = Encoder::new(self.config.max_plaintext, buffer, is_start);
        let mut next_indices = Vec::with_capacity(destinations.len());
        for destination in destinations {
            next_indices.push(self.add_payload(now, &mut encoder, *destination)?);
        }
        let (envelopes, buffer) = encoder.finish(tail);
        Ok(CourierEnvelopes {
            envelopes,
            buffer,
            next_indices,
        })
    }

    fn add_payload(
        &mut self,
        now: Duration,
        encoder: &mut Encoder,
        destination: Destination<'_>,
    ) -> Result<IndexBytes, Code> {
        let chunk = self.config.max_plaintext.saturating_sub(LENGTH_PREFIX);
        let mut index = BoxIndex::from_array(*destination.start_index);
        for part in destination.payload.chunks(chunk.max(1)) {
            encoder.add(&self.write_envelope(now, destination.write_cap, &index, part)?);
            index = index.next();
        }
        Ok(*index.as_bytes())
    }

    /// `create_courier_envelopes_from_tombstone_range`. The destination's payload is ignored. A range longer than
    /// a stream may be is answered with 4; the real daemon continues until its memory is full.
    pub fn courier_envelopes_from_tombstone_range(
        &mut self,
        now: Duration,
        destination: Destination<'_>,
        max_count: u32,
        buffer: &[u8],
        is_start: bool,
        is_last: bool,
    ) -> Result<CourierEnvelopes, Code> {
        self.check_directory()?;
        if max_count == 0 {
            return Ok(CourierEnvelopes {
                next_indices: vec![*destination.start_index],
                ..CourierEnvelopes::default()
            });
        }
        if u64::from(max_count) > MAX_COUNT {
            return Err(INTERNAL_ERROR);
        }
        let mut encoder = Encoder::new(self.config.max_plaintext, buffer, is_start);
        let mut index = BoxIndex::from_array(*destination.start_index);
        for _ in 0..max_count {
            encoder.add(&self.write_envelope(now, destination.write_cap, &index, &[])?);
            index = index.next();
        }
        let tail = if is_last { Tail::End } else { Tail::Keep };
        let (envelopes, buffer) = encoder.finish(tail);
        Ok(CourierEnvelopes {
            envelopes,
            buffer,
            next_indices: vec![*index.as_bytes()],
        })
    }

    /// Without replicas in the document nothing can be sealed.
    fn check_directory(&self) -> Result<(), Code> {
        if self.replicas.identities().is_empty() {
            return Err(INTERNAL_ERROR);
        }
        Ok(())
    }
}
