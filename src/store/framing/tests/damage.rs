//! Random damage, and restarts between any two boxes.

use super::*;
use crate::store::pseudo_random::PseudoRandom;

/// Messages of all sorts of lengths, as their boxes.
fn conversation(random: &mut PseudoRandom) -> (Vec<Seen>, Vec<Vec<u8>>) {
    let mut sent = Vec::new();
    let mut boxes = Vec::new();
    for _ in 0..1 + random.below(4) {
        let kind = 1 + random.below(255) as u8;
        // Some messages are equal to others, and some of these have an equal nonce: they are sent again.
        let nonce = [random.below(2) as u8; 8];
        let message = message(random.below(4) * random.below(80));
        let capacity = 40 + random.below(40);
        boxes.extend(split_with(&nonce, kind, &message, capacity));
        sent.push(Seen::Message(kind, message));
    }
    (sent, boxes)
}

fn damage(random: &mut PseudoRandom, boxes: &mut Vec<Vec<u8>>) {
    let Some(at) = boxes
        .len()
        .checked_sub(1)
        .map(|last| random.below(last + 1))
    else {
        return;
    };
    match random.below(8) {
        0 => drop(boxes.remove(at)),
        1 => boxes.insert(at, boxes[random.below(boxes.len())].clone()),
        2 => {
            let other = random.below(boxes.len());
            boxes.swap(at, other);
        }
        3 => boxes[at].truncate(random.below(80)),
        4 => boxes[at].push(random.below(256) as u8),
        // The heads are hit more often than by chance.
        5 => change(random, &mut boxes[at], FIRST_HEAD),
        _ => change(random, &mut boxes[at], usize::MAX),
    }
}

fn change(random: &mut PseudoRandom, content: &mut [u8], within: usize) {
    let within = content.len().min(within);
    if within > 0 {
        content[random.below(within)] ^= 1 << random.below(8);
    }
}

#[test]
fn damaged_boxes_never_give_a_message_that_was_not_sent() {
    let mut random = PseudoRandom::new(1);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..20_000 {
        let (sent, mut boxes) = conversation(&mut random);
        for _ in 0..random.below(4) {
            damage(&mut random, &mut boxes);
        }
        for seen in read(&boxes) {
            assert!(!matches!(seen, Seen::Message(..)) || sent.contains(&seen));
            let name = format!("{seen:?}");
            let name = name.split("(1").next().unwrap_or_default();
            *counts
                .entry(name.split(", ").next().unwrap_or_default().to_owned())
                .or_insert(0) += 1;
        }
    }
    // Each outcome was there, so the damage is of all sorts.
    for flaw in [
        "NoBeginning",
        "Gap",
        "Length",
        "TooLarge",
        "Checksum",
        "Malformed",
    ] {
        assert!(
            counts.contains_key(&format!("Broken({flaw})")),
            "{counts:?}"
        );
    }
    for other in [
        "Lost(CutOff)",
        "Rest",
        "Part",
        "Foreign(None)",
        "Foreign(Some",
    ] {
        assert!(
            counts.keys().any(|name| name.starts_with(other)),
            "{counts:?}"
        );
    }
}

#[test]
fn random_bytes_are_foreign() {
    let mut random = PseudoRandom::new(2);
    for _ in 0..20_000 {
        let content: Vec<u8> = (0..random.below(60))
            .map(|_| random.below(256) as u8)
            .collect();
        assert_eq!(read(&[content]), [Seen::Foreign(None)]);
    }
}

#[test]
fn random_bytes_behind_the_mark_never_give_a_message() {
    let mut random = PseudoRandom::new(3);
    for _ in 0..20_000 {
        let mut content = MARK.to_vec();
        content.extend([VERSION, random.below(3) as u8]);
        content.extend((0..random.below(60)).map(|_| random.below(256) as u8 & 0x83));
        let seen = read(&[content]);
        assert!(!matches!(seen[..], [Seen::Message(..) | Seen::Foreign(_)]));
    }
}

/// What a reader keeps on disk.
#[derive(Default)]
struct Kept {
    passed_over: Option<Tag>,
    parts: Vec<Vec<u8>>,
}

impl Kept {
    fn keep(&mut self, joiner: &Joiner, content: &[u8]) {
        self.passed_over = joiner.passed_over();
        match joiner.parts().checked_sub(1) {
            None => self.parts.clear(),
            Some(number) => {
                self.parts.truncate(number as usize);
                self.parts.push(content.to_vec());
            }
        }
    }

    fn joiner(&self) -> Joiner {
        Joiner::restored(self.passed_over, &self.parts)
    }
}

#[test]
fn a_restart_after_each_box_changes_nothing() {
    let mut random = PseudoRandom::new(4);
    for _ in 0..5_000 {
        let (_, mut boxes) = conversation(&mut random);
        for _ in 0..random.below(4) {
            damage(&mut random, &mut boxes);
        }
        let mut kept = Kept::default();
        let mut uninterrupted = Joiner::default();
        for content in &boxes {
            if random.below(8) == 0 {
                let mut joiner = kept.joiner();
                assert_eq!(joiner.cut_off(), uninterrupted.cut_off());
                kept.keep(&joiner, b"");
            }
            let mut joiner = kept.joiner();
            let seen = push(&mut joiner, content);
            assert_eq!(seen, push(&mut uninterrupted, content));
            kept.keep(&joiner, content);
        }
    }
}
