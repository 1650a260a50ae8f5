//! The one round trip of the oldest era.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod common;

use common::{World, NOW};
use kpclientd_sim::network::{Era, LegacyAnswer, NetworkConfig, SealedEnvelope};

fn world() -> World {
    World::with(NetworkConfig::new(Era::V0_0_72))
}

fn query(world: &mut World, sealed: &SealedEnvelope, index: Option<u8>) -> LegacyAnswer {
    let courier = world.couriers[0];
    world
        .network
        .legacy_query(NOW, &courier, &sealed.ciphertext, index)
}

#[test]
fn a_write_never_gets_more_than_that_it_was_taken() {
    let mut world = world();
    let first = world.first();
    let write = world.sealed_write(&first, b"hello bob");
    assert!(query(&mut world, &write, None) == LegacyAnswer::Taken);
    assert!(query(&mut world, &write, None) == LegacyAnswer::Taken);
    assert_eq!(world.network.boxes(), 1);
}

#[test]
fn a_read_is_taken_first_and_answered_when_it_comes_again() {
    let mut world = world();
    let first = world.first();
    let write = world.sealed_write(&first, b"hello bob");
    query(&mut world, &write, None);
    let read = world.sealed_read(&first);
    assert!(query(&mut world, &read, None) == LegacyAnswer::Taken);
    let opened = (0..2).find_map(|index| match query(&mut world, &read, Some(index)) {
        LegacyAnswer::Something {
            reply_index,
            answer,
        } => {
            assert_eq!(reply_index, index);
            Some(world.open(&read, &first, &answer))
        }
        _ => None,
    });
    assert_eq!(opened.unwrap().unwrap(), b"hello bob");
}

#[test]
fn without_a_reply_index_any_of_the_two_replicas_answers_and_one_may_have_nothing() {
    let mut world = world();
    let (mut nothing, mut something) = (0, 0);
    let mut index = world.first();
    for _ in 0..20 {
        let write = world.sealed_write(&index, b"x");
        query(&mut world, &write, None);
        let read = world.sealed_read(&index);
        query(&mut world, &read, None);
        for _ in 0..8 {
            match query(&mut world, &read, None) {
                LegacyAnswer::Nothing { .. } => nothing += 1,
                LegacyAnswer::Something { .. } => something += 1,
                _ => panic!("taken already"),
            }
        }
        index = index.next();
    }
    assert!(nothing > 0 && something > nothing);
}

#[test]
fn a_read_that_came_before_the_write_finds_nothing_for_ever() {
    let mut world = world();
    let first = world.first();
    let early = world.sealed_read(&first);
    query(&mut world, &early, None);
    let write = world.sealed_write(&first, b"x");
    query(&mut world, &write, None);
    for index in [0, 1].repeat(10) {
        let answer = query(&mut world, &early, Some(index));
        assert!(answer == LegacyAnswer::Nothing { reply_index: index });
    }
}

#[test]
fn the_answer_to_another_index_does_not_open() {
    let mut world = world();
    let first = world.first();
    let write = world.sealed_write(&first, b"x");
    query(&mut world, &write, None);
    let read = world.sealed_read(&first);
    query(&mut world, &read, None);
    let codes: Vec<_> = (0..2)
        .filter_map(|index| match query(&mut world, &read, Some(index)) {
            LegacyAnswer::Something { answer, .. } => {
                Some(world.open(&read, &first.next(), &answer))
            }
            _ => None,
        })
        .collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == Err(23)));
}

#[test]
fn a_query_that_is_none_is_a_couriers_error() {
    let mut world = world();
    let first = world.first();
    let mut read = world.sealed_read(&first);
    read.ciphertext.push(0);
    assert!(query(&mut world, &read, None) == LegacyAnswer::CourierError(1));
    read.ciphertext.clear();
    assert!(query(&mut world, &read, None) == LegacyAnswer::CourierError(1));
}
