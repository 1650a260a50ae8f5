//! Streams where envelopes are dear: several pieces are made at once. Encryptions are held and
//! finished one by one.

use std::time::Duration;

use kpclient::client::Destination;

use super::streams::*;
use crate::world::*;

const MULTI: &str = "create_courier_envelopes_from_multi_payload";
const TOMBSTONES: &str = "create_courier_envelopes_from_tombstone_range";

/// A simulator whose encryptions are held, and a client that takes them for dear.
fn held() -> (kpclientd_sim::Sim, kpclient::client::Client) {
    let mut config = hurried(Era::Current);
    config.encrypt_cost = Some(Duration::from_millis(1));
    let sim = kpclientd_sim::Sim::start(config).unwrap();
    let client = client(&sim);
    sim.control("encrypt-hold").unwrap();
    (sim, client)
}

/// Waits until the daemon is at two pieces of this kind, and one more is in line.
fn two_at_the_daemon(sim: &kpclientd_sim::Sim, client: &kpclient::client::Client, kind: &str) {
    until("two pieces at the daemon", || requests(sim, kind) == 2);
    until("one more in line", || client.stats().lanes[3].in_line == 1);
    assert_eq!(requests(sim, kind), 2);
    sim.control("encrypt-release").unwrap();
}

#[test]
fn pieces_of_payloads_are_made_at_once_and_joined_to_one_stream() {
    let (sim, client) = held();
    let (one, two, temporary) = (stream(1), stream(2), stream(9));
    let (long, short) = (payload(CHUNK * 6 + 1), payload(6));
    let all = [to(&one, &long), to(&two, &short)];
    let made = std::thread::scope(|scope| {
        scope.spawn(|| two_at_the_daemon(&sim, &client, MULTI));
        let waiting = client.courier_envelopes_from_multi_payload(&all, WHOLE, None, PATIENCE);
        waiting.unwrap()
    });
    assert_eq!(made.next_indices[0], ahead(&one.first_index, 7));
    assert_eq!(made.next_indices[1], ahead(&two.first_index, 1));
    let (flags, _) = taken_apart(&made.envelopes);
    assert_eq!((flags[0], flags[flags.len() - 1]), (1, 2));
    assert!(flags[1..flags.len() - 1].iter().all(|flags| *flags == 0));
    let full = made.envelopes[0].len();
    let mut but_the_last = made.envelopes[..flags.len() - 1].iter();
    assert!(but_the_last.all(|element| element.len() == full));
    perform(&client, &temporary, &made);
    assert_eq!(read_back(&client, &one, &one.first_index, long.len()), long);
    assert_eq!(read_back(&client, &two, &two.first_index, 6), short);
}

#[test]
fn pieces_of_one_payload_follow_what_an_earlier_call_left_over() {
    let (sim, first) = held();
    sim.control("encrypt-release").unwrap();
    let (one, two, temporary) = (stream(1), stream(2), stream(9));
    let (before, content) = (payload(100), payload(CHUNK * 5));
    let begin = [to(&two, &before)];
    let begin = first.create_courier_envelopes_from_multi_payload(&begin, ends(true, false), None);
    let mut made = done(begin);
    let buffer = made.buffer.take().unwrap();
    // One that does not know yet what an envelope costs here.
    let client = client(&sim);
    let rest = [to(&one, &content)];
    let rest =
        client.create_courier_envelopes_from_multi_payload(&rest, ends(false, true), Some(&buffer));
    made.envelopes.extend(done(rest).envelopes);
    perform(&client, &temporary, &made);
    assert_eq!(read_back(&client, &two, &two.first_index, 100), before);
    let found = read_back(&client, &one, &one.first_index, content.len());
    assert_eq!(found, content);
}

#[test]
fn pieces_of_deletions_are_made_at_once() {
    let (sim, client) = held();
    let destination = stream(1);
    let (cap, first) = (&destination.write_cap, &destination.first_index);
    let made = std::thread::scope(|scope| {
        scope.spawn(|| two_at_the_daemon(&sim, &client, TOMBSTONES));
        let work = client.create_courier_envelopes_from_tombstone_range(cap, first, 6, WHOLE, None);
        done(work)
    });
    assert_eq!(made.next_indices, [ahead(first, 6)]);
    perform(&client, &stream(2), &made);
    for at in 0..6 {
        assert!(is_deleted(&client, &destination, &ahead(first, at)), "{at}");
    }
}

#[test]
fn a_stream_of_a_nested_copy_is_written_while_the_rest_of_it_is_made() {
    let (sim, client) = held();
    let destination = stream(1);
    let content = payload(CHUNK * 7);
    let courier = client.distinct_couriers(1).unwrap().remove(0);
    let courier = Destination {
        node: courier.node,
        queue: courier.queue,
    };
    let finish_one = || {
        until("an encryption to finish", || {
            sim.control("encrypt-step 1").unwrap() == "1 finished"
        });
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            until("two pieces", || requests(&sim, MULTI) == 2);
            finish_one();
            finish_one();
            // Of these two an element is full. Where the time that they took makes encryptions
            // dear, both connections are at other pieces by now, and the write is the next in line.
            until("the first write", || {
                let waits = client.stats().lanes[3].in_line > 0 && count(&sim, "encrypting") == 2;
                let has_come = requests(&sim, "encrypt_write") == 1;
                if waits && !has_come {
                    sim.control("encrypt-step 1").unwrap();
                }
                has_come
            });
            let stats = sim.stats().unwrap();
            let made = stats["replies"][format!("{MULTI}_reply")].as_u64().unwrap();
            assert!(made < requests(&sim, MULTI), "the rest is made first");
            sim.control("encrypt-release").unwrap();
        });
        let (cap, first) = (&destination.write_cap, &destination.first_index);
        let next = client.send_nested_copy(&content, cap, first, vec![courier]);
        assert_eq!(done(next), ahead(first, 7));
    });
    let found = read_back(
        &client,
        &destination,
        &destination.first_index,
        content.len(),
    );
    assert_eq!(found, content);
}
