//! `create_courier_envelopes_from_payload`, `_from_multi_payload`, `_from_tombstone_range`.

use kpclient::bacap::BoxIndex;
use kpclient::client::{CopyDestination, MAX_DESTINATION_PAYLOAD, MAX_STREAM_BOXES};
use kpclient::Status;
use kpclientd_sim::{Sim, SimConfig};

use super::streams::*;
use crate::world::*;

#[test]
fn from_payload_is_read_back_box_by_box() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary, content) = (stream(1), stream(2), payload(5000));
    let to = to(&destination, &content);
    let made = done(client.create_courier_envelopes_from_payload(&to, WHOLE));
    assert_eq!((made.envelopes.len(), made.buffer.is_some()), (6, false));
    assert_eq!(made.next_indices, [ahead(&destination.first_index, 4)]);
    perform(&client, &temporary, &made);
    let found = read_back(&client, &destination, &destination.first_index, 5000);
    assert_eq!(found, content);
}

#[test]
fn from_payload_in_pieces_is_one_stream_and_holds_no_local_call_up() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary) = (stream(1), stream(2));
    let content = payload(CHUNK * 100 + 17);
    let to = to(&destination, &content);
    let made = done(client.create_courier_envelopes_from_payload(&to, WHOLE));
    let (flags, _) = taken_apart(&made.envelopes);
    let count = flags.len();
    assert_eq!((flags[0], flags[count - 1]), (1, 2));
    assert!(flags[1..count - 1].iter().all(|flags| *flags == 0));
    // All but the last are full: the pieces were joined without gaps.
    assert!(made.envelopes[..count - 1]
        .iter()
        .all(|e| e.len() == CHUNK + 4));
    assert_eq!(made.next_indices, [ahead(&destination.first_index, 101)]);
    // The first three go before the price is known, one for each connection and one more; where it
    // is low the others go forty at a time, and never more. A slow machine makes it high.
    assert!(requests(&sim, "create_courier_envelopes_from_multi_payload") >= 6);
    assert_eq!(requests(&sim, "create_courier_envelopes_from_payload"), 0);
    perform(&client, &temporary, &made);
    let found = read_back(
        &client,
        &destination,
        &destination.first_index,
        content.len(),
    );
    assert_eq!(found, content);
}

#[test]
fn from_payload_that_is_not_last_leaves_nothing_over_in_pieces_as_in_one() {
    let sim = sim();
    let client = client(&sim);
    let temporary = stream(9);
    let (first, second) = (stream(1), stream(2));
    let (long, short) = (payload(CHUNK * 90), payload(20));
    let begin = client.create_courier_envelopes_from_payload(&to(&first, &long), ends(true, false));
    let mut made = done(begin);
    assert!(made.buffer.is_none());
    let (flags, data) = taken_apart(&made.envelopes);
    assert_eq!(flags[0], 1);
    assert!(flags[1..].iter().all(|flags| *flags == 0));
    assert_eq!(data.len(), 90 * 2003);
    let end = client.create_courier_envelopes_from_payload(&to(&second, &short), ends(false, true));
    made.envelopes.extend(done(end).envelopes);
    perform(&client, &temporary, &made);
    assert_eq!(
        read_back(&client, &first, &first.first_index, long.len()),
        long
    );
    assert_eq!(read_back(&client, &second, &second.first_index, 20), short);
}

#[test]
fn from_payload_of_nothing_makes_nothing_where_that_is_not_the_end() {
    let sim = sim();
    let client = client(&sim);
    let destination = stream(1);
    let work =
        client.create_courier_envelopes_from_payload(&to(&destination, &[]), ends(true, false));
    let made = done(work);
    assert!(made.envelopes.is_empty());
    assert_eq!(made.next_indices, [destination.first_index]);
}

#[test]
fn from_multi_payload_in_two_calls_with_the_buffer_between_them() {
    let sim = sim();
    let client = client(&sim);
    let (one, two, three, temporary) = (stream(1), stream(2), stream(3), stream(9));
    let (long, short) = (payload(CHUNK * 43 + 1), payload(6));
    let all = [to(&one, &long), to(&two, &short)];
    let begin = client.create_courier_envelopes_from_multi_payload(&all, ends(true, false), None);
    let mut made = done(begin);
    assert_eq!(made.next_indices[0], ahead(&one.first_index, 44));
    assert_eq!(made.next_indices[1], ahead(&two.first_index, 1));
    let buffer = made.buffer.take().unwrap();
    let rest = [to(&three, &short)];
    let flags = ends(false, true);
    let end = client.create_courier_envelopes_from_multi_payload(&rest, flags, Some(&buffer));
    let last = done(end);
    assert!(last.buffer.is_none());
    made.envelopes.extend(last.envelopes);
    perform(&client, &temporary, &made);
    assert_eq!(read_back(&client, &one, &one.first_index, long.len()), long);
    assert_eq!(read_back(&client, &two, &two.first_index, 6), short);
    assert_eq!(read_back(&client, &three, &three.first_index, 6), short);
}

#[test]
fn from_tombstone_range_deletes_in_pieces_what_was_written() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary) = (stream(1), stream(2));
    let content = payload(CHUNK * 50);
    let write = client.create_courier_envelopes_from_payload(&to(&destination, &content), WHOLE);
    perform(&client, &temporary, &done(write));
    let (cap, first) = (&destination.write_cap, &destination.first_index);
    let work = client.create_courier_envelopes_from_tombstone_range(cap, first, 50, WHOLE, None);
    let made = done(work);
    assert_eq!(
        requests(&sim, "create_courier_envelopes_from_tombstone_range"),
        2
    );
    assert_eq!(made.next_indices, [ahead(first, 50)]);
    let (flags, data) = taken_apart(&made.envelopes);
    assert_eq!((flags[0], flags[flags.len() - 1]), (1, 2));
    assert_eq!(data.len(), 50 * 2003);
    perform(&client, &stream(3), &made);
    for at in [0, 39, 40, 49] {
        assert!(is_deleted(&client, &destination, &ahead(first, at)), "{at}");
    }
}

#[test]
fn what_the_daemon_would_refuse_or_get_wrong_is_not_sent() {
    let sim = sim();
    let client = client(&sim);
    let (good, content) = (stream(1), payload(10));
    let from_payload = |to: &CopyDestination<'_>, flags| {
        status(client.create_courier_envelopes_from_payload(to, flags))
    };
    let multi = |all: &[CopyDestination<'_>], flags, buffer: Option<&[u8]>| {
        status(client.create_courier_envelopes_from_multi_payload(all, flags, buffer))
    };
    let range = |count, buffer: Option<&[u8]>| {
        let (cap, first) = (&good.write_cap, &good.first_index);
        status(
            client.create_courier_envelopes_from_tombstone_range(cap, first, count, WHOLE, buffer),
        )
    };

    assert_eq!(from_payload(&to(&good, &[]), WHOLE), Status::ARG_EMPTY);
    assert_eq!(
        multi(&[to(&good, &[])], ends(false, true), None),
        Status::ARG_EMPTY
    );
    assert_eq!(multi(&[], WHOLE, None), Status::ARG_EMPTY);
    assert_eq!(multi(&[], WHOLE, Some(b"rest")), Status::ARG_EMPTY);
    assert_eq!(range(0, None), Status::ARG_VALUE);
    assert_eq!(range(0, Some(b"rest")), Status::ARG_VALUE);

    let long = vec![1; MAX_DESTINATION_PAYLOAD + 1];
    assert_eq!(
        from_payload(&to(&good, &long), WHOLE),
        Status::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        multi(&[to(&good, &long)], WHOLE, None),
        Status::PAYLOAD_TOO_LARGE
    );
    let ten: Vec<CopyDestination<'_>> = (0..11).map(|_| to(&good, &long[1..])).collect();
    assert_eq!(multi(&ten, WHOLE, None), Status::PAYLOAD_TOO_LARGE);
    let boxes = u32::try_from(MAX_STREAM_BOXES).unwrap();
    assert_eq!(range(boxes, None), Status::PAYLOAD_TOO_LARGE);
    assert_eq!(range(u32::MAX, None), Status::PAYLOAD_TOO_LARGE);

    assert_eq!(
        multi(&[to(&good, &content)], WHOLE, Some(&[0; 1678])),
        Status::ARG_SIZE
    );
    assert_eq!(range(1, Some(&[0; 1678])), Status::ARG_SIZE);

    let foreign = CopyDestination {
        start_index: stream(2).first_index,
        ..to(&good, &content)
    };
    let early = CopyDestination {
        write_cap: later_cap(&good, 3),
        ..to(&good, &content)
    };
    for wrong in [foreign, early] {
        assert_eq!(from_payload(&wrong, WHOLE), Status::INVALID_CAPABILITY);
        let all = [to(&good, &content), wrong];
        assert_eq!(multi(&all, WHOLE, None), Status::INVALID_CAPABILITY);
    }
    let requests = sim.stats().unwrap()["requests"].to_string();
    assert!(!requests.contains("create_courier"), "{requests}");
}

#[test]
fn a_start_index_further_on_is_accepted() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary, content) = (stream(1), stream(2), payload(10));
    let start: BoxIndex = ahead(&destination.first_index, 300);
    let further = CopyDestination {
        start_index: start.clone(),
        ..to(&destination, &content)
    };
    let made = done(client.create_courier_envelopes_from_payload(&further, WHOLE));
    perform(&client, &temporary, &made);
    assert_eq!(read_back(&client, &destination, &start, 10), content);
}

#[test]
fn pieces_survive_a_lost_connection() {
    let mut config = hurried(Era::Current);
    config.time_per_envelope = std::time::Duration::from_micros(500);
    let sim = Sim::start(config).unwrap();
    let client = client(&sim);
    let (destination, temporary) = (stream(1), stream(2));
    let content = payload(CHUNK * 200);
    let made = std::thread::scope(|scope| {
        scope.spawn(|| {
            for wanted in [2, 3, 4] {
                until("pieces", || {
                    requests(&sim, "create_courier_envelopes_from_multi_payload") >= wanted
                });
                sim.control("cut").unwrap();
            }
        });
        let to = to(&destination, &content);
        done(client.create_courier_envelopes_from_payload(&to, WHOLE))
    });
    perform(&client, &temporary, &made);
    let found = read_back(
        &client,
        &destination,
        &destination.first_index,
        content.len(),
    );
    assert_eq!(found, content);
}

#[test]
fn an_old_daemon_is_asked_once() {
    let mut config = SimConfig::new(Era::V0_0_73Rc1).hurried();
    config.network.replicas = 5;
    let network = config.network.clone();
    let sim = Sim::start(config).unwrap();
    let client = connected(settings_of(&sim, &network));
    let content = payload(100_000);
    let work = client.create_courier_envelopes_from_payload(&to(&stream(1), &content), WHOLE);
    assert!(!done(work).envelopes.is_empty());
    assert_eq!(requests(&sim, "create_courier_envelopes_from_payload"), 1);
    assert_eq!(
        requests(&sim, "create_courier_envelopes_from_multi_payload"),
        0
    );
}
