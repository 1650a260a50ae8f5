//! Through a WebSocket everything is as through another socket.

use kpclient::client::{Client, Event};
use kpclient::config::Dial;
use kpclientd_sim::{Sim, SimConfig};

use crate::copy::streams::*;
use crate::world::*;

fn websocket(config: SimConfig) -> Sim {
    let ws = Some("127.0.0.1:0".to_owned());
    Sim::start(SimConfig { ws, ..config }).unwrap()
}

fn through(sim: &Sim) -> Client {
    let url = sim.ws_url().to_owned();
    connected(settings(Dial::Ws { url }))
}

#[test]
fn messages_and_boxes_go_through_a_websocket() {
    let sim = websocket(forgetful(Era::Current));
    let client = through(&sim);
    let ping = client.blocking_send_message(&echo(&client), b"ping");
    assert_eq!(done(ping)[..4], b"ping"[..]);
    let pair = stream(1);
    let index = &pair.first_index;
    let write = client.write_box(&pair.write_cap, index, b"a box", strict());
    done(write);
    let read = read_one(&client, &pair.read_cap, index).unwrap();
    assert_eq!(read, b"a box"[..]);
}

#[test]
fn large_frames_go_through_a_websocket_both_ways() {
    let sim = websocket(hurried(Era::Current));
    let client = through(&sim);
    let content = payload(200_000);
    let to = to(&stream(1), &content);
    let made = client.create_courier_envelopes_from_payload(&to, WHOLE);
    let made = done(made);
    let back: usize = made.envelopes.iter().map(|envelope| envelope.len()).sum();
    assert!(back > content.len(), "{back} bytes");
}

#[test]
fn a_websocket_that_is_cut_is_made_again() {
    let sim = websocket(hurried(Era::Current));
    let client = through(&sim);
    let sink = client.open_sink(64).unwrap();
    sim.control("down").unwrap();
    sim.control("cut").unwrap();
    events_until(&sink, |event| matches!(event, Event::Disconnected { .. }));
    sim.control("up").unwrap();
    local_call(&client);
    events_until(&sink, |event| matches!(event, Event::Resumed));
}

#[test]
fn closing_discards_the_session_through_a_websocket_too() {
    let sim = websocket(hurried(Era::Current));
    let client = through(&sim);
    assert_eq!(count(&sim, "sessions"), 1);
    client.close();
    until("the session is discarded", || count(&sim, "sessions") == 0);
}
