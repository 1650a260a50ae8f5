//! Replicas: what they keep, refuse, show and lose.

use super::super::types::Fault;
use super::*;
use kpclient::bacap::{keypair, Keypair};

const NOW: Duration = Duration::from_secs(10);

fn setup() -> (Replicas, Faults, Keypair) {
    let replicas = Replicas::new(&NetworkConfig::default());
    (replicas, Faults::default(), keypair(&[4; 32]))
}

fn sealed(pair: &Keypair, text: &[u8]) -> SignedBox {
    SignedBox::seal(&pair.write_cap, &pair.first_index, text).unwrap()
}

#[test]
fn an_identical_rewrite_is_fine_and_another_is_refused() {
    let (mut replicas, mut faults, pair) = setup();
    let mut write = |text: &[u8]| replicas.write(NOW, sealed(&pair, text), &mut faults).code;
    assert_eq!(write(b"dawn"), code::OK);
    assert_eq!(write(b"dawn"), code::OK);
    assert_eq!(write(b"noon"), code::EXISTS);
}

#[test]
fn where_writes_replace_each_other_a_box_holds_the_last() {
    let (mut replicas, mut faults, pair) = setup();
    replicas.overwrites = true;
    let mut write = |text: &[u8]| replicas.write(NOW, sealed(&pair, text), &mut faults).code;
    for text in [&b"dawn"[..], b"noon", b"noon", b"dusk"] {
        assert_eq!(write(text), code::OK);
    }
    let dusk = sealed(&pair, b"dusk");
    let answer = replicas.read(NOW, &dusk.id, &mut faults);
    assert!(answer.found == Some(dusk));
    assert_eq!(replicas.boxes(), 1);
}

#[test]
fn where_identical_rewrites_are_errors_a_repeated_tombstone_is_none() {
    let (mut replicas, mut faults, pair) = setup();
    replicas.identical_rewrite_is_error = true;
    let mut write = |text: &[u8]| replicas.write(NOW, sealed(&pair, text), &mut faults).code;
    assert_eq!(write(b"dawn"), code::OK);
    assert_eq!(write(b"dawn"), code::EXISTS);
    assert_eq!(write(b""), code::OK);
    assert_eq!(write(b""), code::OK);
}

#[test]
fn a_tombstone_overwrites_anything_may_be_repeated_and_cannot_be_overwritten() {
    let (mut replicas, mut faults, pair) = setup();
    let mut write = |text: &[u8]| replicas.write(NOW, sealed(&pair, text), &mut faults).code;
    assert_eq!(write(b"dawn"), code::OK);
    assert_eq!(write(b""), code::OK);
    assert_eq!(write(b""), code::OK);
    assert_eq!(write(b"dawn"), code::EXISTS);
    let id = sealed(&pair, b"").id;
    let answer = replicas.read(NOW, &id, &mut faults);
    assert_eq!(answer.code, code::TOMBSTONE);
    assert!(answer.found.unwrap().verify());
}

#[test]
fn a_missing_box_is_not_found_and_a_box_lies_on_exactly_two_replicas() {
    let (mut replicas, mut faults, pair) = setup();
    let what = sealed(&pair, b"x");
    let id = what.id;
    assert_eq!(replicas.read(NOW, &id, &mut faults).code, code::NOT_FOUND);
    replicas.write(NOW, what.clone(), &mut faults);
    assert_eq!(replicas.boxes(), 1);
    let holders = replicas.stores.iter().filter(|s| s.contains_key(&id));
    assert_eq!(holders.count(), 2);
    let answer = replicas.read(NOW, &id, &mut faults);
    assert!(answer.code == code::OK && answer.found == Some(what));
}

#[test]
fn lost_boxes_are_gone_and_may_be_written_again() {
    let (mut replicas, mut faults, pair) = setup();
    let mut indices = vec![pair.first_index.clone()];
    for number in 0..3 {
        indices.push(indices[number].next());
    }
    let at = |number: usize, text: &[u8]| {
        SignedBox::seal(&pair.write_cap, &indices[number], text).unwrap()
    };
    for number in 0..4 {
        replicas.write(NOW, at(number, b"dawn"), &mut faults);
    }
    assert_eq!((replicas.lose(1, 2), replicas.boxes()), (2, 2));
    assert_eq!(replicas.lose(1, 2), 0, "they are gone");
    let mut found = Vec::new();
    for number in 0..4 {
        let answer = replicas.read(NOW, &at(number, b"").id, &mut faults);
        found.push(answer.code == code::OK);
    }
    assert_eq!(found, [true, false, false, true]);
    let again = replicas.write(NOW, at(1, b"noon"), &mut faults);
    assert_eq!(again.code, code::OK);
    assert_eq!(replicas.lose(4, 9), 1, "it came as the fifth");
}

#[test]
fn a_wrong_signature_and_a_name_that_is_no_key_are_refused() {
    let (mut replicas, mut faults, pair) = setup();
    let mut forged = sealed(&pair, b"x");
    forged.signature[40] ^= 1;
    let answer = replicas.write(NOW, forged.clone(), &mut faults);
    assert_eq!(answer.code, code::INVALID_SIGNATURE);
    forged.id = [0; 32];
    forged.id[0] = 2;
    let answer = replicas.write(NOW, forged, &mut faults);
    assert_eq!(answer.code, code::INVALID_BOX_ID);
    assert_eq!(replicas.boxes(), 0);
}

#[test]
fn a_full_storage_refuses_until_there_is_room() {
    let (mut replicas, mut faults, pair) = setup();
    replicas.set_full(true);
    let what = sealed(&pair, b"x");
    let answer = replicas.write(NOW, what.clone(), &mut faults);
    assert_eq!(answer.code, code::STORAGE_FULL);
    replicas.set_full(false);
    assert_eq!(replicas.write(NOW, what, &mut faults).code, code::OK);
}

#[test]
fn any_code_can_be_had_on_demand_and_nothing_is_stored() {
    let (mut replicas, mut faults, pair) = setup();
    for wanted in 1..=11 {
        faults.add(Fault::ReplicaWrite(wanted), 1);
        let answer = replicas.write(NOW, sealed(&pair, b"x"), &mut faults);
        assert_eq!(answer.code, wanted);
        faults.add(Fault::ReplicaRead(wanted), 1);
        let id = sealed(&pair, b"x").id;
        assert_eq!(replicas.read(NOW, &id, &mut faults).code, wanted);
    }
    assert_eq!(replicas.boxes(), 0);
}

#[test]
fn readers_see_a_write_only_after_the_lag_and_the_old_content_until_then() {
    let (mut replicas, mut faults, pair) = setup();
    replicas.lag = Duration::from_secs(3);
    let what = sealed(&pair, b"x");
    let id = what.id;
    let at = |seconds| Duration::from_secs(seconds);
    replicas.write(at(10), what, &mut faults);
    assert_eq!(
        replicas.read(at(12), &id, &mut faults).code,
        code::NOT_FOUND
    );
    assert_eq!(replicas.read(at(13), &id, &mut faults).code, code::OK);
    replicas.write(at(20), sealed(&pair, b""), &mut faults);
    assert_eq!(replicas.read(at(22), &id, &mut faults).code, code::OK);
    assert_eq!(
        replicas.read(at(23), &id, &mut faults).code,
        code::TOMBSTONE
    );
}

#[test]
fn envelopes_go_through_replicas_that_do_not_keep_the_box() {
    let (replicas, _, pair) = setup();
    let id = sealed(&pair, b"x").id;
    let shards = replicas.shards(&id);
    let mut random = Random::new(1, "t");
    for _ in 0..50 {
        let [one, other] = replicas.intermediates(&mut random, &id, 494).unwrap();
        assert!(one.number != other.number);
        assert!(!shards.contains(&one.number) && !shards.contains(&other.number));
        let [one, other] = replicas
            .one_shard_and_another(&mut random, &id, 494)
            .unwrap();
        assert!(one.number < other.number);
        assert!(shards.contains(&one.number) || shards.contains(&other.number));
    }
}
