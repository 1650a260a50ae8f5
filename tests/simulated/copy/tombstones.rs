//! `tombstone_range`, whole and in part; `get_directory_authorities` against the simulator.

use std::time::Duration;

use kpclient::client::{StartFlags, StartKind, Timeout, Tombstones, MAX_STREAM_BOXES};
use kpclient::wire::Authority;
use kpclient::Status;
use kpclientd_sim::{Sim, SimConfig};

use super::streams::*;
use crate::world::*;

#[test]
fn tombstone_range_deletes_what_is_sent_of_it() {
    let sim = sim();
    let client = client(&sim);
    let stream = stream(1);
    let elements = vec![bytes::Bytes::from_static(b"x"); 5];
    write_all(&client, &stream, &elements);
    let work = client.tombstone_range(&stream.write_cap, &stream.first_index, 5);
    let made: Tombstones = done(work);
    assert!(made.error.is_none());
    assert_eq!(made.next, ahead(&stream.first_index, 5));
    for (at, tombstone) in made.envelopes.iter().enumerate() {
        assert_eq!(tombstone.box_index, ahead(&stream.first_index, at));
        let kind = StartKind::Write(stream.write_cap.clone());
        let (envelope, flags) = (tombstone.envelope.clone(), StartFlags::default());
        done(client.start_resending_encrypted_message(kind, envelope, flags));
        assert!(is_deleted(&client, &stream, &tombstone.box_index));
    }
}

#[test]
fn tombstone_range_of_none_gives_the_start() {
    let sim = sim();
    let client = client(&sim);
    let stream = stream(1);
    let work = client.tombstone_range(&stream.write_cap, &stream.first_index, 0);
    let made = done(work);
    assert!(made.envelopes.is_empty() && made.error.is_none());
    assert_eq!(made.next, stream.first_index);
    assert_eq!(requests(&sim, "encrypt_write"), 0);
}

#[test]
fn tombstone_range_gives_what_was_made_when_the_daemon_fails() {
    let sim = sim();
    // One after the other, so that what was made before the failure is known.
    let client = client_with(&sim, |config| config.encryption_connections = 1);
    let stream = stream(1);
    let range = |count| client.tombstone_range(&stream.write_cap, &stream.first_index, count);
    sim.control("error encrypt_write 4").unwrap();
    assert_eq!(status(range(3)), Status::DAEMON_INTERNAL);

    let work = range(20_000).unwrap();
    let made = std::thread::scope(|scope| {
        scope.spawn(|| {
            until("some are made", || requests(&sim, "encrypt_write") > 50);
            sim.control("error encrypt_write 4").unwrap();
        });
        work.block(PATIENCE).unwrap()
    });
    assert_eq!(made.error.unwrap().status(), Status::DAEMON_INTERNAL);
    let count = made.envelopes.len();
    assert!(count > 40 && count < 20_000, "{count}");
    assert_eq!(made.next, ahead(&stream.first_index, count));
}

#[test]
fn tombstone_range_gives_what_was_made_when_the_time_is_over() {
    let mut config = hurried(Era::Current);
    config.time_per_envelope = Duration::from_millis(5);
    let sim = Sim::start(config).unwrap();
    let client = client(&sim);
    let stream = stream(1);
    let work = client.tombstone_range(&stream.write_cap, &stream.first_index, 60_000);
    let limit = Timeout::After(Duration::from_millis(300));
    let made = work.unwrap().block(limit).unwrap();
    assert_eq!(made.error.unwrap().status(), Status::TIMEOUT);
    assert!(!made.envelopes.is_empty() && made.envelopes.len() < 60_000);
    assert_eq!(made.next, ahead(&stream.first_index, made.envelopes.len()));
    // Who wants nothing gets nothing.
    let work = client.tombstone_range(&stream.write_cap, &stream.first_index, 60_000);
    assert_eq!(
        work.unwrap().block(Timeout::Poll).err().unwrap().status(),
        Status::TIMEOUT
    );
}

#[test]
fn tombstone_range_refuses_what_cannot_be() {
    let sim = sim();
    let client = client(&sim);
    let (good, other) = (stream(1), stream(2));
    let too_many = u32::try_from(MAX_STREAM_BOXES).unwrap() + 1;
    let refused = |index, count| status(client.tombstone_range(&good.write_cap, index, count));
    assert_eq!(
        refused(&good.first_index, too_many),
        Status::PAYLOAD_TOO_LARGE
    );
    assert_eq!(refused(&other.first_index, 1), Status::INVALID_CAPABILITY);
    assert_eq!(requests(&sim, "encrypt_write"), 0);
}

#[test]
fn get_directory_authorities_of_the_simulator() {
    let sim = sim();
    let client = client(&sim);
    let authorities: Vec<Authority> = done(client.get_directory_authorities());
    assert!(!authorities.is_empty());
    assert!(authorities
        .iter()
        .all(|a| !a.identifier.is_empty() && !a.addresses.is_empty()));
    sim.control("error get_directory_authorities 10").unwrap();
    let refused = status(client.get_directory_authorities());
    assert_eq!(refused, Status::DAEMON_SERVICE_UNAVAILABLE);
}

#[test]
fn get_directory_authorities_is_not_asked_of_old_daemons() {
    let sim = Sim::start(SimConfig::new(Era::V0_0_73Rc1).hurried()).unwrap();
    let client = client(&sim);
    let refused = status(client.get_directory_authorities());
    assert_eq!(refused, Status::UNSUPPORTED);
}
