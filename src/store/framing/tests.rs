//! Messages come back as they were sent or not at all, whatever happens to their boxes.

mod damage;

use super::*;
use crate::{Result, Status};

/// As small as boxes may be; small ones; those of real networks.
const CAPACITIES: [usize; 6] = [38, 39, 64, 100, 1549, 1677];

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Part,
    Message(u8, Vec<u8>),
    Broken(Flaw),
    Lost(Flaw),
    Rest,
    Foreign(Option<u8>),
}

/// Takes one box and lists what it brought.
fn push(joiner: &mut Joiner, content: &[u8]) -> Vec<Seen> {
    let pushed = joiner.push(content);
    let content = match pushed.content {
        Content::Part => Seen::Part,
        Content::Message { kind, message } => Seen::Message(kind, message.to_vec()),
        Content::Broken(flaw) => Seen::Broken(flaw),
        Content::Rest => Seen::Rest,
        Content::Foreign { version } => Seen::Foreign(version),
    };
    pushed
        .lost
        .map(Seen::Lost)
        .into_iter()
        .chain([content])
        .collect()
}

fn push_all(joiner: &mut Joiner, boxes: &[Vec<u8>]) -> Vec<Seen> {
    boxes
        .iter()
        .flat_map(|content| push(joiner, content))
        .collect()
}

fn read(boxes: &[Vec<u8>]) -> Vec<Seen> {
    push_all(&mut Joiner::default(), boxes)
}

const NONCE: Nonce = *b"a nonce!";

/// The boxes of a message.
fn split(kind: u8, message: &[u8], capacity: usize) -> Vec<Vec<u8>> {
    split_with(&NONCE, kind, message, capacity)
}

fn split_with(nonce: &Nonce, kind: u8, message: &[u8], capacity: usize) -> Vec<Vec<u8>> {
    let split = Split::new(kind, nonce, message, capacity).unwrap();
    (0..split.boxes())
        .map(|part| split.encode(message, part).unwrap().to_vec())
        .collect()
}

/// Different for each length.
fn message(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + length) as u8).collect()
}

/// 100 bytes in boxes of 50: 13, 30, 30 and 27.
fn four_boxes() -> Vec<Vec<u8>> {
    let boxes = split(KIND_MESSAGE, &message(100), 50);
    assert_eq!(boxes.len(), 4);
    boxes
}

fn whole(length: usize) -> Seen {
    Seen::Message(KIND_MESSAGE, message(length))
}

fn status_of<T>(result: Result<T>) -> Status {
    result.map(drop).unwrap_err().status()
}

fn comes_back(kind: u8, message: &[u8], capacity: usize) {
    let boxes = split(kind, message, capacity);
    let (last, full) = boxes.split_last().unwrap();
    assert!(full.iter().all(|content| content.len() == capacity));
    assert!(!last.is_empty() && last.len() <= capacity);
    let count = boxes_for(message.len(), capacity).unwrap();
    assert_eq!(
        boxes.len(),
        count as usize,
        "{} in {capacity}",
        message.len()
    );

    let mut seen = read(&boxes);
    assert_eq!(seen.pop(), Some(Seen::Message(kind, message.to_vec())));
    assert_eq!(seen, vec![Seen::Part; full.len()]);
}

#[test]
fn messages_of_all_lengths_around_the_boundaries_come_back() {
    for capacity in CAPACITIES {
        let first = capacity - FIRST_HEAD;
        let further = capacity - FURTHER_HEAD;
        for boundary in [
            0,
            first,
            first + further,
            first + 2 * further,
            first + 9 * further,
        ] {
            for length in boundary.saturating_sub(2)..=boundary + 2 {
                comes_back(KIND_MESSAGE, &message(length), capacity);
            }
        }
    }
}

#[test]
fn the_largest_message_comes_back() {
    comes_back(255, &message(MAX_MESSAGE), 1677);
}

#[test]
fn a_box_is_the_same_at_any_time() {
    let message = message(100);
    let again = Split::new(KIND_MESSAGE, &NONCE, &message, 50).unwrap();
    for (part, content) in (0..).zip(four_boxes()) {
        assert_eq!(*again.encode(&message, part).unwrap(), content);
    }
}

#[test]
fn equal_messages_have_no_box_in_common() {
    let other = Nonce::from(*b"a nonce?");
    for length in [0, 10, 100, 3000] {
        let message = message(length);
        let boxes = split(KIND_MESSAGE, &message, 50);
        let others = split_with(&other, KIND_MESSAGE, &message, 50);
        assert_eq!(boxes.len(), others.len());
        assert!(boxes.iter().all(|content| !others.contains(content)));
        assert_eq!(read(&others).pop(), read(&boxes).pop());
    }
}

#[test]
fn boxes_of_equal_messages_are_not_joined() {
    let others = split_with(b"a nonce?", KIND_MESSAGE, &message(100), 50);
    let boxes = [&four_boxes()[..1], &others[1..]].concat();
    let expected = [
        Seen::Part,
        Seen::Lost(Flaw::CutOff),
        Seen::Broken(Flaw::NoBeginning),
        Seen::Rest,
        Seen::Rest,
    ];
    assert_eq!(read(&boxes), expected);
}

#[test]
fn impossible_splits_are_refused() {
    assert_eq!(
        status_of(Split::new(0, &NONCE, b"x", 100)),
        Status::ARG_VALUE
    );
    assert_eq!(
        status_of(Split::new(1, &NONCE, b"x", FIRST_HEAD)),
        Status::BAD_GEOMETRY
    );
    assert_eq!(status_of(boxes_for(1, 0)), Status::BAD_GEOMETRY);
    let large = vec![0; MAX_MESSAGE + 1];
    assert_eq!(
        status_of(Split::new(1, &NONCE, &large, 1677)),
        Status::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        status_of(boxes_for(usize::MAX, 1677)),
        Status::PAYLOAD_TOO_LARGE
    );

    let split = Split::new(1, &NONCE, b"one box", 100).unwrap();
    assert_eq!(status_of(split.encode(b"one box", 1)), Status::INTERNAL);
    assert_eq!(
        status_of(split.encode(b"another", u32::MAX)),
        Status::INTERNAL
    );
    assert_eq!(
        status_of(split.encode(b"longer than that", 0)),
        Status::INTERNAL
    );
}

#[test]
fn a_message_without_its_beginning_is_reported_once() {
    let mut boxes = four_boxes().split_off(1);
    boxes.extend(split(KIND_MESSAGE, &message(3), 50));
    let expected = [
        Seen::Broken(Flaw::NoBeginning),
        Seen::Rest,
        Seen::Rest,
        whole(3),
    ];
    assert_eq!(read(&boxes), expected);
}

#[test]
fn a_message_without_its_middle_is_reported_once() {
    let mut boxes = four_boxes();
    boxes.remove(1);
    let expected = [Seen::Part, Seen::Broken(Flaw::Gap), Seen::Rest];
    assert_eq!(read(&boxes), expected);
}

#[test]
fn a_box_that_comes_twice_breaks_the_message() {
    let mut boxes = four_boxes();
    boxes.insert(2, boxes[1].clone());
    let expected = [
        Seen::Part,
        Seen::Part,
        Seen::Broken(Flaw::Gap),
        Seen::Rest,
        Seen::Rest,
    ];
    assert_eq!(read(&boxes), expected);
}

#[test]
fn what_begins_in_the_middle_of_a_message_is_read_and_the_other_is_lost() {
    let [first, second, ..] = &four_boxes()[..] else {
        unreachable!()
    };
    let other = split(9, &message(60), 50);
    let boxes = [
        &[first.clone(), second.clone()],
        &other[..],
        std::slice::from_ref(second),
    ]
    .concat();
    let expected = [
        Seen::Part,
        Seen::Part,
        Seen::Lost(Flaw::CutOff),
        Seen::Part,
        Seen::Part,
        Seen::Message(9, message(60)),
        Seen::Broken(Flaw::NoBeginning),
    ];
    assert_eq!(read(&boxes), expected);
}

#[test]
fn a_message_that_is_sent_again_from_its_beginning_is_read() {
    let boxes = [&four_boxes()[..2], &four_boxes()[..]].concat();
    let mut seen = read(&boxes);
    assert_eq!(seen.pop(), Some(whole(100)));
    assert_eq!(seen[2], Seen::Lost(Flaw::CutOff));
}

#[test]
fn a_tombstone_ends_the_message_at_once() {
    let boxes = four_boxes();
    let mut joiner = Joiner::default();
    assert_eq!(joiner.cut_off(), None);
    push(&mut joiner, &boxes[0]);
    assert_eq!(joiner.cut_off(), Some(Flaw::CutOff));
    assert_eq!(joiner.cut_off(), None);
    assert_eq!(push_all(&mut joiner, &boxes[2..]), [Seen::Rest, Seen::Rest]);
}

#[test]
fn a_message_between_others_of_other_capacities_comes_back() {
    let lengths = [(40, 3000), (1677, 3000), (38, 5), (1549, 9000)];
    let mut joiner = Joiner::default();
    for (capacity, length) in lengths {
        let seen = push_all(
            &mut joiner,
            &split(KIND_MESSAGE, &message(length), capacity),
        );
        assert_eq!(seen.last(), Some(&whole(length)));
    }
}

/// The first box of a message of 10 bytes that claims to have `length`.
fn lying(length: u32) -> Vec<u8> {
    let mut boxes = split(KIND_MESSAGE, &message(10), 50);
    boxes[0][9..13].copy_from_slice(&length.to_be_bytes());
    boxes.remove(0)
}

#[test]
fn lengths_that_lie_give_no_message() {
    assert_eq!(read(&[lying(9)]), [Seen::Broken(Flaw::Length)]);
    assert_eq!(read(&[lying(u32::MAX)]), [Seen::Broken(Flaw::TooLarge)]);
    assert_eq!(
        read(&[lying(MAX_MESSAGE as u32 + 1)]),
        [Seen::Broken(Flaw::TooLarge)]
    );
    let next = split(KIND_MESSAGE, &message(3), 50).remove(0);
    let expected = [Seen::Part, Seen::Lost(Flaw::CutOff), whole(3)];
    assert_eq!(read(&[lying(11), next]), expected);
}

#[test]
fn memory_follows_what_came_and_not_what_is_claimed() {
    let mut joiner = Joiner::default();
    assert_eq!(push(&mut joiner, &lying(MAX_MESSAGE as u32)), [Seen::Part]);
    assert!(joiner.room() <= 20, "{}", joiner.room());

    let message = message(MAX_MESSAGE);
    for (at, content) in split(KIND_MESSAGE, &message, 1677).iter().enumerate() {
        push(&mut joiner, content);
        assert!(joiner.room() <= 2 * 1677 * (at + 1));
    }
    assert_eq!(joiner.room(), 0);
}

#[test]
fn what_is_of_no_known_format_is_foreign() {
    let map = serde_cbor::to_vec(&std::collections::BTreeMap::from([("text", "Hello")])).unwrap();
    let foreign: [&[u8]; 8] = [
        b"",
        b"Hello",
        b"{\"text\": \"Hello\"}",
        &map,
        b"\x0a\x05Hello",
        b"\xff",
        b"\xff\xfeH\0e\0",
        &MARK,
    ];
    for content in foreign {
        assert_eq!(read(&[content.to_vec()]), [Seen::Foreign(None)]);
    }
    let mut newer = four_boxes().remove(0);
    newer[6] = 2;
    assert_eq!(read(&[newer]), [Seen::Foreign(Some(2))]);
}

#[test]
fn a_foreign_box_cuts_a_message_off() {
    let mut boxes = four_boxes();
    boxes.insert(1, b"Hello".to_vec());
    let expected = [
        Seen::Part,
        Seen::Lost(Flaw::CutOff),
        Seen::Foreign(None),
        Seen::Rest,
        Seen::Rest,
        Seen::Rest,
    ];
    assert_eq!(read(&boxes), expected);
}

#[test]
fn boxes_with_the_mark_that_are_not_of_the_format_are_reported() {
    let mut role = four_boxes().remove(0);
    role[7] = 2;
    let further = four_boxes().remove(1);
    let first = split(KIND_MESSAGE, b"", 50).remove(0);
    assert_eq!(
        read(std::slice::from_ref(&first)),
        [Seen::Message(KIND_MESSAGE, vec![])]
    );
    for content in [
        role,
        first[..FIRST_HEAD - 1].to_vec(),
        further[..FURTHER_HEAD].to_vec(),
        further[..8].to_vec(),
        first[..7].to_vec(),
    ] {
        assert_eq!(read(&[content]), [Seen::Broken(Flaw::Malformed)]);
    }
}

#[test]
fn kinds_are_part_of_the_checksum() {
    let mut content = split(KIND_MESSAGE, b"Hello", 50).remove(0);
    content[8] += 1;
    assert_eq!(read(&[content]), [Seen::Broken(Flaw::Checksum)]);
}

#[test]
fn nonces_are_part_of_the_checksum() {
    let content = split(KIND_MESSAGE, b"Hello", 50).remove(0);
    for at in 13..21 {
        let mut content = content.clone();
        assert_eq!(content[at], NONCE[at - 13]);
        content[at] ^= 1;
        assert_eq!(read(&[content]), [Seen::Broken(Flaw::Checksum)]);
    }
}

#[test]
fn nothing_shows_a_message() {
    let mut joiner = Joiner::default();
    joiner.push(&split(KIND_MESSAGE, &[201; 100], 60)[0]);
    let shown = format!("{joiner:?}");
    assert!(shown.contains("WipingVec"), "{shown}");
    let pushed = joiner.push(&split(KIND_MESSAGE, &[201; 9], 60)[0]);
    for shown in [shown, format!("{pushed:?}")] {
        assert!(!shown.contains("201, 201"), "{shown}");
    }
}
