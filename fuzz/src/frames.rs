//! The frame reader against a model of it, whatever the sizes in which the bytes come.

use std::io::{self, Read};

use kpclient::wire::{FrameReader, MAX_FRAME};
use kpclient::Status;

use super::input::Input;
use super::seeded_fault;

/// How a stream ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Between,
    Within,
    Refused(Status),
}

/// The frames of a stream, as the protocol has them.
fn model(mut stream: &[u8]) -> (Vec<&[u8]>, End) {
    let mut frames = Vec::new();
    while let Some((length, rest)) = stream.split_first_chunk::<4>() {
        match u32::from_be_bytes(*length) as usize {
            0 => return (frames, End::Refused(Status::CBOR)),
            length if length > MAX_FRAME => {
                return (frames, End::Refused(Status::FRAME_TOO_LARGE));
            }
            length => match rest.split_at_checked(length) {
                Some((frame, rest)) => {
                    frames.push(frame);
                    stream = rest;
                }
                None => return (frames, End::Within),
            },
        }
    }
    let end = if stream.is_empty() {
        End::Between
    } else {
        End::Within
    };
    (frames, end)
}

/// Gives a stream in pieces of the sizes that were drawn, over and over.
struct Pieces<'a> {
    stream: &'a [u8],
    sizes: &'a [u8],
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let size = match self.sizes.get(self.next % self.sizes.len().max(1)) {
            None => 1,
            Some(size @ 0..=0x7f) => usize::from(*size) + 1,
            Some(size) => usize::from(*size) << 8,
        };
        self.next += 1;
        let size = size.min(room.len());
        self.stream.read(&mut room[..size])
    }
}

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    let times = usize::from(input.byte() >> 2) + 1;
    let count = usize::from(input.byte() & 7);
    let sizes = input.bytes(count);
    let stream = input.rest().repeat(times);
    let (frames, end) = model(&stream);
    let mut pieces = Pieces {
        stream: &stream,
        sizes,
        next: 0,
    };
    let mut reader = FrameReader::new();
    let mut met = 0;
    let ended = loop {
        match reader.next() {
            Ok(Some(frame)) => {
                assert_eq!(frame, frames[met]);
                met += 1;
            }
            Ok(None) if reader.fill(&mut pieces).unwrap() > 0 => {}
            Ok(None) if reader.is_mid_frame() => break End::Within,
            Ok(None) => break End::Between,
            Err(error) => break End::Refused(error.status()),
        }
    };
    assert_eq!((met, ended), (frames.len(), end));
    let first = frames.first().map_or(0, |frame| frame.len());
    seeded_fault([met > 0, met > 6, first > 1, first == 5]);
}
