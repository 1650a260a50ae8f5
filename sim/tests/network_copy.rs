//! Copy streams: made, written, performed by couriers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod common;

use std::time::Duration;

use common::{later, World, NOW};
use kpclient::bacap::{keypair, BoxIndex, Keypair};
use kpclientd_sim::network::{CopyState, CourierEnvelopes, Destination, Era, Fault, NetworkConfig};

/// What a box of a copied payload holds, with CTIDH1024-X25519.
const CHUNK: usize = 1549 - 4;
/// What an element of a copy stream holds.
const ELEMENT: usize = 1549 - 5;

/// Writes elements to a temporary stream.
fn write_stream(world: &mut World, temporary: &Keypair, elements: &[Vec<u8>]) -> BoxIndex {
    let mut index = temporary.first_index.clone();
    for element in elements {
        let (cap, at) = (temporary.write_cap.as_bytes(), index.as_bytes());
        let sealed = world.network.encrypt_write(NOW, cap, at, element).unwrap();
        world.ack(NOW, &sealed).unwrap();
        index = BoxIndex::from_array(sealed.next_index);
    }
    index
}

fn run(world: &mut World, now: Duration, courier: usize, temporary: &Keypair) -> CopyState {
    let (network, courier) = (&mut world.network, world.couriers[courier]);
    network.copy_start(now, &courier, temporary.write_cap.as_bytes());
    network.copy_poll(now, &courier, &temporary.write_cap.hash())
}

fn poll(world: &mut World, now: Duration, temporary: &Keypair) -> CopyState {
    let courier = world.couriers[0];
    let hash = temporary.write_cap.hash();
    world.network.copy_poll(now, &courier, &hash)
}

fn failed(replica_error: Option<u8>, failed_envelope: u64) -> CopyState {
    CopyState::Failed {
        replica_error,
        failed_envelope,
    }
}

fn to<'a>(pair: &'a Keypair, payload: &'a [u8]) -> Destination<'a> {
    Destination {
        payload,
        write_cap: pair.write_cap.as_bytes(),
        start_index: pair.first_index.as_bytes(),
    }
}

/// The elements that write a payload to the world's own channel.
fn payload_stream(world: &mut World, payload: &[u8]) -> CourierEnvelopes {
    let pair = world.pair.clone();
    let network = &mut world.network;
    let made = network.courier_envelopes_from_payload(NOW, to(&pair, payload), true, true);
    made.unwrap()
}

fn temporary() -> Keypair {
    keypair(&[77; 32])
}

#[test]
fn a_payload_arrives_box_by_box() {
    let mut world = World::new();
    let payload: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
    let made = payload_stream(&mut world, &payload);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.envelopes);
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::Done);
    let mut index = world.first();
    let mut read = Vec::new();
    for length in [CHUNK, CHUNK, CHUNK, 5000 - 3 * CHUNK] {
        let part = world.read(NOW, &index).unwrap();
        assert_eq!(part.len(), length);
        read.extend(part);
        index = index.next();
    }
    assert!(read == payload && made.next_indices == [*index.as_bytes()]);
}

#[test]
fn the_temporary_stream_stays_readable_and_all_couriers_execute_it_again() {
    let mut world = World::new();
    let made = payload_stream(&mut world, b"x");
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.envelopes);
    for courier in 0..3 {
        let state = run(&mut world, later(175), courier, &temporary);
        assert_eq!(state, CopyState::Done);
    }
    let original = world.pair.clone();
    world.pair = temporary.clone();
    let element = world.read(later(176), &temporary.first_index).unwrap();
    assert!(element == made.envelopes[0]);
    world.pair = original;
}

#[test]
fn another_courier_knows_nothing_of_a_copy() {
    let mut world = World::new();
    let made = payload_stream(&mut world, b"x");
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.envelopes);
    run(&mut world, NOW, 1, &temporary);
    assert_eq!(poll(&mut world, NOW, &temporary), CopyState::Unknown);
}

#[test]
fn the_first_envelope_that_fails_stops_the_copy_and_earlier_ones_stay() {
    let mut world = World::new();
    let made = payload_stream(&mut world, &[9; 3 * CHUNK]);
    let first = world.first();
    let third = first.next().next();
    assert_eq!(world.write(NOW, &third, b"already here"), 0);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.envelopes);
    assert_eq!(run(&mut world, NOW, 0, &temporary), failed(Some(10), 3));
    assert_eq!(world.read(NOW, &first).unwrap(), vec![9; CHUNK]);
    assert_eq!(world.read(NOW, &first.next()).unwrap(), vec![9; CHUNK]);
    assert_eq!(world.read(NOW, &third).unwrap(), b"already here");
}

#[test]
fn two_channels_are_written_by_one_stream_made_in_two_calls() {
    let mut world = World::new();
    let (one, two) = (keypair(&[1; 32]), keypair(&[2; 32]));
    let network = &mut world.network;
    let made =
        network.courier_envelopes_from_multi_payload(NOW, &[to(&one, b"to one")], &[], true, false);
    let made = made.unwrap();
    let buffer = made.buffer.unwrap();
    let mut elements = made.envelopes;
    let made = network.courier_envelopes_from_multi_payload(
        NOW,
        &[to(&two, b"to two")],
        &buffer,
        false,
        true,
    );
    elements.extend(made.unwrap().envelopes);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &elements);
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::Done);
    for (pair, text) in [(one, &b"to one"[..]), (two, b"to two")] {
        world.pair = pair;
        let first = world.first();
        assert_eq!(world.read(NOW, &first).unwrap(), text);
    }
}

#[test]
fn a_stream_made_in_pieces_without_a_buffer_is_performed_too() {
    let mut world = World::new();
    let pair = world.pair.clone();
    let network = &mut world.network;
    let made = network.courier_envelopes_from_payload(NOW, to(&pair, b"one"), true, false);
    let made = made.unwrap();
    let mut elements = made.envelopes;
    let rest = Destination {
        payload: b"two",
        write_cap: pair.write_cap.as_bytes(),
        start_index: &made.next_indices[0],
    };
    let made = network.courier_envelopes_from_payload(NOW, rest, false, true);
    elements.extend(made.unwrap().envelopes);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &elements);
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::Done);
    let first = world.first();
    assert_eq!(world.read(NOW, &first).unwrap(), b"one");
    assert_eq!(world.read(NOW, &first.next()).unwrap(), b"two");
}

#[test]
fn a_range_of_boxes_is_tombstoned() {
    let mut world = World::new();
    let first = world.first();
    world.write(NOW, &first, b"one");
    world.write(NOW, &first.next(), b"two");
    let pair = world.pair.clone();
    let network = &mut world.network;
    let made =
        network.courier_envelopes_from_tombstone_range(NOW, to(&pair, b""), 2, &[], true, true);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.unwrap().envelopes);
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::Done);
    assert_eq!(world.read(NOW, &first), Err(11));
    assert_eq!(world.read(NOW, &first.next()), Err(11));
    assert_eq!(world.read(NOW, &first.next().next()), Err(1));
}

#[test]
fn a_stream_that_was_never_written_fails_after_131_seconds() {
    let mut world = World::new();
    let temporary = temporary();
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::InProgress);
    let state = poll(&mut world, later(130), &temporary);
    assert_eq!(state, CopyState::InProgress);
    let state = poll(&mut world, later(131), &temporary);
    assert_eq!(state, failed(Some(1), 1));
}

#[test]
fn a_stream_without_its_end_is_performed_as_far_as_it_goes_and_waited_for() {
    let mut world = World::new();
    let made = payload_stream(&mut world, &[9; 3 * CHUNK]);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.envelopes[..3]);
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::InProgress);
    let first = world.first();
    assert!(world.read(NOW, &first).is_ok());
    let state = poll(&mut world, later(131), &temporary);
    assert_eq!(state, failed(Some(1), 3));
}

#[test]
fn an_element_that_comes_late_is_still_performed() {
    let mut world = World::new();
    let made = payload_stream(&mut world, b"x");
    let temporary = temporary();
    let index = write_stream(&mut world, &temporary, &made.envelopes[..1]);
    assert_eq!(run(&mut world, NOW, 0, &temporary), CopyState::InProgress);
    let (cap, last) = (temporary.write_cap.as_bytes(), &made.envelopes[1]);
    let network = &mut world.network;
    let sealed = network.encrypt_write(NOW, cap, index.as_bytes(), last);
    world.ack(later(100), &sealed.unwrap()).unwrap();
    let state = poll(&mut world, later(101), &temporary);
    assert_eq!(state, CopyState::Done);
}

#[test]
fn an_outcome_is_remembered_for_half_an_hour() {
    let mut world = World::new();
    let temporary = temporary();
    run(&mut world, NOW, 0, &temporary);
    let state = poll(&mut world, later(200), &temporary);
    assert_eq!(state, failed(Some(1), 1));
    let made = payload_stream(&mut world, b"x");
    write_stream(&mut world, &temporary, &made.envelopes);
    let remembered = run(&mut world, later(200 + 1800), 0, &temporary);
    assert_eq!(remembered, failed(Some(1), 1));
    let state = run(&mut world, later(200 + 1801), 0, &temporary);
    assert_eq!(state, CopyState::Done);
}

#[test]
fn elements_that_hold_no_envelope_fail_without_a_replica_code() {
    let mut world = World::new();
    let garbage: [&[u8]; 6] = [
        b"\x03\0\0\0\x09\0\0\0\x05hello", // the recorded one
        b"\x03\0\0\0\x02\0\0",
        b"\x02\0\0\0\0",
        b"\x03\0\0\0\x09",
        b"\x07\0\0\0\0",
        b"x",
    ];
    for (number, element) in (0..).zip(garbage) {
        let temporary = keypair(&[100 + number; 32]);
        write_stream(&mut world, &temporary, &[element.to_vec()]);
        let state = run(&mut world, NOW, 0, &temporary);
        assert_eq!(state, failed(None, 1), "{element:x?}");
    }
}

#[test]
fn a_tombstone_in_the_temporary_stream_fails_with_11() {
    let mut world = World::new();
    let temporary = temporary();
    write_stream(&mut world, &temporary, &[Vec::new()]);
    assert_eq!(run(&mut world, NOW, 0, &temporary), failed(Some(11), 1));
}

#[test]
fn a_read_has_no_place_in_a_copy_stream() {
    let mut world = World::new();
    let first = world.first();
    let read = world.sealed_read(&first).ciphertext.split_off(1);
    let data = [&1999_u32.to_be_bytes()[..], &read].concat();
    let element = |flags: u8, data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&[flags][..], &length, data].concat()
    };
    let elements = [element(1, &data[..ELEMENT]), element(2, &data[ELEMENT..])];
    let temporary = temporary();
    write_stream(&mut world, &temporary, &elements);
    assert_eq!(run(&mut world, NOW, 0, &temporary), failed(None, 1));
}

#[test]
fn a_copy_fails_on_demand() {
    let mut world = World::new();
    let made = payload_stream(&mut world, &[9; 2 * CHUNK]);
    let temporary = temporary();
    write_stream(&mut world, &temporary, &made.envelopes);
    world.network.fault(Fault::Copy(4), 1);
    assert_eq!(run(&mut world, NOW, 0, &temporary), failed(Some(4), 1));
    world.network.fault(Fault::ReplicaWrite(6), 1);
    assert_eq!(run(&mut world, NOW, 1, &temporary), failed(Some(6), 1));
    assert_eq!(run(&mut world, NOW, 2, &temporary), CopyState::Done);
}

#[test]
fn an_empty_payload_gives_no_element_and_one_too_long_is_refused() {
    let mut world = World::new();
    let pair = world.pair.clone();
    let made = payload_stream(&mut world, b"");
    assert!(made.envelopes.is_empty() && made.buffer.is_none());
    assert!(made.next_indices == [*pair.first_index.as_bytes()]);
    let long = vec![0; (10 << 20) + 1];
    let network = &mut world.network;
    let made = network.courier_envelopes_from_payload(NOW, to(&pair, &long), true, true);
    assert_eq!(made.err(), Some(3));
    let both = [to(&pair, b"x"), to(&pair, &long)];
    let made = network.courier_envelopes_from_multi_payload(NOW, &both, &[], true, true);
    assert_eq!(made.err(), Some(3));
}

#[test]
fn no_destination_is_refused_and_a_made_up_buffer_is_not() {
    let mut world = World::new();
    let pair = world.pair.clone();
    let network = &mut world.network;
    let made = network.courier_envelopes_from_multi_payload(NOW, &[], &[], true, true);
    assert_eq!(made.err(), Some(3));
    let destination = [to(&pair, b"")];
    let made =
        network.courier_envelopes_from_multi_payload(NOW, &destination, b"made up", true, true);
    let made = made.unwrap();
    assert_eq!(made.envelopes, [b"\x03\0\0\0\x07made up"]);
}

#[test]
fn an_empty_range_drops_the_buffer_and_gives_the_start_back() {
    let mut world = World::new();
    let pair = world.pair.clone();
    let network = &mut world.network;
    let mut range = |count, buffer: &[u8], last| {
        let to = to(&pair, b"");
        network.courier_envelopes_from_tombstone_range(NOW, to, count, buffer, false, last)
    };
    for last in [false, true] {
        let made = range(0, b"kept?", last).unwrap();
        assert!(made.envelopes.is_empty() && made.buffer.is_none());
        assert!(made.next_indices == [*pair.first_index.as_bytes()]);
    }
    assert_eq!(
        range(1, &[], false).unwrap().buffer.unwrap().len(),
        2003 - ELEMENT
    );
    assert!(range(1, &[], true).unwrap().buffer.is_none());
    assert_eq!(range(u32::MAX, &[], true).err(), Some(4));
}

#[test]
fn without_replicas_no_stream_can_be_made() {
    let mut world = World::with(NetworkConfig {
        replicas: 0,
        ..NetworkConfig::new(Era::V0_0_73Rc1)
    });
    let pair = world.pair.clone();
    let network = &mut world.network;
    let made = network.courier_envelopes_from_payload(NOW, to(&pair, b"x"), true, true);
    assert_eq!(made.err(), Some(4));
}
