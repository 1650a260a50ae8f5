//! The recorded conversations with real daemons, played again: the scripted peer says what
//! the daemon said, frame by frame, and the library says the client's part through its
//! public calls. Every request must be the recorded one, every answer come out as recorded.

use std::collections::HashMap;
use std::sync::Arc;

use kpclient::client::{Client, Event, EventSink};
use kpclient::Status;
use serde_cbor::Value;

use crate::common::drive::{client, name, next, next_that, start, Op};
use crate::common::frames::{message, titles, transcript, Era, Fields, Recorded};
use crate::common::peer::{Conn, Peer};
use crate::golden_calls::{self, call, check, compare, content, number, replace};

/// Recorded requests that the library does not make, and what it says instead. The replies
/// to them are passed over with them.
const EXCLUDED: [(&str, Status, &str); 7] = [
    (
        "v0.0.99/keypair_and_index.jsonl:14",
        Status::ARG_SIZE,
        "a seed of 5 bytes cannot be expressed",
    ),
    (
        "v0.0.99/encrypt.jsonl:14",
        Status::PAYLOAD_TOO_LARGE,
        "refused by the library",
    ),
    (
        "v0.0.99/echo.jsonl:11",
        Status::PAYLOAD_TOO_LARGE,
        "refused by the library",
    ),
    (
        "v0.0.99/documents.jsonl:10",
        Status::UNSUPPORTED,
        "the authorities are not offered by the core yet",
    ),
    (
        "v0.0.73-rc1/echo.jsonl:11",
        Status::PAYLOAD_TOO_LARGE,
        "refused by the library",
    ),
    (
        "v0.0.73-rc1/encrypt.jsonl:14",
        Status::PAYLOAD_TOO_LARGE,
        "refused by the library",
    ),
    (
        "v0.0.73-rc1/keypair_and_index.jsonl:12",
        Status::UNSUPPORTED,
        "it made this daemon crash",
    ),
];

/// Whole transcripts that are not played, and why.
const NOT_PLAYED: [(&str, &str); 4] = [
    (
        "bad_length_cap",
        "a capability of a wrong length cannot be expressed",
    ),
    (
        "copy_one",
        "envelopes for copy streams are not offered by the core yet",
    ),
    (
        "copy_multi",
        "envelopes for copy streams are not offered by the core yet",
    ),
    (
        "tombstone_range_by_copy",
        "envelopes for copy streams are not offered by the core yet",
    ),
];

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    Local,
    Write,
    Read,
}

/// A request that was made, or is about to be seen.
struct Made {
    key: String,
    recorded: Fields,
    lane: Lane,
    op: Option<Op>,
    seen: bool,
}

struct Replay {
    peer: Peer,
    client: Arc<Client>,
    events: Arc<EventSink>,
    /// Told to every new lane: status, document, admission.
    greeting: [Vec<u8>; 3],
    lanes: HashMap<Lane, Conn>,
    made: Vec<Made>,
    /// Recorded values of sixteen bytes, and those that stand for them now.
    drawn: Vec<(Vec<u8>, Vec<u8>)>,
    /// Lanes by the hash that was started on them.
    started: HashMap<[u8; 32], Lane>,
    passed_over: Vec<Vec<u8>>,
}

/// Plays the recorded handshake for a new lane; gives the token.
fn greet(mut conn: Conn, greeting: &[Vec<u8>; 3]) -> Conn {
    conn.send_cbor(&greeting[0]);
    conn.send_cbor(&greeting[1]);
    conn.take_token();
    conn.send_cbor(&greeting[2]);
    conn
}

impl Replay {
    fn begin(era: Era, frames: &[Recorded]) -> Replay {
        let peer = Peer::new(era);
        let mut config = peer.config();
        config.send_while_offline = true;
        let client = client(config);
        let events = client.open_sink(1000).unwrap();
        let greeting = [0, 1, 3].map(|at| frames[at].cbor.clone());
        let connecting = start(&client, client.connect());
        let local = greet(peer.accept(), &greeting);
        connecting.done::<()>().unwrap();
        Replay {
            peer,
            client,
            events,
            greeting,
            lanes: HashMap::from([(Lane::Local, local)]),
            made: Vec::new(),
            drawn: Vec::new(),
            started: HashMap::new(),
            passed_over: Vec::new(),
        }
    }

    fn lane(&mut self, lane: Lane) -> &mut Conn {
        let lane = match self.peer.era {
            Era::Current => lane,
            _ => Lane::Local,
        };
        let (peer, greeting) = (&self.peer, &self.greeting);
        let open = || greet(peer.accept(), greeting);
        self.lanes.entry(lane).or_insert_with(open)
    }

    /// The client's part of a recorded frame.
    fn ask(&mut self, frame: &Recorded) {
        let (key, recorded) = message(&frame.cbor).unwrap();
        if key == "thin_close" {
            return;
        }
        let (lane, asked) = call(&self.client, &mut self.started, &key, &recorded);
        let excluded = EXCLUDED.iter().find(|(place, _, _)| frame.place == *place);
        if let Some((_, status, _)) = excluded {
            let refused = asked.and_then(|op| Err::<(), _>(op.failure()));
            assert_eq!(refused.unwrap_err().status(), *status, "{}", frame.place);
            self.passed_over.extend(golden_calls::names(&recorded));
            return;
        }
        let op = asked.unwrap_or_else(|e| panic!("{}: {e}", frame.place));
        self.made.push(Made {
            key,
            recorded,
            lane,
            op: Some(op),
            seen: false,
        });
        // More messages may be recorded in a row than the library has under way.
        if self
            .made
            .last()
            .is_some_and(|made| made.key != "send_message")
        {
            self.see(self.made.len() - 1);
        }
    }

    /// Reads the requests that were made up to the one at `until`, and compares them.
    fn see(&mut self, until: usize) {
        for at in 0..=until {
            if self.made[at].seen {
                continue;
            }
            let (lane, key) = (self.made[at].lane, self.made[at].key.clone());
            let asked = self.lane(lane).expect(&key);
            let made = &mut self.made[at];
            made.seen = true;
            for name in ["query_id", "id", "surbid"] {
                let (recorded, now) = (content(&made.recorded, name), content(&asked.fields, name));
                if !recorded.is_empty() {
                    assert_eq!(recorded.len(), now.len(), "{key}: {name}");
                    self.drawn.push((recorded, now));
                }
            }
            compare(&key, &made.recorded, &asked.fields);
        }
    }

    /// The daemon's part of a recorded frame.
    fn tell(&mut self, frame: &Recorded) {
        let Some((key, recorded)) = message(&frame.cbor) else {
            return;
        };
        let names = golden_calls::names(&recorded);
        if names.iter().any(|name| self.passed_over.contains(name)) {
            return;
        }
        if names.is_empty() {
            return self.tell_all(&key, frame);
        }
        let answers = |made: &Made| {
            golden_calls::names(&made.recorded)
                .iter()
                .any(|n| names.contains(n))
        };
        let at = self.made.iter().position(answers);
        let at = at.unwrap_or_else(|| panic!("{}: an answer to nothing", frame.place));
        self.see(at);
        let mut cbor = frame.cbor.clone();
        for (recorded, now) in &self.drawn {
            replace(&mut cbor, recorded, now);
        }
        let lane = self.made[at].lane;
        self.lane(lane).send_cbor(&cbor);
        if key.ends_with("_reply") {
            let op = self.made[at].op.take();
            let cancelled = number(&recorded, "error_code") == 24;
            check(&key, &recorded, &op.unwrap(), cancelled);
        } else {
            self.check_event(&key, &recorded);
        }
    }

    /// What concerns no request goes to every lane, and is told once.
    fn tell_all(&mut self, key: &str, frame: &Recorded) {
        match key {
            "connection_status_event" => self.greeting[0].clone_from(&frame.cbor),
            "new_pki_document_event" => self.greeting[1].clone_from(&frame.cbor),
            _ => {}
        }
        for conn in self.lanes.values_mut() {
            conn.send_cbor(&frame.cbor);
        }
    }

    fn check_event(&self, key: &str, recorded: &Fields) {
        loop {
            match (key, next(&self.events)) {
                ("message_sent_event", Event::MessageSent(sent)) => {
                    let eta = i128::from(sent.reply_eta_ns);
                    assert_eq!(eta, number(recorded, "reply_eta"));
                    assert_eq!(i128::from(sent.sent_at), number(recorded, "sent_at"));
                    let err = recorded.get("err");
                    assert_eq!(err.is_some(), sent.error.is_some());
                    if let (Some(Value::Text(err)), Some(error)) = (err, sent.error) {
                        assert!(error.message().contains(err));
                    }
                    return;
                }
                ("message_reply_event", Event::MessageReply(reply)) => {
                    assert_eq!(reply.payload, content(recorded, "payload"));
                    assert!(reply.error.is_none());
                    return;
                }
                _ => {}
            }
        }
    }

    /// The recording goes on with another connection under the same token.
    fn resume(&mut self, frames: &mut std::slice::Iter<'_, Recorded>, first: &Recorded) {
        self.see(self.made.len() - 1);
        let before = self.lanes.remove(&Lane::Write).unwrap();
        let token = before.token;
        before.cut();
        let mut queued = Vec::new();
        let mut conn = self.peer.accept();
        conn.send_cbor(&first.cbor);
        for frame in frames.by_ref() {
            let (key, recorded) = message(&frame.cbor).unwrap();
            let mut cbor = frame.cbor.clone();
            for (recorded, now) in &self.drawn {
                replace(&mut cbor, recorded, now);
            }
            match key.as_str() {
                "session_token" => conn.take_token(),
                _ => conn.send_cbor(&cbor),
            }
            match key.as_str() {
                // Only now the queued replies are told.
                "session_token_reply" => break,
                "message_reply_event" => queued.push(content(&recorded, "payload")),
                _ => {}
            }
        }
        assert_eq!(conn.token, token);
        let probe = conn.expect("new_keypair"); // whether the session is mute
        conn.answer_keypair(&probe);
        let reply = next_that(&self.events, |event| match event {
            Event::MessageReply(reply) => Some(reply.payload.to_vec()),
            _ => None,
        });
        assert_eq!(queued, [reply]);
        self.lanes.insert(Lane::Write, conn);
    }

    fn end(mut self, hung_up: bool) {
        if let Some(last) = self.made.len().checked_sub(1) {
            self.see(last);
        }
        if hung_up {
            self.lanes.clear();
            next_that(&self.events, |event| {
                (name(&event) == "shutdown").then_some(())
            });
            assert_eq!(name(&next(&self.events)), "left");
        }
        let client = Arc::clone(&self.client);
        let closing = std::thread::spawn(move || client.close());
        for conn in self.lanes.values_mut() {
            conn.expect_goodbye();
        }
        self.lanes.clear();
        closing.join().unwrap();
    }
}

fn play(era: Era, title: &str) {
    let frames = transcript(era, title);
    let mut replay = Replay::begin(era, &frames);
    let mut rest = frames[4..].iter();
    while let Some(frame) = rest.next() {
        match (frame.from_client, frame.after_note) {
            (_, true) => replay.resume(&mut rest, frame),
            (true, _) => replay.ask(frame),
            (false, _) => replay.tell(frame),
        }
    }
    replay.end(title == "daemon_shutdown");
}

/// Plays every transcript of an era but those that the table names.
fn play_all(era: Era) {
    let titles = titles(era);
    assert!(titles.len() >= 4);
    for title in titles {
        if NOT_PLAYED.iter().all(|(name, _)| *name != title) {
            play(era, &title);
        }
    }
}

#[test]
fn the_conversations_with_todays_daemon_are_played_again() {
    play_all(Era::Current);
}

#[test]
fn the_conversations_with_the_oldest_daemon_with_sessions_are_played_again() {
    play_all(Era::FirstSessions);
}

#[test]
fn every_exclusion_names_a_recorded_request() {
    for (place, _, why) in EXCLUDED {
        let eras = [Era::Current, Era::FirstSessions];
        let mut all = eras.iter().flat_map(|era| {
            let titles = titles(*era).into_iter();
            titles.flat_map(|title| transcript(*era, &title))
        });
        let is_it = |frame: Recorded| frame.place == place && frame.from_client;
        assert!(all.any(is_it), "{place}: {why}");
    }
    for (title, why) in NOT_PLAYED {
        assert!(
            titles(Era::Current).contains(&title.to_owned()),
            "{title}: {why}"
        );
    }
}
