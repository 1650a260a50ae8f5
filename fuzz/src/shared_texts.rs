//! Capabilities and vouchers as text, which people copy, spell and mistype.

use kpclient::bacap::{keypair, BoxIndex, ReadCap};
use kpclient::store::{voucher_from_text, voucher_to_text, SharedChannel};

use super::input::Input;
use super::seeded_fault;

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    match input.byte() % 3 {
        0 => typed(input.rest()),
        1 => channel(input),
        _ => voucher(input),
    }
}

/// Anything at all.
fn typed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(shared) = SharedChannel::from_text(text) {
        assert_eq!(read_back(&shared.to_text()), Some(shared));
    }
    if let Ok(voucher) = voucher_from_text(text) {
        let again = voucher_to_text(voucher.as_bytes());
        let again = voucher_from_text(std::str::from_utf8(&again).unwrap()).unwrap();
        assert_eq!(again.as_bytes(), voucher.as_bytes());
    }
    seeded_fault(["K", "KP", "KPC", "KPCR"].map(|start| text.starts_with(start)));
}

fn read_back(text: &[u8]) -> Option<SharedChannel> {
    SharedChannel::from_text(std::str::from_utf8(text).unwrap()).ok()
}

/// The text of a channel, with one character of it changed.
fn channel(mut input: Input<'_>) {
    let (choice, at, character) = (input.byte(), input.short(), input.byte());
    let pair = keypair(&input.array());
    let index = match choice & 1 {
        0 => pair.first_index.clone(),
        _ => {
            let mut bytes = *pair.first_index.as_bytes();
            bytes[..8].copy_from_slice(&input.array::<8>());
            BoxIndex::from_bytes(&bytes).unwrap()
        }
    };
    let shared = match choice & 2 {
        0 => SharedChannel::Write {
            cap: pair.write_cap,
            index,
        },
        _ => SharedChannel::Read {
            cap: ReadCap::from_bytes(pair.read_cap.as_bytes()).unwrap(),
            index,
        },
    };
    let mut text = shared.to_text().to_vec();
    let read = read_back(&text);
    // A position that cannot be the channel's is refused, and nothing else of ours.
    assert!(read.is_none() && choice & 1 == 1 || read.as_ref() == Some(&shared));
    let at = usize::from(at) % text.len();
    text[at] = character & 0x7f;
    if let Some(other) = read_back(&text) {
        assert_eq!(other, shared); // an I that was an L
    }
}

fn voucher(mut input: Input<'_>) {
    let (at, character) = (input.short(), input.byte());
    let voucher: [u8; 32] = input.array();
    let mut text = voucher_to_text(&voucher).to_vec();
    let same = |text: &[u8]| {
        let read = voucher_from_text(std::str::from_utf8(text).unwrap());
        read.map(|read| *read.as_bytes() == voucher)
    };
    assert!(same(&text).unwrap());
    let at = usize::from(at) % text.len();
    text[at] = character & 0x7f;
    assert!(same(&text).unwrap_or(true));
}
