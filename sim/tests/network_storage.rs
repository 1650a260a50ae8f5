//! Boxes: written, read, deleted, through couriers that remember.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod common;

use std::time::Duration;

use common::{later, World, NOW};
use kpclientd_sim::network::{BoxAnswer, Cap, Era, Fault, Network, NetworkConfig};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[test]
fn what_was_written_is_read_and_a_rewrite_is_refused() {
    let mut world = World::new();
    let first = world.first();
    assert_eq!(world.read(NOW, &first), Err(1));
    assert_eq!(world.write(NOW, &first, b"dawn"), 0);
    assert_eq!(world.read(NOW, &first).unwrap(), b"dawn");
    assert_eq!(world.write(NOW, &first, b"dawn"), 0, "an identical rewrite");
    assert_eq!(world.write(NOW, &first, b"noon"), 10);
    assert_eq!(world.read(NOW, &first).unwrap(), b"dawn");
    assert_eq!(world.read(NOW, &first.next()), Err(1));
}

#[test]
fn a_tombstone_deletes_for_good() {
    let mut world = World::new();
    let first = world.first();
    world.write(NOW, &first, b"dawn");
    assert_eq!(world.write(NOW, &first, b""), 0);
    assert_eq!(world.read(NOW, &first), Err(11));
    assert_eq!(world.write(NOW, &first, b""), 0);
    assert_eq!(world.write(NOW, &first, b"dawn"), 10);
}

#[test]
fn plaintexts_go_up_to_the_maximum_and_one_more_byte_is_refused() {
    let mut world = World::new();
    let first = world.first();
    let longest = vec![7; 1549];
    assert_eq!(world.write(NOW, &first, &longest), 0);
    assert_eq!(world.read(NOW, &first).unwrap(), longest);
    let too_long = vec![7; 1550];
    let (cap, index) = (world.pair.write_cap.as_bytes(), first.as_bytes());
    let refused = world.network.encrypt_write(NOW, cap, index, &too_long);
    assert_eq!(refused.err(), Some(3));
}

#[test]
fn each_envelope_is_another_one() {
    let mut world = World::new();
    let first = world.first();
    let (one, other) = (
        world.sealed_write(&first, b"x"),
        world.sealed_write(&first, b"x"),
    );
    assert!(one.hash != other.hash && one.ciphertext != other.ciphertext);
    assert!(one.descriptor != other.descriptor);
    assert!(one.next_index == other.next_index);
}

#[test]
fn a_run_can_be_repeated_from_its_seed() {
    let of = |seed| {
        let config = NetworkConfig {
            seed,
            epoch: 1,
            replica_epoch: 2,
            ..NetworkConfig::default()
        };
        let mut world = World::with(config);
        let first = world.first();
        let sealed = world.sealed_write(&first, b"x");
        (sealed.ciphertext, world.network.document(NOW, 0))
    };
    assert!(of(1) == of(1));
    assert!(of(1) != of(2));
}

#[test]
fn a_read_in_flight_misses_a_box_that_is_written_after_its_five_polls() {
    let mut world = World::new();
    let first = world.first();
    let read = world.sealed_read(&first);
    world.ack(NOW, &read).unwrap();
    for second in 1..=5 {
        assert_eq!(world.poll(later(second), &read, &first), Err(1));
    }
    world.write(later(60), &first, b"too late");
    for minute in 1..=14 {
        let now = later(60 + 60 * minute);
        assert_eq!(world.poll(now, &read, &first), Err(1), "minute {minute}");
    }
    assert_eq!(world.read(later(100), &first).unwrap(), b"too late");
}

#[test]
fn a_read_in_flight_sees_a_box_that_is_written_within_its_five_polls() {
    let mut world = World::new();
    let first = world.first();
    let read = world.sealed_read(&first);
    world.ack(NOW, &read).unwrap();
    for second in 1..=4 {
        assert_eq!(world.poll(later(second), &read, &first), Err(1));
    }
    world.write(later(5), &first, b"in time");
    assert_eq!(world.poll(later(6), &read, &first), Err(1), "known so far");
    assert_eq!(world.poll(later(7), &read, &first).unwrap(), b"in time");
    assert_eq!(world.poll(later(600), &read, &first).unwrap(), b"in time");
}

#[test]
fn the_stale_answer_goes_only_when_it_is_old_and_another_envelope_comes() {
    let mut world = World::new();
    let first = world.first();
    let read = world.sealed_read(&first);
    world.ack(NOW, &read).unwrap();
    for _ in 0..5 {
        assert_eq!(world.poll(NOW, &read, &first), Err(1));
    }
    world.write(later(300), &first, b"x");
    assert_eq!(world.poll(later(300), &read, &first), Err(1), "not old yet");
    assert_eq!(world.poll(later(400), &read, &first), Err(1), "old, alone");
    world.read(later(301), &first.next()).unwrap_err();
    assert!(world.result(later(302), &read) == BoxAnswer::Pending);
    assert_eq!(world.poll(later(303), &read, &first).unwrap(), b"x");
}

#[test]
fn a_courier_that_does_not_know_an_envelope_takes_it_first() {
    let mut world = World::new();
    let first = world.first();
    world.write(NOW, &first, b"x");
    let read = world.sealed_read(&first);
    world.ack(NOW, &read).unwrap();
    world.couriers.rotate_left(1);
    assert!(world.result(NOW, &read) == BoxAnswer::Pending);
    assert_eq!(world.poll(NOW, &read, &first).unwrap(), b"x");
}

#[test]
fn a_write_is_done_once_per_envelope_however_often_it_comes() {
    let mut world = World::new();
    let first = world.first();
    let write = world.sealed_write(&first, b"x");
    world.ack(NOW, &write).unwrap();
    assert_eq!(world.network.boxes(), 1);
    world.write(NOW, &first, b"");
    world.ack(NOW, &write).unwrap();
    assert_eq!(world.finish_write(NOW, &write), 0, "from the cache");
    world.couriers.rotate_left(1);
    assert_eq!(world.finish_write(NOW, &write), 10, "elsewhere it is late");
}

#[test]
fn before_v0_0_74_an_own_write_sent_again_to_another_courier_is_refused() {
    let mut world = World::with(NetworkConfig {
        identical_rewrite_is_error: true,
        ..NetworkConfig::default()
    });
    let first = world.first();
    let write = world.sealed_write(&first, b"x");
    assert_eq!(world.finish_write(NOW, &write), 0);
    world.couriers.rotate_left(1);
    assert_eq!(world.finish_write(NOW, &write), 10);
}

#[test]
fn an_answer_needs_its_own_descriptor_and_the_index_of_its_box() {
    let mut world = World::new();
    let first = world.first();
    world.write(NOW, &first, b"x");
    let read = world.sealed_read(&first);
    world.ack(NOW, &read).unwrap();
    let answer = world.result(NOW, &read);
    assert_eq!(world.open(&read, &first.next(), &answer), Err(23));
    let other = world.sealed_read(&first);
    assert_eq!(world.open(&other, &first, &answer), Err(22));
    let mut damaged = read.clone();
    damaged.descriptor.truncate(20);
    assert_eq!(world.open(&damaged, &first, &answer), Err(22));
    let cap = Cap::Read(world.pair.read_cap.as_bytes());
    let without = world
        .network
        .open_answer(cap, None, &read.descriptor, &answer);
    assert_eq!(without.err(), Some(4));
}

#[test]
fn a_tombstone_of_another_box_is_no_proof() {
    let mut world = World::new();
    let first = world.first();
    world.write(NOW, &first, b"");
    let read = world.sealed_read(&first);
    world.ack(NOW, &read).unwrap();
    let answer = world.result(NOW, &read);
    assert_eq!(world.open(&read, &first, &answer), Err(11));
    assert_eq!(world.open(&read, &first.next(), &answer), Err(25));
}

#[test]
fn damage_on_demand_gives_22_23_and_25() {
    let mut world = World::new();
    let first = world.first();
    world.write(NOW, &first, b"x");
    for (fault, code) in [
        (Fault::DamagedAnswer, 22),
        (Fault::DamagedBox, 23),
        (Fault::ForgedTombstone, 25),
    ] {
        world.network.fault(fault, 1);
        assert_eq!(world.read(NOW, &first), Err(code));
        assert_eq!(world.read(NOW, &first).unwrap(), b"x", "only once");
    }
}

#[test]
fn every_replica_code_can_be_had_and_a_refused_write_is_not_stored() {
    let mut world = World::new();
    let first = world.first();
    for code in (1..=11).filter(|code| *code != 11) {
        world.network.fault(Fault::ReplicaWrite(code), 1);
        assert_eq!(world.write(NOW, &first, b"x"), code);
    }
    assert_eq!(world.network.boxes(), 0);
    world.write(NOW, &first, b"x");
    for code in 2..=10 {
        world.network.fault(Fault::ReplicaRead(code), 1);
        assert_eq!(world.read(NOW, &first), Err(code));
    }
    world.network.set_storage_full(true);
    assert_eq!(world.write(NOW, &first.next(), b"y"), 6);
    world.network.clear_faults();
    assert_eq!(world.write(NOW, &first.next(), b"y"), 0);
}

#[test]
fn a_couriers_own_errors_come_as_31_12_13_and_32() {
    let mut world = World::new();
    let first = world.first();
    let expected = [(1, 31), (2, 12), (3, 13), (4, 32), (9, 31)];
    for (code, wanted) in expected {
        let read = world.sealed_read(&first);
        world.network.fault(Fault::CourierAck(code), 1);
        assert_eq!(world.ack(NOW, &read), Err(code));
        world.ack(NOW, &read).unwrap();
        world.network.fault(Fault::CourierResult(code), 1);
        assert_eq!(world.poll(NOW, &read, &first), Err(wanted));
    }
}

#[test]
fn envelopes_that_are_none_are_refused_by_the_courier() {
    let mut world = World::new();
    let first = world.first();
    let good = world.sealed_read(&first);
    let mut short = good.clone();
    short.ciphertext.pop();
    let mut of_another_kind = good.clone();
    of_another_kind.ciphertext[0] = 1;
    let mut to_nobody = good.clone();
    to_nobody.ciphertext[1] = 200;
    let mut misnamed = good.clone();
    misnamed.hash[0] ^= 1;
    for bad in [short, of_another_kind, to_nobody, misnamed] {
        assert_eq!(world.ack(NOW, &bad), Err(1));
    }
    assert_eq!(world.ack(NOW, &good), Ok(()));
}

#[test]
fn an_envelope_that_was_changed_is_an_internal_error_of_the_replica() {
    let mut world = World::new();
    let first = world.first();
    let mut read = world.sealed_read(&first);
    read.ciphertext[1500] ^= 1;
    read.hash = kpclient::bacap::blake2b_256(&read.ciphertext[1..]);
    world.ack(NOW, &read).unwrap();
    assert_eq!(world.poll(NOW, &read, &first), Err(7));
}

#[test]
fn an_envelope_is_good_for_about_a_week() {
    let mut world = World::new();
    let first = world.first();
    let read = world.sealed_read(&first);
    assert_eq!(world.ack(NOW + WEEK, &read), Ok(()));
    assert_eq!(world.poll(NOW + WEEK, &read, &first), Err(1));
    let read = world.sealed_read(&first);
    assert_eq!(world.ack(NOW + 2 * WEEK, &read), Err(4));
    assert_eq!(world.read(NOW, &first), Err(1));
}

#[test]
fn a_capability_with_a_foreign_public_half_writes_nothing() {
    let mut world = World::new();
    let first = world.first();
    let mut cap = *world.pair.write_cap.as_bytes();
    cap[0] ^= 1;
    let network = &mut world.network;
    let sealed = network.encrypt_write(NOW, &cap, first.as_bytes(), b"x");
    assert_eq!(world.finish_write(NOW, &sealed.unwrap()), 3);
    assert_eq!(world.network.boxes(), 0);
}

#[test]
fn a_key_that_is_no_point_of_the_curve_is_told_apart() {
    let mut world = World::new();
    let first = world.first();
    let mut read = *world.pair.read_cap.as_bytes();
    assert!(Network::is_usable(Cap::Read(&read)));
    assert!(Network::is_usable(Cap::Write(
        world.pair.write_cap.as_bytes()
    )));
    read[..32].fill(0);
    read[0] = 2;
    assert!(!Network::is_usable(Cap::Read(&read)));
    let refused = world.network.encrypt_read(NOW, &read, first.as_bytes());
    assert_eq!(refused.err(), Some(4));
}

#[test]
fn with_replication_lag_a_read_too_early_misses_the_box() {
    let mut world = World::with(NetworkConfig {
        replication_lag: Duration::from_secs(3),
        ..NetworkConfig::default()
    });
    let first = world.first();
    assert_eq!(world.write(NOW, &first, b"x"), 0);
    assert_eq!(world.read(later(2), &first), Err(1));
    assert_eq!(world.read(later(3), &first).unwrap(), b"x");
}

#[test]
fn a_network_without_replicas_seals_nothing_but_still_refuses_what_is_too_long() {
    let mut world = World::with(NetworkConfig {
        replicas: 0,
        ..NetworkConfig::new(Era::V0_0_73Rc1)
    });
    let first = world.first();
    let (write, read) = (world.pair.write_cap.clone(), world.pair.read_cap.clone());
    let network = &mut world.network;
    let mut code = |text: &[u8]| {
        let sealed = network.encrypt_write(NOW, write.as_bytes(), first.as_bytes(), text);
        sealed.err()
    };
    assert_eq!(code(b"hello"), Some(4));
    assert_eq!(code(b""), Some(4));
    assert_eq!(code(&[0; 1554]), Some(3));
    let sealed = network.encrypt_read(NOW, read.as_bytes(), first.as_bytes());
    assert_eq!(sealed.err(), Some(4));
}

#[test]
fn networks_of_any_size_keep_boxes() {
    for replicas in [1, 2, 3, 1000] {
        for max_plaintext in [10, 1677, 100_000] {
            let mut world = World::with(NetworkConfig {
                replicas,
                max_plaintext,
                ..NetworkConfig::default()
            });
            let first = world.first();
            let text = vec![3; max_plaintext];
            assert_eq!(world.write(NOW, &first, &text), 0);
            assert!(world.read(NOW, &first).unwrap() == text);
            assert_eq!(world.network.boxes(), 1);
            assert!(world.network.document(NOW, 0).is_some());
        }
    }
}

#[test]
fn boxes_in_a_file_outlive_the_network() {
    let name = format!("kpclientd-sim-boxes-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    let fresh = || {
        let mut world = World::new();
        world.network.keep_boxes_in(&path).unwrap();
        world
    };
    let mut world = fresh();
    let first = world.first();
    let second = first.next();
    assert_eq!(world.write(NOW, &first, b"dawn"), 0);
    assert_eq!(world.write(NOW, &second, b"noon"), 0);
    assert_eq!(world.write(NOW, &second, b""), 0);
    // No farewell: whatever was confirmed is in the file.
    std::mem::forget(world);

    let mut world = fresh();
    assert_eq!(world.network.boxes(), 2);
    assert_eq!(world.read(NOW, &first).unwrap(), b"dawn");
    assert_eq!(world.read(NOW, &second), Err(11));
    assert_eq!(world.write(NOW, &first, b"dusk"), 10, "it is still there");

    let mut other = World::with(NetworkConfig {
        seed: 1,
        ..NetworkConfig::default()
    });
    other.network.keep_boxes_in(&path).unwrap();
    assert_eq!(other.read(NOW, &first).unwrap(), b"dawn", "spread anew");
    std::fs::remove_file(&path).unwrap();

    assert!(world.network.keep_boxes_in("/".as_ref()).is_err());
}
