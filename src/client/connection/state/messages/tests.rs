//! Time limits and reported outcomes, with a clock of the test's own.

use super::*;

fn message(id: u8, surb: bool, sink: MessageSink) -> PlainMessage {
    PlainMessage {
        id: [id; 16],
        surb: surb.then_some([id; 16]),
        frame: Bytes::from_static(b"frame"),
        legacy: None,
        sink,
    }
}

fn silent(id: u8) -> PlainMessage {
    message(id, false, MessageSink::Events)
}

fn answered(id: u8) -> PlainMessage {
    message(id, true, MessageSink::Events)
}

fn sent(id: u8, eta: Duration) -> wire::MessageSent {
    wire::MessageSent {
        message_id: Some([id; 16]),
        surb_id: Some([id; 16]),
        sent_at: 0,
        reply_eta_ns: i64::try_from(eta.as_nanos()).unwrap(),
        err: None,
    }
}

fn reply(id: u8) -> wire::MessageReply {
    wire::MessageReply {
        message_id: Some([id; 16]),
        surb_id: Some([id; 16]),
        payload: None,
        reply_index: None,
        error_code: 0,
    }
}

fn online() -> Messages {
    let mut messages = Messages::new();
    messages.set_online(true, Instant::now());
    messages
}

/// Sends everything that is queued.
fn send(messages: &mut Messages, now: Instant) -> usize {
    std::iter::from_fn(|| messages.next(true, now)).count()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_message_without_reply_leaves_at_the_rate_of_the_network() {
    for (rate, place, left) in [(1.0, 2.0, 17.0), (100.0, 0.02, 0.17), (0.1, 20.0, 170.0)] {
        let mut messages = online();
        messages.set_rate(rate);
        let now = Instant::now();
        messages.enqueue(silent(1));
        assert_eq!(send(&mut messages, now), 1);
        let deadline = messages.next_deadline().unwrap() - now;
        assert!(deadline <= Duration::from_secs_f64(place), "{deadline:?}");
        assert!(messages
            .expire(now + Duration::from_secs_f64(place))
            .is_empty());
        assert!(!messages.is_drained());
        assert!(messages
            .expire(now + Duration::from_secs_f64(left))
            .is_empty());
        assert!(messages.is_drained() && messages.is_empty());
    }
}

#[test]
fn many_messages_take_their_turns() {
    let mut messages = online();
    let now = Instant::now();
    for id in 0..10 {
        messages.enqueue(silent(id));
    }
    assert_eq!(send(&mut messages, now), 10);
    assert_eq!(messages.busy(), 10);
    // The tenth needs ten ticks of a second each, on average.
    assert!(messages.expire(now + SECOND * 10).is_empty());
    assert!(!messages.is_drained());
    assert!(messages.expire(now + SECOND * 60).is_empty());
    assert!(messages.is_drained());
}

#[test]
fn a_later_sent_event_shows_that_those_before_have_left() {
    let mut messages = online();
    let now = Instant::now();
    messages.enqueue(silent(1));
    messages.enqueue(answered(2));
    messages.enqueue(silent(3));
    send(&mut messages, now);
    messages.on_sent(&sent(2, SECOND), SECOND, now);
    assert!(!messages.is_drained()); // the third
    assert_eq!(messages.busy(), 1);
    assert!(messages.awaits_reply());
}

#[test]
fn time_in_the_daemons_queue_stops_while_it_is_offline() {
    let mut messages = online();
    let now = Instant::now();
    messages.enqueue(silent(1));
    messages.enqueue(answered(2));
    send(&mut messages, now);
    messages.set_online(false, now);
    messages.set_online(false, now + SECOND);
    assert!(messages.next_deadline().is_none());
    assert!(messages.expire(now + SECOND * 10_000).is_empty());
    assert_eq!(messages.busy(), 2);
    messages.set_online(true, now + SECOND * 10_000);
    assert!(messages.expire(now + SECOND * 10_001).is_empty());
    assert!(!messages.is_drained());
    let events = messages.expire(now + SECOND * 10_200);
    assert_eq!(events.len(), 1);
    assert!(messages.is_empty());
}

#[test]
fn a_message_without_a_sent_event_fails_in_time() {
    let mut messages = online();
    let now = Instant::now();
    messages.enqueue(answered(1));
    let (sender, mut answer) = oneshot::channel();
    messages.enqueue(message(2, true, MessageSink::Reply(sender)));
    send(&mut messages, now);
    assert!(messages.expire(now + SECOND * 60).is_empty());
    let events = messages.expire(now + SECOND * 120);
    let [Event::MessageSent(sent)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(sent.message_id, Some([1; 16]));
    let status = sent.error.as_ref().map(Error::status);
    assert_eq!(status, Some(Status::TIMEOUT));
    let failure = answer.try_recv().unwrap().unwrap_err();
    assert_eq!(failure.status(), Status::TIMEOUT);
    assert_eq!(messages.busy(), 0);
}

#[test]
fn a_reply_is_awaited_until_its_block_expires() {
    let mut messages = online();
    let now = Instant::now();
    messages.enqueue(answered(1));
    send(&mut messages, now);
    messages.on_sent(&sent(1, SECOND * 5), SECOND * 2, now);
    assert!(messages.on_lost().is_empty());
    assert!(messages.expire(now + SECOND * 6).is_empty());
    let events = messages.expire(now + SECOND * 7);
    assert!(matches!(&events[..], [Event::MessageReply(reply)] if reply.error.is_some()));
    // Nobody waits for it, but it is not lost if it comes after all; once.
    assert!(messages.on_reply(reply(1)).is_some());
}

#[test]
fn a_second_reply_is_dropped() {
    let mut messages = online();
    messages.enqueue(answered(1));
    send(&mut messages, Instant::now());
    assert!(messages.on_reply(reply(1)).is_some());
    assert!(messages.on_reply(reply(1)).is_none());
    for id in 0..=255 {
        messages.enqueue(answered(id));
        send(&mut messages, Instant::now());
        messages.on_reply(reply(id));
    }
    assert!(messages.answered.len() <= ANSWERED);
}

#[test]
fn a_hostile_eta_does_no_harm() {
    let mut messages = online();
    let now = Instant::now();
    for (id, eta) in [(1, i64::MAX), (2, i64::MIN), (3, -1)] {
        messages.enqueue(answered(id));
        send(&mut messages, now);
        let mut event = sent(id, SECOND);
        event.reply_eta_ns = eta;
        messages.on_sent(&event, SECOND, now);
    }
    let longest = Duration::from_secs_f64(LONGEST) + SECOND * 2;
    assert_eq!(messages.expire(now + longest).len(), 3);
}

#[test]
fn a_lost_connection_reports_each_outcome_in_the_order_of_sending() {
    let mut messages = online();
    let now = Instant::now();
    for id in 1..=5 {
        messages.enqueue(answered(id));
        send(&mut messages, now);
    }
    messages.on_sent(&sent(3, SECOND), SECOND, now);
    let ids = |events: Vec<Event>| -> Vec<u8> {
        let id = |event| match event {
            Event::MessageSent(sent) => sent.message_id.unwrap()[0],
            Event::MessageReply(reply) => reply.message_id.unwrap()[0],
            _ => 0,
        };
        events.into_iter().map(id).collect()
    };
    assert_eq!(ids(messages.on_lost()), [1, 2, 4, 5]);
    assert_eq!(ids(messages.on_fresh_session()), [3]);
    assert!(messages.is_empty());
}

#[test]
fn a_message_that_never_left_is_remembered_until_another_one_leaves() {
    let mut messages = online();
    let now = Instant::now();
    for id in 1..=2 {
        messages.enqueue(answered(id));
        send(&mut messages, now);
    }
    messages.on_sent(&sent(1, SECOND), SECOND, now);
    let late = now + Duration::from_secs(3600);
    assert_eq!(messages.expire(late).len(), 2);
    assert_eq!(messages.unsent(), Some(late));
    messages.enqueue(answered(3));
    send(&mut messages, late);
    messages.on_sent(&sent(3, SECOND), SECOND, late);
    assert_eq!(messages.unsent(), None);
    assert_eq!(messages.expire(late + SECOND * 3600).len(), 1);
    assert_eq!(
        messages.unsent(),
        None,
        "its reply is missing, which the mixnet may have lost"
    );
}
