//! Streams, what is put into them, and what is found in them.

use bytes::Bytes;
use kpclient::bacap::{BoxIndex, Keypair, WriteCap};
use kpclient::client::{Client, CopyDestination, CourierEnvelopes, StartFlags, StreamEnds};
use kpclient::Status;

use crate::world::*;

/// What a payload takes of each box of its destination.
pub const CHUNK: usize = 1545;
/// The whole of a stream in one call.
pub const WHOLE: StreamEnds = ends(true, true);

pub const fn ends(is_start: bool, is_last: bool) -> StreamEnds {
    StreamEnds { is_start, is_last }
}

/// A payload in which every position can be told from its neighbours.
pub fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

pub fn to<'a>(stream: &Keypair, payload: &'a [u8]) -> CopyDestination<'a> {
    CopyDestination {
        write_cap: stream.write_cap.clone(),
        start_index: stream.first_index.clone(),
        payload,
    }
}

/// The index so many boxes further on.
pub fn ahead(index: &BoxIndex, count: usize) -> BoxIndex {
    (0..count).fold(index.clone(), |index, _| index.next())
}

/// Writes elements to the boxes of a stream.
pub fn write_all(client: &Client, to: &Keypair, elements: &[Bytes]) {
    let mut index = to.first_index.clone();
    for element in elements {
        let work = client.write_box(&to.write_cap, &index, element, StartFlags::default());
        index = done(work);
    }
}

/// So many bytes from the boxes of a stream.
pub fn read_back(client: &Client, stream: &Keypair, from: &BoxIndex, length: usize) -> Vec<u8> {
    let mut found = Vec::new();
    let mut index = from.clone();
    while found.len() < length {
        found.extend_from_slice(&read_one(client, &stream.read_cap, &index).unwrap());
        index = index.next();
    }
    found
}

/// Whether a box was deleted.
pub fn is_deleted(client: &Client, stream: &Keypair, index: &BoxIndex) -> bool {
    matches!(read_one(client, &stream.read_cap, index), Err(e) if e.status() == Status::TOMBSTONE)
}

/// Writes elements to a stream and has a courier perform it.
pub fn perform(client: &Client, temporary: &Keypair, made: &CourierEnvelopes) {
    write_all(client, temporary, &made.envelopes);
    let work = client.start_resending_copy_command(&temporary.write_cap, None);
    done(work);
}

/// The data of elements, and their flags.
pub fn taken_apart(elements: &[Bytes]) -> (Vec<u8>, Vec<u8>) {
    let mut flags = Vec::new();
    let mut data = Vec::new();
    for element in elements {
        let length = u32::from_be_bytes(element[1..5].try_into().unwrap()) as usize;
        assert_eq!(element.len(), 5 + length);
        flags.push(element[0]);
        data.extend_from_slice(&element[5..]);
    }
    (flags, data)
}

/// Another capability, for reading: of the wrong kind for writing with it.
pub fn later_cap(stream: &Keypair, boxes: usize) -> WriteCap {
    let mut bytes = *stream.write_cap.as_bytes();
    bytes[64..].copy_from_slice(ahead(&stream.first_index, boxes).as_bytes());
    WriteCap::from_bytes(&bytes).unwrap()
}
