//! Several connections, opened when they are needed, that look like one client.

use kpclient::bacap::BoxIndex;
use kpclient::client::{Client, Event, EventSink, StartFlags};
use kpclientd_sim::Sim;

use crate::world::*;

/// Writes a box and reads it, so that every lane is in use.
fn write_and_read(client: &Client, boxes: &mut Boxes) {
    let index = boxes.next();
    let (write_cap, read_cap) = (&boxes.keys.write_cap, &boxes.keys.read_cap);
    let work = client.write_box(write_cap, &index, b"text", StartFlags::default());
    work.unwrap().block(PATIENCE).unwrap();
    let work = client.read_box(read_cap, &index, StartFlags::default());
    let found = work.unwrap().block(PATIENCE).unwrap();
    assert_eq!(&found.plaintext[..], b"text");
}

fn a_client_with_all_lanes(sim: &Sim) -> (Client, std::sync::Arc<EventSink>, Boxes) {
    let client = new_client(settings(unix(sim)));
    let sink = client.open_sink(1000).unwrap();
    connect(&client);
    let mut boxes = Boxes::new(20);
    write_and_read(&client, &mut boxes);
    assert_eq!(count(sim, "connections"), 4);
    (client, sink, boxes)
}

/// What was told, in a word each.
fn names(events: &[Event]) -> Vec<&'static str> {
    let name = |event: &Event| match event {
        Event::ConnectionStatus(status) if status.is_connected => "online",
        Event::ConnectionStatus(_) => "offline",
        Event::Document(_) => "document",
        Event::Disconnected { .. } => "disconnected",
        Event::Shutdown => "shutdown",
        Event::Resumed => "resumed",
        Event::Restarted => "restarted",
        Event::Lost(_) => "lost",
        _ => "other",
    };
    events.iter().map(name).collect()
}

#[test]
fn a_client_that_only_calls_has_one_connection() {
    let sim = sim();
    let client = client(&sim);
    (0..20).for_each(|_| local_call(&client));
    assert_eq!(count(&sim, "accepted"), 1);
}

#[test]
fn the_first_write_and_the_first_read_open_a_connection_each_and_one_for_encryptions() {
    let sim = sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(21);
    let index: BoxIndex = boxes.next();
    let work = client.write_box(&boxes.keys.write_cap, &index, b"1", StartFlags::default());
    work.unwrap().block(PATIENCE).unwrap();
    assert_eq!(count(&sim, "accepted"), 3);
    let work = client.read_box(&boxes.keys.read_cap, &index, StartFlags::default());
    work.unwrap().block(PATIENCE).unwrap();
    assert_eq!(count(&sim, "accepted"), 4);
    (0..20).for_each(|_| write_and_read(&client, &mut boxes));
    local_call(&client);
    assert_eq!(count(&sim, "accepted"), 4, "and none after that");
    assert_eq!(count(&sim, "sessions"), 4);
}

#[test]
fn status_and_document_are_told_once() {
    let sim = sim();
    let (_client, sink, _) = a_client_with_all_lanes(&sim);
    let mut told = names(&drain(&sink));
    told.sort_unstable();
    assert_eq!(told, ["document", "online"]);
}

#[test]
fn a_new_document_is_told_once() {
    let sim = sim();
    let (client, sink, mut boxes) = a_client_with_all_lanes(&sim);
    drain(&sink);
    sim.control("epoch-advance").unwrap();
    let told = events_until(&sink, |event| matches!(event, Event::Document(_)));
    assert_eq!(names(&told), ["document"]);
    // What came on the other lanes came before these answers.
    local_call(&client);
    write_and_read(&client, &mut boxes);
    assert_eq!(names(&drain(&sink)), [""; 0]);
}

#[test]
fn the_loss_of_all_lanes_is_one_loss() {
    let sim = sim();
    let (client, sink, mut boxes) = a_client_with_all_lanes(&sim);
    drain(&sink);
    sim.control("down").unwrap();
    sim.control("cut").unwrap();
    let told = events_until(&sink, |event| matches!(event, Event::Disconnected { .. }));
    assert_eq!(names(&told), ["disconnected"]);
    until("no lane is up", || !client.is_attached());
    sim.control("up").unwrap();
    local_call(&client);
    write_and_read(&client, &mut boxes);
    let told = names(&drain(&sink));
    let times = |what: &str| told.iter().filter(|name| **name == what).count();
    assert_eq!(
        (times("resumed"), times("disconnected")),
        (1, 0),
        "{told:?}"
    );
    assert!(
        times("document") == 0 && times("restarted") == 0,
        "{told:?}"
    );
    assert!(times("online") <= 1, "{told:?}");
}

#[test]
fn the_loss_of_one_lane_of_four_is_no_loss() {
    let sim = sim();
    let (client, sink, mut boxes) = a_client_with_all_lanes(&sim);
    drain(&sink);
    let connections = sim.control("connections").unwrap();
    let numbers: Vec<u64> = serde_json::from_str(&connections).unwrap();
    assert_eq!(numbers.len(), 4);
    for (cuts, number) in numbers.iter().enumerate() {
        sim.control(&format!("cut {number}")).unwrap();
        let accepted = 5 + u64::try_from(cuts).unwrap();
        until("the lane is back", || count(&sim, "accepted") == accepted);
        write_and_read(&client, &mut boxes);
        assert!(client.is_connected());
    }
    assert_eq!(names(&drain(&sink)), [""; 0]);
}

#[test]
fn another_daemon_is_told_once() {
    let sim = sim();
    let (client, sink, mut boxes) = a_client_with_all_lanes(&sim);
    for _ in 0..3 {
        drain(&sink);
        sim.control("restart").unwrap();
        let mut told = events_until(&sink, |event| matches!(event, Event::Restarted));
        local_call(&client);
        write_and_read(&client, &mut boxes);
        told.extend(drain(&sink));
        let told = names(&told);
        let times = |what: &str| told.iter().filter(|name| **name == what).count();
        assert_eq!(times("disconnected"), 1, "{told:?}");
        assert_eq!(times("restarted"), 1, "{told:?}");
        assert_eq!(times("resumed"), 0, "{told:?}");
        assert!(times("document") <= 1 && times("online") <= 1, "{told:?}");
    }
}

#[test]
fn closing_closes_every_connection() {
    let sim = sim();
    let (client, _sink, _) = a_client_with_all_lanes(&sim);
    client.close();
    until("no connection", || count(&sim, "connections") == 0);
    assert_eq!(count(&sim, "sessions"), 0, "and leaves no session behind");
    assert_eq!(requests(&sim, "thin_close"), 4);
}
