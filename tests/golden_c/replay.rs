//! One recorded conversation, played again: the scripted peer says what the daemon said, frame
//! by frame, and the player makes the client's calls. Every request must be the recorded one,
//! and of every reply and event the player must be told what is in it.

use std::collections::HashMap;

use serde_cbor::Value;

use crate::common::frames::{message, transcript, Era, Fields, Recorded};
use crate::common::peer::{Conn, Peer};
use crate::program::{Form, Program};
use crate::recorded::{
    compare_requests, content, drawn, is_awaited, names, Lane, Outcome, OFFLINE, REFUSED,
};
use crate::text::{compare, hex, shown, Shown};

/// A field of one recorded frame in which the conversation is to differ from the recording.
#[derive(Clone, Debug)]
pub struct Change {
    pub place: String,
    pub field: String,
}

/// A request that was made, or is about to be seen.
struct Made {
    place: String,
    key: String,
    recorded: Fields,
    lane: Lane,
    /// The player waits for the reply by this call.
    awaited: bool,
    /// The player's call, until its end was checked.
    call: Option<u32>,
    /// The id that the player was told of a message.
    message_id: Option<String>,
    seen: bool,
}

pub struct Replay<'a> {
    peer: Peer,
    program: Program,
    form: Form,
    change: Option<&'a Change>,
    /// What every new lane is told: status, document, admission.
    greeting: Vec<Vec<u8>>,
    lanes: HashMap<Lane, Conn>,
    made: Vec<Made>,
    /// Recorded ids, and those that stand for them now.
    drawn: Vec<(Vec<u8>, Vec<u8>)>,
    /// Lanes by the hash that was started on them.
    started: HashMap<Vec<u8>, Lane>,
    /// What names requests that were refused, and so the replies to them.
    passed_over: Vec<Vec<u8>>,
    /// Refused while the daemon is off the mixnet.
    later: Vec<&'a Recorded>,
}

/// Plays a transcript to its end.
pub fn play(era: Era, title: &str, form: Form, change: Option<&Change>) {
    let frames = transcript(era, title);
    // The older protocol's sizes are withheld so that the daemon, as recorded, refuses what is
    // too long.
    let toml = era.toml();
    let toml = match era {
        Era::Channels => toml.split("[PigeonholeGeometry]").next().unwrap(),
        _ => &toml,
    };
    let handshake = if era == Era::Channels { 2 } else { 4 };
    let mut replay = Replay::begin(era, form, toml, &frames[..handshake], change);
    let mut rest = &frames[handshake..];
    while let Some((frame, following)) = rest.split_first() {
        if frame.after_note {
            let admission = rest.iter().position(|f| key_of(f) == "session_token_reply");
            let (handshake, following) = rest.split_at(admission.unwrap() + 1);
            replay.resume(handshake);
            rest = following;
            continue;
        }
        rest = following;
        if frame.from_client {
            replay.ask(frame, following);
        } else {
            replay.tell(frame);
        }
    }
    let hung_up = frames.last().is_some_and(|f| key_of(f) == "shutdown_event");
    replay.end(hung_up);
}

fn key_of(frame: &Recorded) -> String {
    message(&frame.cbor).map(|(key, _)| key).unwrap_or_default()
}

/// Plays the recorded handshake on a new lane.
fn greet(mut conn: Conn, greeting: &[Vec<u8>]) -> Conn {
    conn.send_cbor(&greeting[0]);
    conn.send_cbor(&greeting[1]);
    conn.take_token();
    if let Some(admission) = greeting.get(2) {
        conn.send_cbor(admission);
    }
    conn
}

impl<'a> Replay<'a> {
    fn begin(
        era: Era,
        form: Form,
        toml: &str,
        handshake: &[Recorded],
        change: Option<&'a Change>,
    ) -> Replay<'a> {
        let peer = Peer::new(era);
        let program = Program::start(form, &peer, toml);
        let mut replay = Replay {
            peer,
            program,
            form,
            change,
            greeting: Vec::new(),
            lanes: HashMap::new(),
            made: Vec::new(),
            drawn: Vec::new(),
            started: HashMap::new(),
            passed_over: Vec::new(),
            later: Vec::new(),
        };
        let daemon = handshake.iter().filter(|frame| !frame.from_client);
        replay.greeting = daemon.map(|frame| replay.of_today(frame)).collect();
        let connecting = replay.program.call("connect", &Shown::new());
        replay.lane(Lane::Local);
        let told = replay.program.done(connecting);
        Outcome::of("", &Fields::new()).compare("connect", told);
        for frame in &handshake[..2] {
            let (key, recorded) = message(&frame.cbor).unwrap();
            replay.check_news(&key, &recorded, &frame.place);
        }
        if era == Era::Current {
            // The library's own question, whether the daemon derives keys as it does.
            let conn = replay.lane(Lane::Local);
            let question = conn.expect("new_keypair");
            conn.answer_keypair(&question);
        }
        replay
    }

    /// The lane of a kind, which is opened now if it was not. Older daemons have one for all.
    fn lane(&mut self, lane: Lane) -> &mut Conn {
        let lane = match self.peer.era {
            Era::Current => lane,
            _ => Lane::Local,
        };
        let (peer, greeting) = (&self.peer, &self.greeting);
        let open = || greet(peer.accept(), greeting);
        self.lanes.entry(lane).or_insert_with(open)
    }

    /// On which lane a request is to come.
    fn lane_for(&mut self, key: &str, recorded: &Fields) -> Lane {
        match key {
            "start_resending_encrypted_message" => {
                let reads = recorded.contains_key("read_cap");
                let lane = if reads { Lane::Read } else { Lane::Write };
                self.started
                    .insert(content(recorded, "envelope_hash"), lane);
                lane
            }
            "cancel_resending_encrypted_message" => {
                self.started[&content(recorded, "envelope_hash")]
            }
            "start_resending_copy_command" | "cancel_resending_copy_command" | "send_message" => {
                Lane::Write
            }
            _ => Lane::Local,
        }
    }

    /// The client's part of a recorded frame.
    fn ask(&mut self, frame: &'a Recorded, following: &[Recorded]) {
        let (key, recorded) = message(&frame.cbor).unwrap();
        if key == "thin_close" {
            return;
        }
        let in_a_row = |frame: &Recorded| frame.from_client && key_of(frame) == key;
        let follows = |made: &Made| made.key == key && !made.seen;
        let in_a_row = following.first().is_some_and(in_a_row) || self.made.iter().any(follows);
        let awaited = is_awaited(&key, &recorded, self.form, in_a_row);
        let mut arguments = shown(&recorded);
        arguments.remove("query_id");
        arguments.insert("awaited".into(), awaited.to_string());
        // A program is given a handle for a channel; later calls name it by this.
        if let Some((_, reply)) = following.first().and_then(|reply| message(&reply.cbor)) {
            if let Some(Value::Integer(id)) = reply.get("channel_id") {
                arguments
                    .entry("channel_id".into())
                    .or_insert(id.to_string());
            }
        }
        let call = self.program.call(&key, &arguments);
        let refused = REFUSED.iter().find(|(place, _, _)| *place == frame.place);
        if let Some((place, status, _)) = refused {
            if !self.later.iter().any(|later| later.place == *place) {
                return self.expect_refusal(call, status, frame, &recorded);
            }
        }
        let lane = self.lane_for(&key, &recorded);
        self.made.push(Made {
            place: frame.place.clone(),
            key,
            recorded,
            lane,
            awaited,
            call: Some(call),
            message_id: None,
            seen: false,
        });
        self.follow(self.made.len() - 1);
    }

    /// What is known of a request before the daemon answers.
    fn follow(&mut self, at: usize) {
        let made = &mut self.made[at];
        if !made.awaited {
            let told = self.program.done(made.call.take().unwrap());
            assert_eq!(told.status, "KPC_OK", "{}", made.place);
            made.message_id = told.fields.get("message_id").cloned();
        }
        // More messages may be recorded in a row than the library has under way.
        if made.key != "send_message" || made.awaited {
            self.see(at);
        }
        let made = &mut self.made[at];
        if made.key == "close_channel" {
            let told = self.program.done(made.call.take().unwrap());
            Outcome::of("", &Fields::new()).compare(&made.place, told);
        }
    }

    fn expect_refusal(&mut self, call: u32, status: &str, frame: &'a Recorded, asked: &Fields) {
        let told = self.program.done(call);
        assert_eq!(told.status, status, "{}", frame.place);
        if status == OFFLINE {
            self.later.push(frame);
        } else {
            self.passed_over.extend(names(asked));
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
            let drawn = drawn(&key, made.awaited);
            for name in drawn {
                let (recorded, now) = (content(&made.recorded, name), content(&asked.fields, name));
                assert_eq!(recorded.len(), now.len(), "{}: {name}", made.place);
                if !recorded.is_empty() {
                    self.drawn.push((recorded, now));
                }
            }
            if let Some(told) = &made.message_id {
                assert_eq!(*told, hex(&content(&asked.fields, "id")), "{}", made.place);
            }
            let mut recorded = made.recorded.clone();
            if let Some(change) = self.change.filter(|change| change.place == made.place) {
                alter(recorded.get_mut(&change.field).unwrap());
            }
            compare_requests(&made.place, &key, drawn, &recorded, &asked.fields);
        }
    }

    /// A frame of the daemon with the ids of today, and with the change if it is to have one.
    fn of_today(&self, frame: &Recorded) -> Vec<u8> {
        let mut cbor = frame.cbor.clone();
        for (recorded, now) in &self.drawn {
            let found = |bytes: &[u8]| bytes == recorded.as_slice();
            for at in 0..cbor.len().saturating_sub(recorded.len() - 1) {
                if found(&cbor[at..at + recorded.len()]) {
                    cbor[at..at + now.len()].copy_from_slice(now);
                }
            }
        }
        match self.change {
            Some(change) if change.place == frame.place => altered(&cbor, &change.field),
            _ => cbor,
        }
    }

    /// The daemon's part of a recorded frame.
    fn tell(&mut self, frame: &Recorded) {
        let Some((key, recorded)) = message(&frame.cbor) else {
            return;
        };
        let names = names(&recorded);
        if names.iter().any(|name| self.passed_over.contains(name)) {
            return;
        }
        if names.is_empty() {
            return self.tell_all(&key, &recorded, frame);
        }
        let answers = |made: &Made| {
            let asked = self::names(&made.recorded);
            asked.iter().any(|name| names.contains(name))
        };
        let at = self.made.iter().position(answers);
        let at = at.unwrap_or_else(|| panic!("{}: an answer to nothing", frame.place));
        self.see(at);
        let cbor = self.of_today(frame);
        let lane = self.made[at].lane;
        self.lane(lane).send_cbor(&cbor);
        self.check(at, &key, &recorded, &frame.place);
    }

    /// The player is told of an answer: by the end of its call, or by an event.
    fn check(&mut self, at: usize, key: &str, recorded: &Fields, place: &str) {
        let made = &mut self.made[at];
        // What a read found comes as the reply to a message first, which it is not.
        if made.key == "send_channel_query" && key == "message_reply_event" {
            return;
        }
        let outcome = Outcome::of(key, recorded).renamed(&self.drawn);
        let is_sent = matches!(key, "message_sent_event" | "channel_query_sent_event");
        let is_end = made.awaited && (!is_sent || outcome.is_failure());
        if is_sent || !is_end {
            self.check_event(key, &outcome, place);
        }
        if is_end {
            let call = self.made[at].call.take().expect("it is over already");
            outcome.of_awaited().compare(place, self.program.done(call));
        }
    }

    fn check_event(&mut self, key: &str, outcome: &Outcome, place: &str) {
        let (name, told) = self.program.event();
        assert_eq!(name, key, "{place}: {told:?}");
        outcome.compare(place, told);
    }

    /// What concerns no request goes to every lane, and is told once.
    fn tell_all(&mut self, key: &str, recorded: &Fields, frame: &Recorded) {
        let cbor = self.of_today(frame);
        let is_news = self.is_news(key, &cbor);
        for conn in self.lanes.values_mut() {
            conn.send_cbor(&cbor);
        }
        if is_news {
            self.check_news(key, recorded, &frame.place);
        }
    }

    /// Whether a frame says something new. What new lanes are told is up to date from now on.
    fn is_news(&mut self, key: &str, cbor: &[u8]) -> bool {
        let at = match key {
            "connection_status_event" => 0,
            "new_pki_document_event" => 1,
            _ => return true,
        };
        let before = std::mem::replace(&mut self.greeting[at], cbor.to_vec());
        before != cbor
    }

    /// The player is told of a status or a document, and knows it without asking.
    fn check_news(&mut self, key: &str, recorded: &Fields, place: &str) {
        let mut told = recorded.clone();
        told.retain(|name, _| !name.ends_with("_geometry"));
        let outcome = Outcome::of(key, &told).renamed(&self.drawn);
        self.check_event(key, &outcome, place);
        if key == "connection_status_event" {
            let call = self.program.call("status", &Shown::new());
            let mut known = self.program.done(call).fields;
            let recorded = shown(recorded);
            // Older daemons tell no geometry, and the client has that of its configuration.
            known.retain(|name, _| recorded.contains_key(name));
            compare(place, &known, &recorded);
        }
    }

    /// The recording goes on with another connection under the same token.
    fn resume(&mut self, frames: &[Recorded]) {
        self.see(self.made.len() - 1);
        let before = self.lanes.remove(&Lane::Write).unwrap();
        let token = before.token;
        before.cut();
        let mut conn = self.peer.accept();
        let mut news = Vec::new();
        for frame in frames {
            let (key, recorded) = message(&frame.cbor).unwrap();
            if frame.from_client {
                conn.take_token();
                assert_eq!(conn.token, token, "{}", frame.place);
                continue;
            }
            let cbor = self.of_today(frame);
            conn.send_cbor(&cbor);
            if key != "session_token_reply" && self.is_news(&key, &cbor) {
                news.push((key, recorded, &frame.place));
            }
        }
        // Now it is asked whether the session is mute, and only then what was queued is told.
        let probe = conn.expect("new_keypair");
        conn.answer_keypair(&probe);
        self.lanes.insert(Lane::Write, conn);
        for (key, recorded, place) in news {
            self.check_news(&key, &recorded, place);
        }
    }

    fn end(mut self, hung_up: bool) {
        for frame in self.later.clone() {
            self.ask(frame, &[]);
        }
        if let Some(last) = self.made.len().checked_sub(1) {
            self.see(last);
        }
        if hung_up {
            self.lanes.clear();
            let (name, told) = self.program.event();
            assert_eq!((name.as_str(), &*told.status), ("disconnected", "KPC_OK"));
            assert_eq!(told.fields["graceful"], "true");
        }
        self.program.close();
        for conn in self.lanes.values_mut() {
            conn.expect_goodbye();
        }
        self.lanes.clear();
        for made in &self.made {
            if let Some(call) = made.call {
                let told = self.program.done(call);
                assert_eq!(told.status, "KPC_ERR_CLOSED", "{}", made.place);
            }
        }
        let (name, _) = self.program.event();
        assert_eq!(name, "closed");
        self.program.expect_end();
    }
}

/// A frame with another value in one field of its message.
fn altered(cbor: &[u8], field: &str) -> Vec<u8> {
    let mut frame: Value = serde_cbor::from_slice(cbor).unwrap();
    let Value::Map(kinds) = &mut frame else {
        panic!("no map");
    };
    for kind in kinds.values_mut() {
        if let Value::Map(fields) = kind {
            alter(fields.get_mut(&Value::Text(field.to_owned())).unwrap());
        }
    }
    serde_cbor::to_vec(&frame).unwrap()
}

/// Another value of the same kind and size.
fn alter(value: &mut Value) {
    match value {
        Value::Bool(value) => *value = !*value,
        Value::Integer(value) => *value += 1,
        Value::Bytes(bytes) => match bytes.last_mut() {
            Some(last) => *last ^= 1,
            None => bytes.push(1),
        },
        Value::Text(text) => text.insert(0, 'x'),
        Value::Array(values) => alter(&mut values[0]),
        Value::Map(values) => alter(values.values_mut().next().unwrap()),
        other => panic!("{other:?} cannot be altered"),
    }
}
