//! The test vectors in docs/channel-format.md are what this library reads and writes.

use std::path::Path;

use super::files::hash::Hasher;
use super::files::message::{piece, FileHead, FileMessage, PIECE_HEAD};
use super::framing::{boxes_for, Content, Joiner, Split};
use super::shared_text::Shared;
use super::{voucher_from_text, voucher_to_text};
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::golden::hex;

/// The values of one vector, in their order: a name and the rest of the line.
type Vector = Vec<(String, String)>;

/// The blocks of the page whose first line is of this name.
fn vectors(first: &str) -> Vec<Vector> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/channel-format.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```").skip(1).step_by(2);
    let vectors = blocks.map(|block| block.lines().filter_map(value).collect());
    vectors
        .filter(|vector: &Vector| vector.first().is_some_and(|(name, _)| name == first))
        .collect()
}

fn value(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim().to_owned()))
}

fn named<'a>(vector: &'a Vector, name: &'a str) -> impl Iterator<Item = &'a str> {
    let values = vector.iter().filter(move |(other, _)| other == name);
    values.map(|(_, value)| value.as_str())
}

fn one<'a>(vector: &'a Vector, name: &'a str) -> &'a str {
    named(vector, name).next().unwrap()
}

#[test]
fn the_boxes_of_the_page_are_written_and_read() {
    let vectors = vectors("kind");
    assert_eq!(vectors.len(), 4, "the page is not understood");
    for vector in vectors {
        let kind = one(&vector, "kind").parse().unwrap();
        let nonce = hex(one(&vector, "nonce")).try_into().unwrap();
        let capacity = one(&vector, "capacity").parse().unwrap();
        let message = hex(one(&vector, "message"));
        let boxes: Vec<Vec<u8>> = named(&vector, "box").map(hex).collect();

        let split = Split::new(kind, &nonce, &message, capacity).unwrap();
        let written = (0..split.boxes()).map(|part| split.encode(&message, part).unwrap().to_vec());
        assert_eq!(written.collect::<Vec<_>>(), boxes);
        assert_eq!(
            boxes_for(message.len(), capacity).unwrap() as usize,
            boxes.len()
        );

        let mut joiner = Joiner::default();
        let last = boxes
            .iter()
            .map(|content| joiner.push(content).content)
            .last();
        let Some(Content::Message {
            kind: read_kind,
            message: read,
        }) = last
        else {
            unreachable!("{last:?}")
        };
        assert_eq!((read_kind, &read[..]), (kind, &message[..]));
    }
}

#[test]
fn the_texts_of_the_page_are_written_and_read() {
    let vectors = vectors("capability");
    assert_eq!(vectors.len(), 3, "the page is not understood");
    for vector in vectors {
        let capability = hex(one(&vector, "capability"));
        let index = BoxIndex::from_bytes(&hex(one(&vector, "position"))).unwrap();
        let shared = match WriteCap::from_bytes(&capability) {
            Ok(cap) => Shared::Write { cap, index },
            Err(_) => Shared::Read {
                cap: ReadCap::from_bytes(&capability).unwrap(),
                index,
            },
        };
        let text = one(&vector, "text");
        assert_eq!(&*shared.to_text(), text.as_bytes());
        assert_eq!(Shared::from_text(text).unwrap(), shared);
    }
}

#[test]
fn the_vouchers_of_the_page_are_written_and_read() {
    let vectors = vectors("voucher");
    assert_eq!(vectors.len(), 1, "the page is not understood");
    for vector in vectors {
        let voucher = hex(one(&vector, "voucher")).try_into().unwrap();
        let text = one(&vector, "text");
        assert_eq!(&*voucher_to_text(&voucher), text.as_bytes());
        assert_eq!(*voucher_from_text(text).unwrap(), voucher);
    }
}

#[test]
fn the_files_of_the_page_are_written_and_read() {
    let vectors = vectors("id");
    assert_eq!(vectors.len(), 3, "the page is not understood");
    for vector in vectors {
        let id = hex(one(&vector, "id")).try_into().unwrap();
        let content = hex(one(&vector, "content"));
        let mut hasher = Hasher::default();
        hasher.add(&content);
        let head = FileHead {
            id,
            size: content.len() as u64,
            hash: hasher.hash(),
            name: hex(one(&vector, "name")),
        };
        let mut messages = named(&vector, "message").map(hex);
        let first = messages.next().unwrap();
        assert_eq!(&*head.encode().unwrap(), first);
        assert_eq!(FileMessage::of(&first), FileMessage::Head(head));
        let mut at = 0;
        for message in messages {
            let len = message.len() - PIECE_HEAD;
            let mut written = piece(&id, at as u64, len).unwrap();
            let data = &content[at..at + len];
            written.as_mut_slice()[PIECE_HEAD..].copy_from_slice(data);
            assert_eq!(&*written, message);
            let offset = at as u64;
            let read = FileMessage::Piece { id, offset, data };
            assert_eq!(FileMessage::of(&message), read);
            at += len;
        }
        assert_eq!(at, content.len());
    }
}
