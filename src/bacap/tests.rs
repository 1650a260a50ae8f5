//! Against the recorded vectors and every index and capability in the transcripts.

use std::collections::HashMap;

use super::*;
use crate::golden;

fn array<const N: usize>(hex: &serde_json::Value) -> [u8; N] {
    golden::hex(hex.as_str().unwrap()).try_into().unwrap()
}

fn sample() -> Keypair {
    keypair(&[7; 32])
}

#[test]
fn the_vectors_of_both_derivations_are_reproduced() {
    vectors_are_reproduced("bacap_vectors.jsonl", Derivation::BeforeHpqc101);
    vectors_are_reproduced(
        "bacap_vectors_since_hpqc_101.jsonl",
        Derivation::SinceHpqc101,
    );
}

fn vectors_are_reproduced(file: &str, derivation: Derivation) {
    let vectors = golden::lines(&golden::path(file));
    assert_eq!(vectors.len(), 8);
    for vector in vectors {
        let made = keypair_by(derivation, &array(&vector["seed"]));
        assert_eq!(*made.write_cap.as_bytes(), array(&vector["write_cap"]));
        assert_eq!(*made.read_cap.as_bytes(), array(&vector["read_cap"]));
        assert_eq!(*made.first_index.as_bytes(), array(&vector["first_index"]));
        let counter = |value: &serde_json::Value| value.as_str().unwrap().parse::<u64>().unwrap();
        assert_eq!(
            made.first_index.counter(),
            counter(&vector["first_counter"])
        );

        // The newer vectors have no box ids, which did not change.
        if let Some(context) = vector["context"].as_str().map(golden::hex) {
            let id = made
                .first_index
                .box_id(&made.read_cap.public_key(), &context);
            assert_eq!(id.unwrap(), array(&vector["first_box_id_for_context"]));
        }

        let mut index = made.first_index;
        for next in vector["next"].as_array().unwrap() {
            index = index.next();
            assert_eq!(*index.as_bytes(), array(&next["index"]));
            assert_eq!(index.counter(), counter(&next["counter"]));
        }
    }
}

#[test]
fn every_index_pair_of_the_transcripts_is_reproduced() {
    let mut pairs = 0;
    for transcript in golden::ERAS.iter().flat_map(|era| golden::transcripts(era)) {
        let mut asked: HashMap<Vec<u8>, BoxIndex> = HashMap::new();
        for frame in &transcript {
            let Some((_, fields)) = golden::message(frame) else {
                continue;
            };
            let index = |name| {
                let bytes = golden::bytes(&fields, name).filter(|bytes| !bytes.is_empty())?;
                Some(BoxIndex::from_bytes(&bytes).unwrap())
            };
            let query = golden::bytes(&fields, "query_id").unwrap_or_default();
            if frame.from_client {
                if let Some(index) = index("message_box_index") {
                    asked.insert(query, index);
                }
                continue;
            }
            // The older protocol names both indices in the reply.
            let current = index("current_message_index").or_else(|| asked.remove(&query));
            let next = index("next_message_box_index").or_else(|| index("next_message_index"));
            if let (Some(current), Some(next)) = (current, next) {
                assert_eq!(current.next(), next);
                assert_eq!(current.counter().wrapping_add(1), next.counter());
                pairs += 1;
            }
        }
    }
    assert!(pairs >= 42, "only {pairs} pairs were found");
}

#[test]
fn the_next_index_after_a_copy_is_some_steps_from_its_start() {
    let mut compared = 0;
    for transcript in golden::transcripts("v0.0.99") {
        let mut starts: HashMap<Vec<u8>, BoxIndex> = HashMap::new();
        for frame in &transcript {
            let Some((_, fields)) = golden::message(frame) else {
                continue;
            };
            let query = golden::bytes(&fields, "query_id").unwrap_or_default();
            let index = |name| {
                let bytes = golden::bytes(&fields, name)?;
                Some(BoxIndex::from_bytes(&bytes).unwrap())
            };
            if let Some(start) = index("dest_start_index") {
                starts.insert(query, start);
            } else if let Some(next) = index("next_dest_index") {
                let mut steps = std::iter::successors(starts.remove(&query), |i| Some(i.next()));
                assert!(steps.by_ref().take(64).any(|reached| reached == next));
                compared += 1;
            }
        }
    }
    assert!(compared > 0);
}

#[test]
fn every_capability_of_the_transcripts_is_accepted_and_consistent() {
    let mut write_caps = 0;
    let mut read_caps = 0;
    for transcript in golden::ERAS.iter().flat_map(|era| golden::transcripts(era)) {
        for frame in transcript.iter().filter(|frame| !frame.from_client) {
            let Some((_, fields)) = golden::message(frame) else {
                continue;
            };
            let cap = |name| golden::bytes(&fields, name).filter(|bytes| !bytes.is_empty());
            let read_cap = cap("read_cap").map(|bytes| ReadCap::from_bytes(&bytes).unwrap());
            read_caps += usize::from(read_cap.is_some());
            let Some(write_cap) = cap("write_cap") else {
                continue;
            };
            let write_cap = WriteCap::from_bytes(&write_cap).unwrap();
            write_caps += 1;
            if let Some(read_cap) = read_cap {
                assert_eq!(write_cap.read_cap(), read_cap);
                assert_eq!(write_cap.first_index(), read_cap.first_index());
                assert_eq!(write_cap.public_key(), read_cap.public_key());
            }
            if let Some(first) = cap("first_message_index") {
                assert_eq!(write_cap.first_index().as_bytes().as_slice(), first);
            }
        }
    }
    assert!(write_caps > 10, "{write_caps}");
    assert!(read_caps > 10, "{read_caps}");
}

#[test]
fn every_seed_of_the_transcripts_gives_the_daemons_keypair_by_one_derivation_a_daemon() {
    let mut keypairs = [0; 2];
    for transcript in golden::ERAS.iter().flat_map(|era| golden::transcripts(era)) {
        let mut made_by = [0; 2];
        let mut seeds: HashMap<Vec<u8>, [u8; 32]> = HashMap::new();
        for frame in &transcript {
            let Some((_, fields)) = golden::message(frame) else {
                continue;
            };
            let query = golden::bytes(&fields, "query_id").unwrap_or_default();
            if let Some(Ok(seed)) = golden::bytes(&fields, "seed").map(TryInto::try_into) {
                seeds.insert(query, seed);
            } else if let (Some(seed), Some(cap)) =
                (seeds.get(&query), golden::bytes(&fields, "write_cap"))
            {
                let made =
                    |derivation| keypair_by(derivation, seed).write_cap.as_bytes()[..] == cap;
                let since = made(Derivation::SinceHpqc101);
                assert!(since || made(Derivation::BeforeHpqc101));
                made_by[usize::from(since)] += 1;
            }
        }
        assert!(made_by.contains(&0), "{made_by:?}");
        keypairs = [keypairs[0] + made_by[0], keypairs[1] + made_by[1]];
    }
    assert!(keypairs[0] > 5 && keypairs[1] > 0, "{keypairs:?}");
}

#[test]
fn the_hash_of_a_write_cap_is_what_a_copy_is_cancelled_by() {
    let mut compared = 0;
    for transcript in golden::transcripts("v0.0.99") {
        let mut last = None;
        for frame in transcript.iter().filter(|frame| frame.from_client) {
            match golden::message(frame) {
                Some((kind, fields)) if kind == "start_resending_copy_command" => {
                    last = golden::bytes(&fields, "write_cap");
                }
                Some((kind, fields)) if kind == "cancel_resending_copy_command" => {
                    let cap = WriteCap::from_bytes(&last.take().unwrap()).unwrap();
                    let hash = golden::bytes(&fields, "write_cap_hash").unwrap();
                    assert_eq!(cap.hash().as_slice(), hash);
                    compared += 1;
                }
                _ => {}
            }
        }
    }
    assert!(compared > 0);
}

#[test]
fn wrong_lengths_are_refused() {
    let made = sample();
    for length in [0, 1, 103, 105, 135, 137, 167, 169, 4096] {
        let bytes = vec![0; length];
        for refused in [
            WriteCap::from_bytes(&bytes).err(),
            ReadCap::from_bytes(&bytes).err(),
            BoxIndex::from_bytes(&bytes).err(),
        ] {
            let error = refused.unwrap();
            assert_eq!(error.status(), Status::ARG_SIZE);
            assert!(error.message().contains(&format!("not {length}")));
        }
    }
    assert!(BoxIndex::from_bytes(made.first_index.as_bytes()).is_ok());
}

#[test]
fn a_read_cap_whose_key_is_no_point_is_refused() {
    let mut bytes = *sample().read_cap.as_bytes();
    bytes[..32].fill(0);
    bytes[0] = 2; // y = 2 is on no point of the curve
    let error = ReadCap::from_bytes(&bytes).unwrap_err();
    assert_eq!(error.status(), Status::INVALID_CAPABILITY);
    assert!(error.message().contains("not a point"));
}

#[test]
fn a_read_cap_whose_key_has_small_order_is_refused() {
    for torsion in curve25519_dalek::constants::EIGHT_TORSION {
        let mut bytes = *sample().read_cap.as_bytes();
        bytes[..32].copy_from_slice(torsion.compress().as_bytes());
        let error = ReadCap::from_bytes(&bytes).unwrap_err();
        assert_eq!(error.status(), Status::INVALID_CAPABILITY);
        assert!(error.message().contains("small order"));
        let key = torsion.compress().to_bytes();
        let refused = sample().first_index.box_id(&key, CONTEXT);
        assert_eq!(refused.unwrap_err().status(), Status::INVALID_CAPABILITY);
    }
}

#[test]
fn a_write_cap_with_one_flipped_bit_in_either_half_of_its_key_is_refused() {
    let bytes = *sample().write_cap.as_bytes();
    assert!(WriteCap::from_bytes(&bytes).is_ok());
    for position in [0, 31, 32, 63] {
        let mut changed = bytes;
        changed[position] ^= 1;
        let error = WriteCap::from_bytes(&changed).unwrap_err();
        assert_eq!(error.status(), Status::INVALID_CAPABILITY);
    }
}

#[test]
fn the_counter_wraps_around() {
    let mut bytes = *sample().first_index.as_bytes();
    bytes[..8].fill(0xff);
    let last = BoxIndex::from_array(bytes);
    assert_eq!(last.counter(), u64::MAX);
    assert_eq!(last.next().counter(), 0);
}

#[test]
fn equality_looks_at_every_byte() {
    let index = sample().first_index;
    assert_eq!(index, index.clone());
    for position in 0..BOX_INDEX_SIZE {
        let mut bytes = *index.as_bytes();
        bytes[position] ^= 0x80;
        assert_ne!(index, BoxIndex::from_array(bytes));
    }
}

#[test]
fn debug_output_holds_no_content() {
    let text = format!("{:?}", sample());
    assert_eq!(
        text,
        "Keypair { write_cap: WriteCap(..), read_cap: ReadCap(..), first_index: BoxIndex(..) }"
    );
}

#[test]
fn an_index_may_belong_to_what_it_is_of_before_and_after_the_first_near_and_far() {
    for derivation in [Derivation::BeforeHpqc101, Derivation::SinceHpqc101] {
        let first = keypair_by(derivation, &[1; 32]).first_index;
        let mut index = first.clone();
        for _ in 0..NEAR + 5 {
            assert!(index.may_belong_to(&first, true) && first.may_belong_to(&index, true));
            index = index.next();
        }
        let mut damaged = *first.next().as_bytes();
        damaged[100] ^= 1;
        let damaged = BoxIndex::from_array(damaged);
        assert!(!damaged.may_belong_to(&first, true));
        assert!(
            damaged.may_belong_to(&first, false),
            "where steps are not known"
        );
    }
}

#[test]
fn an_index_of_another_stream_does_not_belong() {
    let first = keypair(&[1; 32]).first_index;
    for number in 2..100 {
        let other = keypair(&[number; 32]).first_index;
        assert!(!other.may_belong_to(&first, true) && !other.may_belong_to(&first, false));
    }
}
