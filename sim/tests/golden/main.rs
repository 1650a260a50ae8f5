//! The recorded conversations, replayed: what the real daemons said is what the simulator must say.
//!
//! The client's frames are sent as they were recorded, with the values that came from the daemon (envelopes, couriers) replaced
//! by the simulator's. Its frames are compared by kind, keys, nulls, types, lengths, error codes and order, by what is
//! deterministic also by value, and by what does not come: where the real daemon was silent or hung up, so must this one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

#[path = "../client/mod.rs"]
mod client;
mod queries;
mod replay;

use client::{field, wait_for, Came, Client, Frame, PATIENCE};
use kpclientd_sim::network::Era;
use replay::{golden, transcript, Line, Replay};

/// Plays every conversation of an era but those that need a test of their own.
fn replay_all(era: Era, directory: &str, apart: &[&str]) -> usize {
    let mut played = 0;
    let mut files: Vec<_> = std::fs::read_dir(golden(directory))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if apart.contains(&name.as_str()) {
            continue;
        }
        let lines = transcript(&path);
        let mut replay = Replay::new(era, &format!("{directory}/{name}"), &lines);
        replay.learn_services(&lines);
        replay.run(&lines);
        played += 1;
    }
    played
}

#[test]
fn todays_conversations_go_as_recorded() {
    let played = replay_all(Era::Current, "v0.0.99", &["resume_with_queued_replies"]);
    assert_eq!(played, 22);
}

#[test]
fn conversations_with_the_oldest_daemon_of_todays_protocol_go_as_recorded() {
    let played = replay_all(Era::V0_0_73Rc1, "v0.0.73-rc1", &[]);
    assert_eq!(played, 5);
}

#[test]
fn conversations_of_the_older_protocol_go_as_recorded() {
    // Which of two replicas answers a channel's read is left to chance there.
    let played = replay_all(Era::V0_0_72, "v0.0.72", &["channels", "resume"]);
    assert_eq!(played, 3);
}

#[test]
fn queued_replies_come_before_the_session_is_confirmed_as_recorded() {
    let lines = transcript(&golden("v0.0.99").join("resume_with_queued_replies.jsonl"));
    let mut replay = Replay::new(Era::Current, "resume_with_queued_replies", &lines);
    replay.learn_services(&lines);
    replay.sim.control("hold").unwrap();
    let mut sent = 0;
    for line in &lines {
        match line {
            Line::FromClient(frame) => {
                let frame = replay.replaced(frame);
                replay
                    .client
                    .send_frame(&serde_cbor::to_vec(&frame).unwrap());
                replay.shaken = field(&frame, "thin_close").is_none();
            }
            Line::FromDaemon(cbor) => {
                if Frame::decode(cbor).kind == "message_sent_event" {
                    sent += 1;
                    if sent == 3 {
                        // Time enough to go away.
                        replay.sim.control("latency 300").unwrap();
                    }
                    client::step(&replay.sim);
                }
                let before = std::mem::replace(&mut replay.shaken, false);
                replay.compare_next(cbor);
                replay.shaken = before;
            }
            Line::NewConnection => {
                replay.client = Client::greeted(&replay.sim);
                wait_for(&replay.sim, "kept_replies", 1);
                replay.client = Client::raw(&replay.sim);
            }
        }
    }
    assert_eq!(replay.client.next(PATIENCE), Came::End);
}
