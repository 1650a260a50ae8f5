//! Texts come back as what they were, and no changed one is accepted.

use super::*;
use crate::bacap::keypair;
use crate::store::pseudo_random::PseudoRandom;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn samples() -> [Shared; 4] {
    let keys = keypair(&[7; 32]);
    let first = keys.first_index;
    let later = first.ahead(3);
    let read = |index: &BoxIndex| Shared::Read {
        cap: keys.read_cap.clone(),
        index: index.clone(),
    };
    let write = |index: &BoxIndex| Shared::Write {
        cap: keys.write_cap.clone(),
        index: index.clone(),
    };
    [read(&first), write(&first), read(&later), write(&later)]
}

fn text_of(shared: &Shared) -> String {
    String::from_utf8(shared.to_text().to_vec()).unwrap()
}

fn status_of(text: &str) -> Status {
    Shared::from_text(text).unwrap_err().status()
}

/// A text with these bytes and a checksum that fits.
fn text_with(prefix: &str, payload: &[u8]) -> String {
    let mut bytes = [prefix.as_bytes(), payload].concat();
    bytes.extend(checksum(&bytes));
    let mut text = prefix.as_bytes().to_vec();
    base32::encode(&bytes[PREFIX..], &mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn texts_come_back() {
    for shared in samples() {
        assert_eq!(Shared::from_text(&text_of(&shared)).unwrap(), shared);
    }
}

#[test]
fn texts_are_one_line_of_letters_and_digits_with_the_lengths_that_are_documented() {
    let lengths = samples().map(|shared| {
        let text = text_of(&shared);
        assert!(text
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        text.len()
    });
    let [short, long] = TEXT_LENGTHS;
    assert_eq!(lengths, [short, short, long, long]);
    assert!(text_of(&samples()[0]).starts_with("kpcr1"));
    assert!(text_of(&samples()[1]).starts_with("kpcw1"));
}

#[test]
fn case_white_space_and_mistaken_digits_do_not_matter() {
    for shared in samples() {
        let text = text_of(&shared);
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(20)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let mistaken = text[PREFIX..].replace('0', "O").replace('1', "l");
        for same in [
            text.to_uppercase(),
            format!("  {text}\r\n"),
            lines.join("\n\t"),
            lines.join("-"),
            lines.join("\u{a0}"),
            format!("{}{mistaken}", &text[..PREFIX]),
            text[..PREFIX].to_owned() + &text[PREFIX..].replace('1', "I"),
        ] {
            assert_eq!(Shared::from_text(&same).unwrap(), shared);
        }
    }
}

#[test]
fn every_changed_character_is_found() {
    let [short, _, _, long] = samples();
    for shared in [short, long] {
        let text = text_of(&shared).into_bytes();
        for at in 0..text.len() {
            for digit in DIGITS.iter().filter(|digit| **digit != text[at]) {
                let mut changed = text.clone();
                changed[at] = *digit;
                let changed = String::from_utf8(changed).unwrap();
                assert!(Shared::from_text(&changed).is_err(), "{at}");
            }
        }
    }
}

#[test]
fn every_missing_repeated_and_swapped_character_is_found() {
    let [short, _, _, long] = samples();
    for shared in [short, long] {
        let text = text_of(&shared);
        for at in 0..text.len() {
            let (before, after) = text.split_at(at);
            let missing = format!("{before}{}", &after[1..]);
            let repeated = format!("{before}{}{after}", &after[..1]);
            assert!(Shared::from_text(&missing).is_err() && Shared::from_text(&repeated).is_err());
            for other in at + 1..text.len().min(at + 5) {
                let mut swapped = text.clone().into_bytes();
                swapped.swap(at, other);
                let swapped = String::from_utf8(swapped).unwrap();
                assert!(swapped == text || Shared::from_text(&swapped).is_err());
            }
        }
    }
}

#[test]
fn random_damage_is_found() {
    let mut random = PseudoRandom::new(5);
    let texts = samples().map(|shared| text_of(&shared));
    for _ in 0..20_000 {
        let text = &texts[random.below(texts.len())];
        let mut changed = text.clone().into_bytes();
        for _ in 0..1 + random.below(6) {
            let at = random.below(changed.len());
            match random.below(3) {
                0 => changed[at] = DIGITS[random.below(32)],
                1 => drop(changed.remove(at)),
                _ => changed.insert(at, random.below(128) as u8),
            }
        }
        let changed = String::from_utf8(changed).unwrap();
        let Ok(read) = Shared::from_text(&changed) else {
            continue;
        };
        // White space that was inserted, or a character that came back.
        assert_eq!(text_of(&read), *text);
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let text = text_of(&samples()[0]);
    for other in ["", "kpcr", "Hello, world", "kpcrx", "käse", "\u{1f511}"] {
        assert_eq!(status_of(other), Status::ARG_VALUE, "{other}");
    }
    assert_eq!(
        status_of(&text.replace("kpcr1", "kpcr2")),
        Status::UNSUPPORTED
    );
    assert_eq!(
        status_of(&text.replace("kpcr1", "kpcx1")),
        Status::UNSUPPORTED
    );
    assert_eq!(status_of(&text[..text.len() - 1]), Status::ARG_SIZE);
    assert_eq!(status_of("kpcr1"), Status::ARG_SIZE);
    assert_eq!(status_of(&format!("{text}0")), Status::ARG_SIZE);
    assert_eq!(status_of(&text.repeat(100_000)), Status::ARG_SIZE);
    // The text of a reader does not become that of a writer.
    assert_eq!(
        status_of(&text.replace("kpcr1", "kpcw1")),
        Status::INVALID_CAPABILITY
    );
    assert_eq!(
        status_of(&format!("{}u", &text[..text.len() - 1])),
        Status::INVALID_CAPABILITY
    );
}

#[test]
fn a_right_checksum_does_not_make_a_wrong_capability_right() {
    let keys = keypair(&[7; 32]);
    let foreign = keypair(&[8; 32]).first_index;
    let cap = keys.read_cap.as_bytes();
    let right = text_with("kpcr1", cap);
    assert_eq!(right, text_of(&samples()[0]));

    let of_another = text_with("kpcr1", &[&cap[..], foreign.as_bytes()].concat());
    assert_eq!(status_of(&of_another), Status::INVALID_CAPABILITY);
    // The neutral point has small order.
    let mut no_key = [0; SHORT];
    no_key[0] = 1;
    no_key[KEY..].copy_from_slice(&cap[KEY..]);
    assert_eq!(
        status_of(&text_with("kpcr1", &no_key)),
        Status::INVALID_CAPABILITY
    );
}

#[test]
fn filling_bits_that_are_set_are_refused() {
    let text = text_of(&samples()[0]);
    let (rest, last) = text.split_at(text.len() - 1);
    let value = DIGITS
        .iter()
        .position(|digit| [*digit] == last.as_bytes())
        .unwrap();
    assert_eq!(value & 3, 0, "two bits are filled up");
    for filling in 1..4 {
        let changed = format!("{rest}{}", char::from(DIGITS[value | filling]));
        assert_eq!(status_of(&changed), Status::INVALID_CAPABILITY);
    }
}

#[test]
fn neither_debug_nor_errors_show_a_text() {
    let shared = &samples()[3];
    assert_eq!(
        format!("{shared:?}"),
        "Write { cap: WriteCap(..), index: BoxIndex(..) }"
    );
    assert_eq!(format!("{:?}", shared.to_text()), "WipingVec(405 bytes)");
    let text = text_of(shared);
    for changed in [
        &text[..300],
        &text.replace("kpcw1", "kpcw2"),
        &text.replace("kpcw1", "kpcr1"),
        &text[1..],
    ] {
        let error = Shared::from_text(changed).unwrap_err().to_string();
        let shown = (0..text.len() - 6).any(|at| error.contains(&text[at..at + 6]));
        assert!(!shown, "{error}");
    }
}
