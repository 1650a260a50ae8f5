//! Orders for the daemon, cut into pieces.
//!
//! The state of an order without any waiting: which request comes next and what its reply means for
//! those after it. The caller decides whether a task or the calling thread waits.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::elements::{CopyDestination, CourierEnvelopes};
use crate::client::connection::LocalCall;
use crate::client::shared::Shared;
use crate::{Error, Result, Status};

/// How long the daemon should work on a piece: other encryptions wait for it.
const PIECE_TAKES: Duration = Duration::from_secs(2);
/// The most boxes of one piece. Where they are cheap, smaller pieces would cost memory: the frames
/// of the replies, which are kept for the elements in them, hold more than these.
const PIECE: usize = 40;
/// On daemons that put every request into the queue for the mixnet, a second each; the reply is
/// some 16 MiB.
const PIECE_OF_OLD_DAEMONS: usize = 8192;

/// Something that the daemon makes in pieces.
pub(crate) trait Pieces: Send {
    /// How many pieces may be requested from the daemon at once. If that is one, the next is
    /// requested when the last is taken.
    fn at_once(&self, shared: &Shared) -> usize;
    /// The request for the next piece; `None` when all were requested.
    fn next(&mut self, shared: &Shared) -> Result<Option<LocalCall<CourierEnvelopes>>>;
    /// Frees what the last request was made of: it is in the request's frame now.
    fn let_go(&mut self);
    /// Requests everything again that has no reply, unless it was freed.
    fn again(&mut self);
    /// Takes the reply to the oldest request. Returns false where those behind it do not fit it:
    /// they are to be dropped, and are made again one by one.
    fn take(&mut self, made: CourierEnvelopes) -> Result<bool>;
    /// Takes out the elements that have arrived so far, in order.
    fn take_out(&mut self) -> Vec<Bytes>;
    /// All that arrived and was not taken out.
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
pub(super) struct Part<P> {
    pub(super) destination: usize,
    pub(super) payload: P,
}

/// How many boxes go into one request at most.
pub(super) fn most(shared: &Shared) -> usize {
    if shared.features().answers_at_once() {
        PIECE
    } else {
        PIECE_OF_OLD_DAEMONS
    }
}

/// How many boxes go into the next request, by what an encryption costs now.
pub(super) fn piece(shared: &Shared) -> usize {
    let most = most(shared);
    match shared.encryption_price() {
        Some(price) if most == PIECE => by_price(price),
        _ => most,
    }
}

/// How many pieces may be requested from the daemon at once: where encryptions are expensive, one
/// for each connection for them, and one more, which is ready when a connection is free. Where they
/// are not, more would not help, and where the daemon counts boxes otherwise, only it knows with
/// which the next piece starts.
pub(super) fn at_once(shared: &Shared) -> usize {
    let is_dear = piece(shared) < PIECE;
    match shared.check_next_index() {
        Ok(()) if is_dear => shared.encryption.connections() + 1,
        _ => 1,
    }
}

fn by_price(price: Duration) -> usize {
    let boxes = PIECE_TAKES.as_nanos() / price.as_nanos().max(1);
    usize::try_from(boxes).unwrap_or(PIECE).clamp(1, PIECE)
}

/// Takes so many boxes out of a piece, or all that it has; also returns what is left.
pub(super) fn take_front<P: Held>(
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

/// Cuts payloads into pieces of at most `piece` boxes, at the borders of boxes.
pub(super) fn cut<'a, P>(
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

pub(super) fn wrong_count() -> Error {
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
