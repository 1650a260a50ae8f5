//! The client's part of a conversation: recorded requests as calls of the player.

use serde_cbor::Value;

use super::{key_of, Made, Replay};
use crate::common::frames::{message, Fields, Recorded};
use crate::recorded::{content, is_awaited, names, Lane, Outcome, OFFLINE, REFUSED};
use crate::text::{shown, Shown};

/// A box that is written or read by one call, which makes two requests: to encrypt and to send.
pub(super) struct AtOnce {
    call: u32,
    next_index: Vec<u8>,
}

impl<'a> Replay<'a> {
    /// The client's part of a recorded frame.
    pub(super) fn ask(&mut self, frame: &'a Recorded, following: &[Recorded]) {
        let (key, recorded) = message(&frame.cbor).unwrap();
        if key == "thin_close" {
            return;
        }
        let mut made = Made::new(frame, &key, &recorded);
        made.lane = self.lane_for(&key, &recorded);
        let in_a_row = self.in_a_row(&key, following);
        made.awaited = is_awaited(&key, &recorded, &self.how, in_a_row);
        if let Some(at_once) = self.at_once.remove(&content(&recorded, "envelope_hash")) {
            made.call = Some(at_once.call);
            made.next_index = Some(at_once.next_index);
        } else if self.begin_at_once(&key, &recorded, following) {
            made.is_first_half = true;
        } else {
            let arguments = arguments(&recorded, made.awaited, following);
            made.call = Some(self.program.call(&key, &arguments));
        }
        let is_late = self.later.iter().any(|later| later.place == frame.place);
        let refused = REFUSED.iter().find(|(place, _, _)| *place == frame.place);
        match refused.filter(|_| !is_late) {
            Some((_, status, _)) => self.expect_refusal(&made, status, frame),
            None => {
                self.made.push(made);
                self.follow(self.made.len() - 1, in_a_row);
            }
        }
    }

    /// Whether a request of the same kind was made just before, or follows at once.
    fn in_a_row(&self, key: &str, following: &[Recorded]) -> bool {
        let next = following.first();
        next.is_some_and(|frame| frame.from_client && key_of(frame) == key)
            || self.made.iter().any(|made| made.key == key && !made.seen)
    }

    /// Begins one call for a request to encrypt and the one to send what was encrypted, if boxes
    /// are played at once and both were recorded.
    fn begin_at_once(&mut self, key: &str, asked: &Fields, following: &[Recorded]) -> bool {
        let Some(kind) = key.strip_prefix("encrypt_").filter(|_| self.how.at_once) else {
            return false;
        };
        let following = following.iter().filter_map(|frame| message(&frame.cbor));
        let mut following = following.map(|(_, fields)| fields);
        let query = content(asked, "query_id");
        let reply = following.find(|fields| content(fields, "query_id") == query);
        let reply = reply.expect("a reply");
        let hash = content(&reply, "envelope_hash");
        let is_start = |fields: &Fields| content(fields, "envelope_hash") == hash;
        let Some(start) = following.find(is_start) else {
            return false;
        };
        let mut both = start;
        both.extend(asked.clone());
        let call = self
            .program
            .call(&format!("{kind}_box"), &arguments(&both, true, &[]));
        // What is sent has its place in line before it is encrypted.
        self.lane(if kind == "write" {
            Lane::Write
        } else {
            Lane::Read
        });
        let next_index = content(&reply, "next_message_box_index");
        self.at_once.insert(hash, AtOnce { call, next_index });
        true
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
            _ if takes_long(key) => Lane::Encryption,
            _ => Lane::Local,
        }
    }

    /// What is known of a request before the daemon answers.
    fn follow(&mut self, at: usize, in_a_row: bool) {
        let made = &mut self.made[at];
        if !made.awaited {
            let told = self.program.done(made.call.take().unwrap());
            assert_eq!(told.status, "KPC_OK", "{}", made.place);
            made.message_id = told.fields.get("message_id").cloned();
        }
        // More messages may be recorded in a row than the library has under way.
        if made.key != "send_message" || !in_a_row {
            self.see(at);
        }
        let made = &mut self.made[at];
        if made.key == "close_channel" {
            let told = self.program.done(made.call.take().unwrap());
            Outcome::of("", &Fields::new()).compare(&made.place, told);
        }
    }

    fn expect_refusal(&mut self, made: &Made, status: &str, frame: &'a Recorded) {
        let told = self.program.done(made.call.unwrap());
        assert_eq!(told.status, status, "{}", made.place);
        if status == OFFLINE {
            self.later.push(frame);
        } else {
            self.passed_over.extend(names(&made.recorded));
        }
    }
}

/// What the daemon computes for a time.
fn takes_long(key: &str) -> bool {
    let vouchers = ["voucher_mint", "voucher_induct", "voucher_open"];
    key.starts_with("encrypt_") || key.starts_with("create_courier_") || vouchers.contains(&key)
}

/// The fields of a request as the player takes them.
fn arguments(recorded: &Fields, awaited: bool, following: &[Recorded]) -> Shown {
    let mut arguments = shown(recorded);
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
    arguments
}
