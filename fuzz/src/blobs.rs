//! Bytes that a program kept, or got from somebody: capabilities, envelopes, queries, copy builders.

use blake2::digest::{consts::U32, Digest};
use blake2::Blake2b;
use kpclient::bacap::{BoxIndex, ReadCap, WriteCap};
use kpclient::client::{ChannelQuery, CopyBuilder, Envelope};
use kpclient::Status;

use super::input::Input;
use super::seeded_fault;

/// Set where the bytes get a checksum that is right.
const SEALED: u8 = 0x80;

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    let choice = input.byte();
    let mut bytes = input.rest().to_vec();
    if choice & SEALED != 0 {
        let hash = Blake2b::<U32>::digest(&bytes);
        bytes.extend(hash);
    }
    match (choice & !SEALED) % 6 {
        0 => write_cap(&bytes),
        1 => read_cap(&bytes),
        2 => box_index(&bytes),
        3 => envelope(&bytes),
        4 => query(&bytes),
        _ => builder(&bytes),
    }
}

fn write_cap(bytes: &[u8]) {
    if let Ok(cap) = WriteCap::from_bytes(bytes) {
        assert_eq!(cap.as_bytes()[..], *bytes);
        let read = cap.read_cap();
        assert_eq!(read.first_index(), cap.first_index());
        assert!(ReadCap::from_bytes(read.as_bytes()).is_ok());
    }
}

fn read_cap(bytes: &[u8]) {
    match ReadCap::from_bytes(bytes) {
        Ok(cap) => assert_eq!(cap.as_bytes()[..], *bytes),
        Err(error) if bytes.len() == 136 => {
            assert_eq!(error.status(), Status::INVALID_CAPABILITY);
        }
        Err(error) => assert_eq!(error.status(), Status::ARG_SIZE),
    }
}

fn box_index(bytes: &[u8]) {
    if let Ok(index) = BoxIndex::from_bytes(bytes) {
        assert_eq!(index.as_bytes()[..], *bytes);
        let next = index.next();
        assert_eq!(next.counter(), index.counter().wrapping_add(1));
        assert_ne!(next, index);
    }
}

fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_bytes()[..], *bytes);
        let length = envelope.descriptor.len();
        seeded_fault([length != 3, length == 5]);
    }
}

fn query(bytes: &[u8]) {
    if let Ok(query) = ChannelQuery::from_bytes(bytes) {
        assert_eq!(query.to_bytes()[..], *bytes);
        assert!(query.validate().is_ok());
    }
}

fn builder(bytes: &[u8]) {
    match CopyBuilder::restore(bytes) {
        Ok(builder) => {
            assert!(!format!("{:?}", builder.progress()).is_empty());
            let saved = builder.save().unwrap();
            let again = CopyBuilder::restore(&saved).unwrap();
            assert_eq!(again.save().unwrap()[..], saved[..]);
        }
        Err(error) => assert!(
            matches!(
                error.status(),
                Status::ARG_VALUE | Status::ARG_SIZE | Status::UNSUPPORTED
            ) || error.status() == Status::INVALID_CAPABILITY,
            "{error}"
        ),
    }
}
