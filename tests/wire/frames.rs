//! Cutting a byte stream into frames, however it arrives and whatever it claims.

use std::io::{self, Read};

use kpclient::wire::{FrameReader, MAX_FRAME};
use kpclient::Status;

use crate::support::transcripts;

/// Gives out at most `step` bytes a read; then the stream has nothing for now.
struct Trickle<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.step.min(room.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(count);
        room[..count].copy_from_slice(now);
        self.rest = later;
        Ok(count)
    }
}

/// A source from which nothing may be read.
struct Untouchable;

impl Read for Untouchable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("read although it was refused");
    }
}

fn framed(content: &[u8]) -> Vec<u8> {
    let mut whole = u32::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    whole.extend_from_slice(content);
    whole
}

fn recognisable(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// Everything that comes out of a stream read in steps of `step`.
fn frames(stream: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut io = Trickle { rest: stream, step };
    let mut reader = FrameReader::new();
    let mut found = Vec::new();
    loop {
        while let Some(frame) = reader.next().unwrap() {
            found.push(frame.to_vec());
        }
        match reader.fill(&mut io) {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                assert!(!reader.is_mid_frame());
                return found;
            }
        }
    }
}

#[test]
fn a_recorded_conversation_survives_any_cutting() {
    let conversation = transcripts("v0.0.99").swap_remove(7);
    let contents: Vec<Vec<u8>> = conversation.into_iter().map(|frame| frame.cbor).collect();
    let stream: Vec<u8> = contents
        .iter()
        .flat_map(|content| framed(content))
        .collect();
    for step in [1, 2, 3, 5, 7, 1000, 4096, 65_535, 65_536, usize::MAX] {
        assert_eq!(frames(&stream, step), contents, "step {step}");
    }
}

#[test]
fn a_frame_may_be_split_at_every_byte() {
    let contents = [recognisable(40), recognisable(1), recognisable(25)];
    let stream: Vec<u8> = contents
        .iter()
        .flat_map(|content| framed(content))
        .collect();
    for cut in 0..=stream.len() {
        let mut reader = FrameReader::new();
        let mut found = Vec::new();
        for part in [&stream[..cut], &stream[cut..]] {
            if !part.is_empty() {
                reader.fill(&mut { part }).unwrap();
            }
            while let Some(frame) = reader.next().unwrap() {
                found.push(frame.to_vec());
            }
        }
        assert_eq!(found, contents, "cut at {cut}");
    }
}

#[test]
fn frames_around_the_size_of_the_buffer_are_whole() {
    for length in 65_500..65_600 {
        let contents = [recognisable(10), recognisable(length), recognisable(11)];
        let stream: Vec<u8> = contents
            .iter()
            .flat_map(|content| framed(content))
            .collect();
        assert_eq!(frames(&stream, usize::MAX), contents, "length {length}");
        assert_eq!(
            frames(&stream, 40_000),
            contents,
            "length {length} in steps"
        );
    }
}

#[test]
fn the_longest_frame_is_accepted() {
    let contents = [recognisable(MAX_FRAME), recognisable(9)];
    let stream: Vec<u8> = contents
        .iter()
        .flat_map(|content| framed(content))
        .collect();
    assert_eq!(frames(&stream, 1 << 20), contents);
}

/// Notes the most memory that it was offered at once.
struct Measuring<'a> {
    source: Trickle<'a>,
    most: usize,
}

impl Read for Measuring<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.most = self.most.max(room.len());
        self.source.read(room)
    }
}

#[test]
fn memory_is_touched_as_bytes_come_and_not_as_they_are_announced() {
    let mut stream = framed(&recognisable(MAX_FRAME));
    stream.truncate(MAX_FRAME / 2);
    for step in [1000, 64 << 10, usize::MAX] {
        let source = Trickle {
            rest: &stream,
            step,
        };
        let mut io = Measuring { source, most: 0 };
        let mut reader = FrameReader::new();
        while reader.next().unwrap().is_none() && reader.fill(&mut io).is_ok() {}
        assert_eq!(io.source.rest, &[] as &[u8]);
        assert!(io.most <= 256 << 10, "{} bytes at once", io.most);
    }
}

#[test]
fn many_small_frames_in_one_read_come_out_in_order() {
    let contents: Vec<Vec<u8>> = (1..400).map(recognisable).collect();
    let stream: Vec<u8> = contents
        .iter()
        .flat_map(|content| framed(content))
        .collect();
    assert_eq!(frames(&stream, usize::MAX), contents);
}

#[test]
fn a_length_above_the_limit_is_refused_at_once() {
    for length in [MAX_FRAME as u32 + 1, 0x7fff_ffff, u32::MAX] {
        let mut reader = FrameReader::new();
        reader.fill(&mut length.to_be_bytes().as_slice()).unwrap();
        let error = reader.next().unwrap_err();
        assert_eq!(error.status(), Status::FRAME_TOO_LARGE);
        assert!(error.message().contains(&length.to_string()), "{error}");
    }
}

#[test]
fn a_frame_of_no_length_is_refused() {
    let mut reader = FrameReader::new();
    reader.fill(&mut [0_u8; 4].as_slice()).unwrap();
    assert_eq!(reader.next().unwrap_err().status(), Status::CBOR);
}

#[test]
fn the_end_of_the_stream_is_told_apart_from_the_middle_of_a_frame() {
    let whole = framed(&recognisable(100_000));
    for cut in [1, 3, 4, 5, 70_000, 99_999] {
        let mut reader = FrameReader::new();
        let mut stream = &whole[..cut];
        while reader.fill(&mut stream).unwrap() > 0 {
            assert!(reader.next().unwrap().is_none());
        }
        assert!(reader.is_mid_frame(), "cut at {cut}");
    }
    let mut reader = FrameReader::new();
    assert_eq!(reader.fill(&mut io::empty()).unwrap(), 0);
    assert!(!reader.is_mid_frame());
}

#[test]
fn a_full_buffer_of_waiting_frames_is_not_mistaken_for_the_end() {
    let stream = framed(&recognisable(65_532));
    let mut reader = FrameReader::new();
    assert_eq!(reader.fill(&mut stream.as_slice()).unwrap(), 65_536);
    let refused = reader.fill(&mut Untouchable).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(reader.next().unwrap().unwrap().len(), 65_532);
}

#[test]
fn a_large_frame_that_waits_is_not_read_past() {
    let stream = framed(&recognisable(70_000));
    let mut rest = stream.as_slice();
    let mut reader = FrameReader::new();
    reader.fill(&mut rest).unwrap();
    assert!(reader.next().unwrap().is_none());
    while !rest.is_empty() {
        reader.fill(&mut rest).unwrap();
    }
    let refused = reader.fill(&mut Untouchable).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(reader.next().unwrap().unwrap().len(), 70_000);
}

#[test]
fn an_error_of_the_source_loses_nothing() {
    let content = recognisable(100_000);
    let whole = framed(&content);
    let mut reader = FrameReader::new();
    let mut stream = whole.as_slice();
    let mut found = None;
    while found.is_none() {
        let mut empty = Trickle { rest: &[], step: 1 };
        assert!(reader.fill(&mut empty).is_err());
        reader
            .fill(&mut Trickle {
                rest: &stream[..1000.min(stream.len())],
                step: 1000,
            })
            .unwrap();
        stream = &stream[1000.min(stream.len())..];
        found = reader.next().unwrap();
    }
    assert_eq!(found.unwrap(), content);
    assert!(stream.is_empty());
}
