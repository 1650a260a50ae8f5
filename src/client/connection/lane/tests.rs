//! What a lane sends, and when.

use std::future::Future;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use super::*;
use crate::client::connection::io::reading::Reading;
use crate::client::connection::io::trace::Trace;
use crate::client::connection::state::messages::{MessageSink, PlainMessage};
use crate::client::connection::state::resends::tests::{copy_of, write_of};
use crate::client::runtime::log::Log;
use crate::transport::Socket;
use crate::wire::Features;

fn message() -> PlainMessage {
    PlainMessage {
        id: crate::client::random_array().unwrap(),
        surb: Some(crate::client::random_array().unwrap()),
        frame: Bytes::from_static(b"message"),
        legacy: None,
        sink: MessageSink::Events,
    }
}

#[test]
fn the_daemon_never_has_more_than_its_queue_holds() {
    let queries = Queries::new().unwrap();
    let (lane, _far) = online();
    let mut answers = Vec::new();
    for number in 0..60_u8 {
        let (sink, answer) = tokio::sync::oneshot::channel();
        let request = match number {
            0..4 => copy_of(number),
            _ => write_of(number),
        };
        lane.lock().resends.enqueue(request, sink);
        answers.push(answer);
    }
    lane.lock()
        .resends
        .window
        .expect(1e9, Duration::from_secs(10), 1.0);
    lane.pump(&queries);
    assert_eq!(lane.lock().counts.requests, 15);
    for _ in 0..10 {
        lane.lock().messages.enqueue(message());
    }
    lane.pump(&queries);
    assert_eq!(
        lane.lock().counts.requests,
        16,
        "a message has its place too"
    );
}

#[test]
fn the_task_is_woken_for_each_resend() {
    let queries = Queries::new().unwrap();
    let (lane, _far) = online();
    let (sink, _answer) = tokio::sync::oneshot::channel();
    lane.lock().resends.enqueue(copy_of(1), sink);
    lane.pump(&queries);
    assert_eq!(lane.lock().resends.running(), 1);
    let heard = pin!(lane.wake.notified());
    assert!(heard
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready());
}

/// A lane with a connection to a daemon that is on the mixnet.
fn online() -> (Arc<Lane>, UnixStream) {
    let lane = Lane::new(LaneKind::Write, 0, &Arc::default());
    let (ours, daemon) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let writer = Writer::new(Socket::Unix(ours), Trace::new(&Log::default(), lane.kind));
    let mut state = lane.lock();
    state.link = Some(Arc::new(Link {
        writer: Arc::new(writer),
        features: Arc::new(Features::current()),
        token: None,
        reading: Arc::new(Reading::new()),
    }));
    state.set_status(DaemonStatus {
        is_connected: true,
        ..DaemonStatus::default()
    });
    drop(state);
    (lane, daemon)
}

#[test]
fn nothing_is_due_on_a_lane_without_connection_whatever_its_last_status() {
    let queries = Queries::new().unwrap();
    let lane = Lane::new(LaneKind::Write, 0, &Arc::default());
    let (sink, _answer) = tokio::sync::oneshot::channel();
    let key = lane.lock().resends.enqueue(copy_of(1), sink);
    let mut state = lane.lock();
    let now = Instant::now();
    assert!(state
        .resends
        .next(&Features::current(), &queries, now)
        .is_some());
    state.resends.abandon(key, &queries, now);
    state.set_status(DaemonStatus {
        is_connected: true,
        ..DaemonStatus::default()
    });
    assert_eq!(state.next_deadline(), None);
}
