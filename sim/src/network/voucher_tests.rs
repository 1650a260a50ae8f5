use std::path::Path;

use super::*;
use kpclient::bacap::{keypair, BoxIndex, Keypair, ReadCap, WriteCap, CONTEXT};

const NOW: Derivation = Derivation::SinceHpqc101;

fn minted() -> (Random, Keypair, MintedVoucher) {
    let mut random = Random::new(0, "t");
    let pair = keypair(&[5; 32]);
    let voucher = mint(&mut random, NOW, pair.write_cap.as_bytes(), "Ada").unwrap();
    (random, pair, voucher)
}

fn inducted(random: &mut Random, voucher: &MintedVoucher, who: &[u8]) -> InductedVoucher {
    induct(random, NOW, &voucher.voucher, &voucher.voucher_payload, who).unwrap()
}

fn code<T>(result: Result<T, Code>) -> Code {
    result.err().unwrap_or(0)
}

fn published(name: &str) -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden/published")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn hex(value: &serde_json::Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn the_published_voucher_is_that_of_its_payload_and_leads_to_its_stream() {
    let vector = published("voucher_vectors.json");
    let payload = hex(&vector["mint"]["voucher_payload"]);
    let voucher = blake2b_256(&payload);
    assert_eq!(voucher[..], hex(&vector["mint"]["voucher"]));
    let stream = derive_stream(NOW, &voucher).unwrap();
    let induct = &vector["induct"];
    assert!(stream.voucher_write_cap[..] == hex(&induct["voucher_write_cap"]));
    assert!(stream.voucher_read_cap[..] == hex(&induct["voucher_read_cap"]));
    let before = derive_stream(Derivation::BeforeHpqc101, &voucher).unwrap();
    assert!(before.voucher_write_cap != stream.voucher_write_cap);
}

#[test]
fn the_published_payload_is_what_its_joiner_would_make_but_for_the_key() {
    let vector = published("voucher_vectors.json");
    let real = hex(&vector["mint"]["voucher_payload"]);
    let offer = Offer::parse(&real).unwrap();
    assert!(offer.is_signed);
    assert_eq!(offer.name, "alice");
    assert!(offer.read_cap[..] == hex(&vector["inputs"]["message_write_cap"])[32..]);
    let cap: WriteCapBytes = hex(&vector["inputs"]["message_write_cap"])
        .try_into()
        .unwrap();
    let mut random = Random::new(0, "t");
    let mut ours = mint(&mut random, NOW, &cap, "alice")
        .unwrap()
        .voucher_payload;
    let key = hex(&vector["mint"]["reply_public_key"]);
    let at = real
        .windows(key.len())
        .position(|part| part == key)
        .unwrap();
    ours[at..at + key.len()].copy_from_slice(&key);
    assert!(ours == real);
}

#[test]
fn salted_indices_are_the_published_ones() {
    let published = published("mutate_kdf_state.json");
    let vectors = published["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let mut index = BoxIndex::from_bytes(&hex(&vector["index"])).unwrap();
        for _ in 0..vector["advance_by"].as_u64().unwrap() {
            index = index.next();
        }
        let mut mutated = *index.as_bytes();
        let salt: [u8; SALT] = hex(&vector["salt"]).try_into().unwrap();
        mutate(&mut mutated, &salt).unwrap();
        assert!(
            mutated[..] == hex(&vector["mutated_index"]),
            "{}",
            vector["name"]
        );
    }
}

#[test]
fn sizes_are_the_real_ones() {
    let (mut random, pair, _) = minted();
    for (name, length) in [("", 450), ("Alice", 455), (&"x".repeat(300), 753)] {
        let voucher = mint(&mut random, NOW, pair.write_cap.as_bytes(), name).unwrap();
        assert_eq!(voucher.voucher_payload.len(), length);
        assert_eq!(voucher.voucher_secret_key.len(), 162);
        assert_eq!(voucher.voucher_public_key.len(), 160);
    }
    let (mut random, _, voucher) = minted();
    for (who, length) in [(0, 356), (10, 366), (23, 379), (24, 381)] {
        let made = inducted(&mut random, &voucher, &vec![1; who]);
        assert_eq!(made.sealed_reply.len(), length, "{who}");
    }
}

#[test]
fn neither_name_nor_reply_is_too_long() {
    let (mut random, pair, voucher) = minted();
    let name = "x".repeat(2000);
    let long = mint(&mut random, NOW, pair.write_cap.as_bytes(), &name).unwrap();
    assert!(long.voucher_payload.len() > 2000);
    let made = inducted(&mut random, &voucher, &[0; 1600]);
    assert!(made.sealed_reply.len() > 1600);
}

#[test]
fn the_group_finds_what_the_joiner_writes_and_only_with_the_salt() {
    let (mut random, pair, voucher) = minted();
    let induct = inducted(&mut random, &voucher, b"welcome");
    assert_eq!(induct.display_name, "Ada");
    assert!(induct.voucher_write_cap == voucher.voucher_write_cap);
    let opened = open(
        &voucher.voucher_secret_key,
        &induct.sealed_reply,
        pair.write_cap.as_bytes(),
    )
    .unwrap();
    assert_eq!(opened.who_reply, b"welcome");
    assert_eq!(opened.salt, induct.salt);
    let write = WriteCap::from_bytes(&opened.mutated_message_write_cap).unwrap();
    let read = ReadCap::from_bytes(&induct.mutated_message_read_cap).unwrap();
    assert!(write.read_cap() == read);
    assert!(read.first_index() != pair.first_index);
    assert_eq!(read.first_index().counter(), pair.first_index.counter());
    let id = |index: &BoxIndex| index.box_id(&read.public_key(), CONTEXT).unwrap();
    assert_ne!(id(&read.first_index()), id(&pair.first_index));
}

#[test]
fn the_stream_follows_from_the_voucher_and_vouchers_are_fresh() {
    let (mut random, pair, voucher) = minted();
    let stream = derive_stream(NOW, &voucher.voucher).unwrap();
    assert!(stream.voucher_write_cap == voucher.voucher_write_cap);
    assert!(stream.voucher_read_cap == voucher.voucher_read_cap);
    WriteCap::from_bytes(&stream.voucher_write_cap).unwrap();
    let again = mint(&mut random, NOW, pair.write_cap.as_bytes(), "Ada").unwrap();
    assert_ne!(again.voucher, voucher.voucher);
}

#[test]
fn another_payload_is_a_mismatch_and_one_signed_by_another_a_bad_signature() {
    let (mut random, _, mut voucher) = minted();
    let last = voucher.voucher_payload.len() - 1;
    voucher.voucher_payload[last] ^= 1;
    let payload = &voucher.voucher_payload;
    let mut induct = |voucher: &[u8], payload: &[u8]| {
        code(super::induct(&mut random, NOW, voucher, payload, b"x"))
    };
    assert_eq!(induct(&voucher.voucher, payload), HASH_MISMATCH);
    assert_eq!(induct(&blake2b_256(payload), payload), SIGNATURE_INVALID);
    assert_eq!(induct(&voucher.voucher, b""), HASH_MISMATCH, "no payload");
    let nonsense = blake2b_256(b"nonsense");
    assert_eq!(induct(&nonsense, b"nonsense"), INVALID_REQUEST);
    assert_eq!(induct(b"short", payload), INVALID_REQUEST);
}

#[test]
fn another_key_or_a_changed_seal_does_not_open() {
    let (mut random, pair, voucher) = minted();
    let mut induct = inducted(&mut random, &voucher, b"w");
    let cap = pair.write_cap.as_bytes();
    let other = SCHEME.secret_key(&[7; 32]);
    let wrong = open(&other, &induct.sealed_reply, cap);
    assert_eq!(code(wrong), SEAL_OPEN_FAILED);
    for unsealed in [&b""[..], b"short"] {
        let refused = open(&voucher.voucher_secret_key, unsealed, cap);
        assert_eq!(code(refused), SEAL_OPEN_FAILED);
    }
    for position in [20, induct.sealed_reply.len() - 1] {
        induct.sealed_reply[position] ^= 1;
        let damaged = open(&voucher.voucher_secret_key, &induct.sealed_reply, cap);
        assert_eq!(code(damaged), SEAL_OPEN_FAILED);
        induct.sealed_reply[position] ^= 1;
    }
    assert_eq!(code(open(&[1; 33], b"x", cap)), INVALID_REQUEST);
    assert_eq!(code(derive_stream(NOW, &[1; 31])), INVALID_REQUEST);
}
