//! Requests that make copy streams. They can take long, so they are computed on another thread, on a copy of the
//! network: only their own connection waits.

use serde_bytes::Bytes;

use crate::daemon::protocol::bodies::{self, list, opt, some};
use crate::daemon::protocol::bytes::Exact;
use crate::daemon::protocol::request::{FromMultiPayload, FromPayload, FromTombstoneRange, Id};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ConnId, Daemon, Made, Making, Order, Step, Target};
use crate::network::{INTERNAL_ERROR, INVALID_REQUEST};
use kpclient::wire::MAX_FRAME;

/// Payload of one destination.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;
/// Bytes of one tombstone in the stream. A reply over the limit of a frame cannot be sent.
const PER_TOMBSTONE: usize = 2003;
/// So many tombstones exhaust the memory of a daemon.
const TOO_MANY: u32 = 1_000_000;

impl Daemon {
    pub(crate) fn envelopes_from_payload(&self, r: &FromPayload<'_>) -> Step {
        let target = target(
            r.payload.map(|p| p.0),
            &r.dest_write_cap,
            &r.dest_start_index,
        );
        let order = target.map(|target| Order {
            targets: vec![target],
            tombstones: 0,
            buffer: Vec::new(),
            is_start: r.is_start,
            is_last: r.is_last,
        });
        self.make(Kind::FromPayload, r.query_id.map(|q| q.0), order)
    }

    pub(crate) fn envelopes_from_multi_payload(&self, r: &FromMultiPayload<'_>) -> Step {
        let targets = r.destinations.iter().flatten();
        let targets = targets
            .map(|t| target(t.payload.map(|p| p.0), &t.write_cap, &t.start_index))
            .collect();
        let order = match targets {
            Some(targets) if Vec::is_empty(&targets) => None,
            None => None,
            Some(targets) => Some(Order {
                targets,
                tombstones: 0,
                buffer: r.buffer.map_or_else(Vec::new, |b| b.0.to_vec()),
                is_start: r.is_start,
                is_last: r.is_last,
            }),
        };
        self.make(Kind::FromMultiPayload, r.query_id.map(|q| q.0), order)
    }

    pub(crate) fn envelopes_from_tombstone_range(&mut self, r: &FromTombstoneRange<'_>) -> Step {
        if r.max_count >= TOO_MANY {
            // The real daemon exhausts the memory and is killed.
            self.restart();
            return Step::HangUp;
        }
        if (r.max_count as usize).saturating_mul(PER_TOMBSTONE) > MAX_FRAME {
            // No frame can hold the reply, so none comes.
            return Step::Next;
        }
        let target = target(None, &r.dest_write_cap, &r.dest_start_index);
        let order = target.map(|target| Order {
            targets: vec![target],
            tombstones: r.max_count,
            buffer: r.buffer.map_or_else(Vec::new, |b| b.0.to_vec()),
            is_start: r.is_start,
            is_last: r.is_last,
        });
        self.make(Kind::FromTombstoneRange, r.query_id.map(|q| q.0), order)
    }

    fn make(&self, kind: Kind, query_id: Option<Id>, order: Option<Order>) -> Step {
        let order = match order {
            None => Err(INVALID_REQUEST),
            Some(_) if !*self.has_document.borrow() => Err(INTERNAL_ERROR),
            Some(order) => Ok(order),
        };
        Step::Make(Box::new(Making {
            kind,
            query_id,
            order,
        }))
    }

    /// Answers with what was made.
    pub(crate) fn made(&mut self, id: ConnId, making: &Making, made: &Made) {
        let query_id = opt(&making.query_id);
        let done = made.as_ref().ok();
        let error_code = made.as_ref().err().copied().unwrap_or(0);
        let envelopes = done.and_then(|m| list(&m.envelopes));
        let buffer = done.and_then(|m| m.buffer.as_deref()).and_then(some);
        let first_index = done
            .and_then(|m| m.next_indices.first())
            .and_then(|i| some(i));
        match making.kind {
            Kind::FromMultiPayload => {
                let indices = done.filter(|m| !m.next_indices.is_empty());
                let body = bodies::FromMultiPayload {
                    query_id,
                    envelopes,
                    buffer,
                    next_dest_indices: indices
                        .map(|m| m.next_indices.iter().map(|i| Bytes::new(i)).collect()),
                    error_code,
                };
                self.answer_local(id, making.kind, &body);
            }
            Kind::FromTombstoneRange => {
                let body = bodies::FromTombstoneRange {
                    query_id,
                    envelopes,
                    buffer,
                    next_dest_index: first_index,
                    error_code,
                };
                self.answer_local(id, making.kind, &body);
            }
            kind => {
                let body = bodies::FromPayload {
                    query_id,
                    envelopes,
                    next_dest_index: first_index,
                    error_code,
                };
                self.answer_local(id, kind, &body);
            }
        }
    }
}

/// The destination; none if a field is missing or the payload is too long.
fn target(
    payload: Option<&[u8]>,
    write_cap: &Option<Exact<168>>,
    start_index: &Option<Exact<104>>,
) -> Option<Target> {
    let payload = payload.unwrap_or_default();
    if payload.len() > MAX_PAYLOAD {
        return None;
    }
    Some(Target {
        payload: payload.to_vec(),
        write_cap: write_cap.as_ref()?.0,
        start_index: start_index.as_ref()?.0,
    })
}
