//! `start_resending_copy_command`: the courier, its failures, time limits and cancels.

use std::time::{Duration, Instant};

use kpclient::bacap::WriteCap;
use kpclient::client::{Client, CopyDestination, Destination, OpId, StartFlags, Timeout};
use kpclient::{Error, Status};
use kpclientd_sim::Sim;

use super::streams::*;
use crate::world::*;

fn failure(client: &Client, cap: &WriteCap) -> Error {
    let work = client.start_resending_copy_command(cap, None).unwrap();
    work.block(PATIENCE).unwrap_err()
}

/// Which courier has each copy command that the daemon runs, or ran.
fn courier_of(sim: &Sim) -> String {
    let entry = &sim.arq().unwrap()[0];
    entry["courier"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_failure_tells_the_envelope_and_what_the_replica_said() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary) = (stream(1), stream(2));
    let content = payload(5000);
    // The second box of the destination is written already, with something else.
    let taken = ahead(&destination.first_index, 1);
    let flags = StartFlags::default();
    done(client.write_box(&destination.write_cap, &taken, b"mine", flags));
    let to = to(&destination, &content);
    let made = done(client.create_courier_envelopes_from_payload(&to, WHOLE));
    write_all(&client, &temporary, &made.envelopes);
    let error = failure(&client, &temporary.write_cap);
    assert_eq!(error.status(), Status::COPY_FAILED);
    assert_eq!(error.failed_envelope(), Some(2));
    assert_eq!(error.replica_code(), Some(10));
    // What was written before stays.
    assert!(read_one(&client, &destination.read_cap, &destination.first_index).is_ok());
}

#[test]
fn an_element_that_holds_no_envelope_fails_without_a_replica() {
    let sim = sim();
    let client = client(&sim);
    let temporary = stream(2);
    let element = bytes::Bytes::from_static(b"\x03\0\0\0\x08nonsense");
    write_all(&client, &temporary, &[element]);
    let error = failure(&client, &temporary.write_cap);
    assert_eq!(error.status(), Status::COPY_FAILED);
    assert_eq!(
        (error.failed_envelope(), error.replica_code()),
        (Some(1), None)
    );
}

/// Starts a copy command and waits until its courier has it.
fn start_copy(sim: &Sim, client: &Client, cap: &WriteCap) -> OpId {
    let work = client.start_resending_copy_command(cap, None).unwrap();
    let id = start(Ok(work));
    until("the command is there", || sim.arq().unwrap().len() == 1);
    id
}

#[test]
fn after_a_failure_another_courier_is_taken() {
    let sim = sim();
    let client = client(&sim);
    let couriers = client.couriers().unwrap().len();
    // Over a stream that is not written couriers wait, until they are made to fail.
    let temporary = stream(2);
    let mut asked = Vec::new();
    for _ in 0..couriers {
        let id = start_copy(&sim, &client, &temporary.write_cap);
        asked.push(courier_of(&sim));
        sim.control("fault copy 6").unwrap();
        let ended = client.wait(id, PATIENCE).unwrap().unwrap();
        assert_eq!(ended.status(), Status::COPY_FAILED);
        until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), couriers, "{asked:?}");
}

#[test]
fn a_command_that_was_given_up_goes_to_its_courier_again() {
    let sim = sim();
    let client = client(&sim);
    assert!(client.couriers().unwrap().len() >= 3);
    // Over a stream that is not written couriers wait, and nobody tells them to stop.
    let temporary = stream(2).write_cap;
    let mut id = start_copy(&sim, &client, &temporary);
    let first = courier_of(&sim);
    for turn in 0..8 {
        if turn % 2 == 0 {
            client.cancel(id).unwrap();
        } else {
            done(client.cancel_resending_copy_command(&temporary.hash()));
        }
        until("the daemon forgets it", || sim.arq().unwrap().is_empty());
        id = start_copy(&sim, &client, &temporary);
        assert_eq!(courier_of(&sim), first);
    }
    // Once it has failed, another one is better.
    sim.control("fault copy 6").unwrap();
    let ended = client.wait(id, PATIENCE).unwrap().unwrap();
    assert_eq!(ended.status(), Status::COPY_FAILED);
    until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    start_copy(&sim, &client, &temporary);
    assert_ne!(courier_of(&sim), first);
}

#[test]
fn a_stream_without_end_obeys_the_time_limit_and_leaves_nothing_behind() {
    let sim = sim();
    let client = client(&sim);
    let (temporary, content) = (stream(2), payload(100));
    let to = to(&stream(1), &content);
    let work = client.create_courier_envelopes_from_payload(&to, ends(true, false));
    let made = done(work);
    write_all(&client, &temporary, &made.envelopes);
    for cap in [&temporary.write_cap, &stream(3).write_cap] {
        let begun = Instant::now();
        let work = client.start_resending_copy_command(cap, None).unwrap();
        let limit = Timeout::After(Duration::from_millis(300));
        let error = work.block(limit).unwrap_err();
        assert_eq!(error.status(), Status::TIMEOUT);
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert!(begun.elapsed() < Duration::from_secs(20));
        until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    }
}

#[test]
fn a_stream_without_end_can_be_cancelled_by_its_hash() {
    let sim = sim();
    let client = client(&sim);
    let temporary = stream(2);
    let id = start_copy(&sim, &client, &temporary.write_cap);
    let again = client
        .start_resending_copy_command(&temporary.write_cap, None)
        .unwrap();
    assert_eq!(again.block(PATIENCE).unwrap_err().status(), Status::BUSY);
    let hash = temporary.write_cap.hash();
    done(client.cancel_resending_copy_command(&hash));
    let ended = client.wait(id, PATIENCE).unwrap().unwrap();
    assert_eq!(ended.status(), Status::START_RESENDING_CANCELLED);
    until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    // Nothing is in flight any more; that is no failure.
    done(client.cancel_resending_copy_command(&hash));
}

#[test]
fn half_a_courier_and_an_unknown_one_are_refused() {
    let sim = sim();
    let client = client(&sim);
    let known = client.courier().unwrap();
    let cap = stream(2).write_cap;
    let refused = |node, queue: &[u8]| {
        let courier = Destination {
            node,
            queue: queue.to_vec(),
        };
        status(client.start_resending_copy_command(&cap, Some(courier)))
    };
    assert_eq!(refused(known.node, b""), Status::ARG_PAIR);
    assert_eq!(refused([0; 32], &known.queue), Status::ARG_PAIR);
    assert_eq!(refused([9; 32], &known.queue), Status::SERVICE_NOT_FOUND);
    assert_eq!(refused(known.node, b"other"), Status::SERVICE_NOT_FOUND);
    assert_eq!(requests(&sim, "start_resending_copy_command"), 0);
}

#[test]
fn a_copy_command_survives_a_restart_of_the_daemon_at_the_same_courier() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary, content) = (stream(1), stream(2), payload(3000));
    let to: CopyDestination<'_> = to(&destination, &content);
    let made = done(client.create_courier_envelopes_from_payload(&to, WHOLE));
    // The courier waits for the last box.
    let (last, others) = made.envelopes.split_last().unwrap();
    write_all(&client, &temporary, others);
    let id = start_copy(&sim, &client, &temporary.write_cap);
    let before = courier_of(&sim);
    sim.control("restart").unwrap();
    until("the command is there again", || {
        sim.arq().unwrap().len() == 1
    });
    assert_eq!(courier_of(&sim), before);
    let index = ahead(&temporary.first_index, others.len());
    let flags = StartFlags::default();
    done(client.write_box(&temporary.write_cap, &index, last, flags));
    let ended = client.wait(id, PATIENCE).unwrap().unwrap();
    assert_eq!(ended.status(), Status::OK);
    let found = read_back(&client, &destination, &destination.first_index, 3000);
    assert_eq!(found, content);
}
