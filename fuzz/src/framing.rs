//! Messages in boxes: what was divided is joined again, whatever lies in between, and over restarts.

use kpclient::store::fuzzed::{boxes_of, Boxes};

use super::input::Input;
use super::seeded_fault;

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    if input.byte() & 1 == 0 {
        hostile(input);
    } else {
        honest(input);
    }
}

/// Boxes of nobody's.
fn hostile(mut input: Input<'_>) {
    let mut boxes = Boxes::default();
    let mut kept: Vec<Vec<u8>> = Vec::new();
    while !input.is_empty() {
        let count = usize::from(input.short() & 0x7ff);
        let content = input.bytes(count);
        if content.is_empty() {
            boxes.cut_off();
        } else if boxes.push(content).is_none() && boxes.parts() > 0 {
            kept.truncate(boxes.parts() as usize - 1);
            kept.push(content.to_vec());
            // It goes on from what was kept as from what it knew.
            assert_eq!(boxes.restored(&kept).parts(), boxes.parts());
            seeded_fault([boxes.parts() > 1, content.len() < 30]);
        }
    }
}

/// A message of the library's, perhaps behind other boxes.
fn honest(mut input: Input<'_>) {
    let (kind, nonce) = (input.byte(), input.array());
    let capacity = usize::from(input.short() & 0xfff);
    let before = usize::from(input.byte());
    let before = input.bytes(before);
    let message = input.rest();
    let Ok(contents) = boxes_of(kind, &nonce, message, capacity) else {
        assert!(kind == 0 || capacity < 64);
        return;
    };
    let mut boxes = Boxes::default();
    boxes.push(before);
    let (last, parts) = contents.split_last().unwrap();
    let mut kept = Vec::new();
    for part in parts {
        assert!(part.len() <= capacity);
        assert!(boxes.push(part).is_none());
        kept.push(part.clone());
        assert_eq!(boxes.parts() as usize, kept.len());
    }
    let mut restored = boxes.restored(&kept);
    let whole = Some((kind, message.to_vec()));
    assert_eq!(boxes.push(last), whole);
    assert_eq!(restored.push(last), whole);
}
