//! `couriers`, `distinct_couriers`, `courier`; `await_message_reply` and `describe`.

use std::collections::HashSet;

use kpclient::client::{Event, Timeout};
use kpclient::Status;

use crate::world::*;

#[test]
fn couriers_are_those_of_the_document() {
    let sim = sim();
    let client = client(&sim);
    let all = client.couriers().unwrap();
    assert_eq!(all, client.pki_document().unwrap().services("courier"));
    let one = client.courier().unwrap();
    assert!(all.contains(&one));
}

#[test]
fn distinct_couriers_are_distinct_and_in_random_order() {
    let sim = sim();
    let client = client(&sim);
    let count = client.couriers().unwrap().len();
    assert!(count >= 3);
    let mut orders = HashSet::new();
    for _ in 0..200 {
        let chosen = client.distinct_couriers(count).unwrap();
        let nodes: Vec<[u8; 32]> = chosen.iter().map(|c| c.node).collect();
        assert_eq!(nodes.iter().collect::<HashSet<_>>().len(), count);
        orders.insert(nodes);
    }
    assert!(orders.len() > 1);
    assert!(client.distinct_couriers(0).unwrap().is_empty());
    let error = client.distinct_couriers(count + 1).unwrap_err();
    assert_eq!(error.status(), Status::NOT_ENOUGH_COURIERS);
}

#[test]
fn await_message_reply_wakes_once_for_each_reply() {
    let sim = sim();
    let client = client(&sim);
    let echo = echo(&client);
    let wait = |limit| client.await_message_reply().unwrap().block(limit);
    assert_eq!(wait(Timeout::Poll).unwrap_err().status(), Status::TIMEOUT);
    done(client.send_message(&[1; 16], &echo, b"first"));
    wait(PATIENCE).unwrap();
    // Reported; the next one is still to come.
    assert_eq!(wait(Timeout::Poll).unwrap_err().status(), Status::TIMEOUT);
    // A sender that waits itself keeps its reply to itself.
    done(client.blocking_send_message(&echo, b"second"));
    assert_eq!(wait(Timeout::Poll).unwrap_err().status(), Status::TIMEOUT);
    // A reply that came before the wait is reported at once.
    let sink = client.open_sink(16).unwrap();
    done(client.send_message(&[3; 16], &echo, b"third"));
    until("the reply is there", || {
        let replied = |event| matches!(event, Event::MessageReply(_)).then_some(());
        !events(&sink, replied).is_empty()
    });
    wait(Timeout::Poll).unwrap();
}

#[test]
fn describe_gives_a_line_for_everything_that_comes() {
    let sim = sim();
    let client = client(&sim);
    let sink = client.open_sink(64).unwrap();
    let echo = echo(&client);
    done(client.send_message(&[1; 16], &echo, b"a secret of mine"));
    done(client.await_message_reply());
    client.close();
    let lines = events(&sink, |event| Some(event.describe()));
    let starts = |start: &str| lines.iter().any(|line| line.starts_with(start));
    for start in [
        "connection status is_connected=true",
        "directory document epoch=",
        "message sent ",
        "message reply ",
        "client closed",
    ] {
        assert!(starts(start), "{start}: {lines:#?}");
    }
    assert!(lines
        .iter()
        .all(|line| !line.contains("secret") && !line.contains('\n')));
}
