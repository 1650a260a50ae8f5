//! One recorded conversation, played again: the scripted peer says what the daemon said, frame
//! by frame, and the player makes the client's calls. Every request must be the recorded one,
//! and of every reply and event the player must be told what is in it.

use std::collections::HashMap;

use serde_cbor::Value;

use crate::common::frames::{message, transcript, Era, Fields, Recorded};
use crate::common::peer::{Conn, Peer};
use crate::couriers;
use crate::program::{Form, Program};
use crate::recorded::{compare_requests, content, drawn, names, sent_as, Lane, Outcome};
use crate::text::{compare, hex, shown, Shown};

mod asking;
mod change;

use asking::AtOnce;
pub use change::Change;

/// How a conversation is played.
#[derive(Clone, Copy)]
pub struct How<'a> {
    pub form: Form,
    /// Boxes are written and read by one call each, not step by step.
    pub at_once: bool,
    /// Calls that send messages end with the reply, where there is such a call.
    pub awaits: bool,
    /// The conversation is not to be as recorded.
    pub change: Option<&'a Change>,
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
    /// The call that makes this request makes another one, and goes on.
    is_first_half: bool,
    /// This request ends a call that made two: of the first it gives the next index.
    next_index: Option<Vec<u8>>,
}

impl Made {
    fn new(frame: &Recorded, key: &str, recorded: &Fields) -> Made {
        Made {
            place: frame.place.clone(),
            key: key.to_owned(),
            recorded: recorded.clone(),
            lane: Lane::Local,
            awaited: true,
            call: None,
            message_id: None,
            seen: false,
            is_first_half: false,
            next_index: None,
        }
    }
}

pub struct Replay<'a> {
    peer: Peer,
    program: Program,
    how: How<'a>,
    /// What every new lane is told: status, document, admission.
    greeting: Vec<Vec<u8>>,
    lanes: HashMap<Lane, Conn>,
    made: Vec<Made>,
    /// Recorded ids, and those that stand for them now.
    drawn: Vec<(Vec<u8>, Vec<u8>)>,
    /// Lanes by the hash that was started on them.
    started: HashMap<Vec<u8>, Lane>,
    /// Calls that are to make another request, by the hash of its envelope.
    at_once: HashMap<Vec<u8>, AtOnce>,
    /// What names requests that were refused, and so the replies to them.
    passed_over: Vec<Vec<u8>>,
    /// How often the daemon said that it still had a session.
    resumes: u32,
    /// Refused while the daemon is off the mixnet.
    later: Vec<&'a Recorded>,
}

/// Plays a transcript to its end.
pub fn play(era: Era, title: &str, how: How<'_>) {
    let frames = transcript(era, title);
    // The older protocol's sizes are withheld so that the daemon, as recorded, refuses what is
    // too long.
    let toml = era.toml();
    let toml = match era {
        Era::Channels => toml.split("[PigeonholeGeometry]").next().unwrap(),
        _ => &toml,
    };
    let handshake = if era == Era::Channels { 2 } else { 4 };
    let mut replay = Replay::begin(era, how, toml, &frames[..handshake]);
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
    fn begin(era: Era, how: How<'a>, toml: &str, handshake: &[Recorded]) -> Replay<'a> {
        let peer = Peer::new(era);
        let program = Program::start(how.form, &peer, toml);
        let mut replay = Replay {
            peer,
            program,
            how,
            greeting: Vec::new(),
            lanes: HashMap::new(),
            made: Vec::new(),
            drawn: Vec::new(),
            started: HashMap::new(),
            at_once: HashMap::new(),
            passed_over: Vec::new(),
            resumes: 0,
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
        if let Some(admission) = handshake.get(3) {
            replay.check_admission(admission);
        }
        if era == Era::Current {
            // The library's own questions, whether the daemon derives keys and indices as it does.
            let conn = replay.lane(Lane::Local);
            let question = conn.expect("new_keypair");
            conn.answer_keypair(&question);
            let question = conn.expect("next_message_box_index");
            conn.answer_next_index(&question);
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

    /// Reads the requests that were made up to the one at `until`, and compares them.
    fn see(&mut self, until: usize) {
        for at in 0..=until {
            if self.made[at].seen {
                continue;
            }
            let (lane, key) = (self.made[at].lane, self.made[at].key.clone());
            let asked = self.lane(lane).expect(sent_as(&key));
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
            if let Some(change) = self.how.change.filter(|change| change.place == made.place) {
                change::alter(recorded.get_mut(&change.field).unwrap());
            }
            let mut exempt = drawn.to_vec();
            if made.next_index.is_some() {
                exempt.push("reply_index"); // today's daemons ignore it, and no such call has it
            }
            compare_requests(&made.place, &key, &exempt, &recorded, &asked.fields);
            if key == "start_resending_copy_command" {
                let (_, document) = message(&self.greeting[1]).unwrap();
                couriers::check(&self.made[at].place, &asked.fields, &document);
            }
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
        match self.how.change {
            Some(change) if change.place == frame.place => change::altered(&cbor, &change.field),
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
        let at = self.answered(&names, &frame.place);
        self.see(at);
        let cbor = self.of_today(frame);
        let lane = self.made[at].lane;
        self.lane(lane).send_cbor(&cbor);
        self.check(at, &key, &recorded, &frame.place);
    }

    /// Which request an answer with these names is for.
    fn answered(&self, names: &[Vec<u8>], place: &str) -> usize {
        let answers = |made: &Made| {
            let asked = self::names(&made.recorded);
            asked.iter().any(|name| names.contains(name))
        };
        let at = self.made.iter().position(answers);
        at.unwrap_or_else(|| panic!("{place}: an answer to nothing"))
    }

    /// The player is told of an answer: by the end of its call, or by an event.
    fn check(&mut self, at: usize, key: &str, recorded: &Fields, place: &str) {
        let made = &mut self.made[at];
        if made.is_first_half {
            return;
        }
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
        let made = &mut self.made[at];
        if is_end {
            let call = made.call.take().expect("it is over already");
            let mut outcome = outcome.of_awaited();
            if let Some(next_index) = &made.next_index {
                outcome.become_box(next_index);
            }
            outcome.compare(place, self.program.done(call));
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
            let names = names(&recorded);
            if names.is_empty() {
                self.check_news(&key, &recorded, place);
            } else {
                let at = self.answered(&names, place);
                self.check(at, &key, &recorded, place);
            }
        }
        let is_admission = |frame: &&Recorded| key_of(frame) == "session_token_reply";
        self.check_admission(frames.iter().find(is_admission).unwrap());
    }

    /// The client counts what the daemon said of a session: that it still had it, or not.
    fn check_admission(&mut self, admission: &Recorded) {
        let (_, recorded) = message(&admission.cbor).unwrap();
        self.resumes += u32::from(recorded["resumed"] == Value::Bool(true));
        let call = self.program.call("resumes", &Shown::new());
        let known = self.program.done(call).fields;
        let expected = Shown::from([("resumes".to_owned(), self.resumes.to_string())]);
        compare(&admission.place, &known, &expected);
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
