//! The recorded conversations with real daemons of three generations, played again through the
//! public C functions: a program in C makes the client's calls, the scripted peer plays the
//! daemon. Each transcript is one test, in all forms of calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(
    clippy::print_stdout,
    reason = "a test that fails says which replay it was"
)]

#[allow(dead_code)] // the C tests need more of it
#[path = "../c_suite/build.rs"]
mod build;
#[path = "../common/mod.rs"]
mod common;

mod couriers;
mod program;
mod recorded;
mod replay;
mod text;

use std::collections::BTreeMap;

use common::frames::{message, titles, transcript, Era};
use program::Form;
use recorded::is_message;
use replay::{play, Change, How};

/// Plays a transcript in all forms of calls: where messages are sent, by calls that are over
/// when these have left, and by calls that wait for the reply.
fn play_in_all_forms(era: Era, title: &str, at_once: bool) {
    for form in Form::ALL {
        for awaits in [false, true] {
            if awaits && !sends_messages(era, title) {
                continue;
            }
            println!("{title}: {form:?}, replies awaited: {awaits}");
            let change = None;
            let how = How {
                form,
                at_once,
                awaits,
                change,
            };
            play(era, title, how);
        }
    }
}

fn sends_messages(era: Era, title: &str) -> bool {
    let frames = transcript(era, title).into_iter();
    let mut asked = frames.filter(|frame| frame.from_client);
    asked.any(|frame| message(&frame.cbor).is_some_and(|(key, _)| is_message(&key)))
}

/// Makes a test of each transcript of an era; its name is that of the era and of the transcript.
macro_rules! transcripts {
    ($era:ident of $names:ident, $prefix:literal: $($name:ident,)*) => {
        const $names: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            let title = stringify!($name).strip_prefix($prefix).unwrap();
            play_in_all_forms(Era::$era, title, false);
        })*
    };
}

transcripts!(
    Current of CURRENT, "v0_0_99_":
    v0_0_99_bad_length_cap,
    v0_0_99_cancel,
    v0_0_99_copy_empty,
    v0_0_99_copy_garbage,
    v0_0_99_copy_multi,
    v0_0_99_copy_one,
    v0_0_99_daemon_shutdown,
    v0_0_99_documents,
    v0_0_99_echo,
    v0_0_99_encrypt,
    v0_0_99_encrypt_ctidh,
    v0_0_99_handshake,
    v0_0_99_handshake_ctidh,
    v0_0_99_keypair_and_index,
    v0_0_99_keypair_and_index_since_hpqc_101,
    v0_0_99_offline_and_back,
    v0_0_99_read_missing,
    v0_0_99_resume_with_queued_replies,
    v0_0_99_tombstone,
    v0_0_99_tombstone_range_by_copy,
    v0_0_99_voucher_conversation,
    v0_0_99_vouchers,
    v0_0_99_write_then_read,
);

transcripts!(
    FirstSessions of FIRST_SESSIONS, "v0_0_73_rc1_":
    v0_0_73_rc1_bad_length_cap,
    v0_0_73_rc1_echo,
    v0_0_73_rc1_encrypt,
    v0_0_73_rc1_handshake,
    v0_0_73_rc1_keypair_and_index,
);

transcripts!(
    Channels of CHANNELS, "v0_0_72_":
    v0_0_72_channels,
    v0_0_72_echo_and_arq,
    v0_0_72_errors,
    v0_0_72_handshake,
    v0_0_72_resume,
);

/// Once more those in which boxes are sent, with `kpc_write_box`, `kpc_read_box` and
/// `kpc_tombstone_box`: on the wire that must be the same.
mod at_once {
    macro_rules! transcripts {
        ($($name:ident,)*) => {
            $(#[test]
            fn $name() {
                super::play_in_all_forms(super::Era::Current, stringify!($name), true);
            })*
        };
    }

    transcripts!(
        copy_garbage,
        copy_multi,
        copy_one,
        read_missing,
        tombstone,
        tombstone_range_by_copy,
        write_then_read,
    );
}

#[test]
fn every_transcript_is_played() {
    let eras = [
        (Era::Current, "v0_0_99_", CURRENT),
        (Era::FirstSessions, "v0_0_73_rc1_", FIRST_SESSIONS),
        (Era::Channels, "v0_0_72_", CHANNELS),
    ];
    for (era, prefix, played) in eras {
        let recorded = titles(era)
            .into_iter()
            .map(|title| prefix.to_owned() + &title);
        assert_eq!(recorded.collect::<Vec<_>>(), played);
    }
}

#[test]
fn every_refusal_is_of_a_recorded_request() {
    let all = Era::ALL.into_iter().flat_map(|era| {
        let titles = titles(era).into_iter();
        titles.flat_map(move |title| transcript(era, &title))
    });
    let asked: Vec<String> = all.filter(|f| f.from_client).map(|f| f.place).collect();
    for (place, status, why) in recorded::REFUSED {
        let is_asked = asked.iter().any(|asked| asked == place);
        assert!(is_asked, "{place}: {status}, {why}");
    }
}

/// What is played with a change, so that everything that a daemon of its time tells has one.
const CHANGED: [(Era, &str); 4] = [
    (Era::Current, "copy_multi"),
    (Era::Current, "documents"),
    (Era::Current, "echo"),
    (Era::Channels, "channels"),
];

/// Names that one side draws and nobody is told of.
const DRAWN: [&str; 2] = ["client_instance_token", "app_id"];

/// Fields with another value of which the library goes on in another way, or not at all: they
/// join frames, or tell that a channel does not stand where the library has it.
const LEADING: [&str; 7] = [
    "id",
    "query_id",
    "message_id",
    "surbid",
    "channel_id",
    "current_message_index",
    "error_code",
];

/// A change of each field of each kind of message that the client, or its daemon, says.
fn changes(from_client: bool) -> Vec<(Era, &'static str, Change)> {
    let mut places = BTreeMap::new();
    for (era, title) in CHANGED {
        let frames = transcript(era, title);
        for frame in frames.iter().filter(|f| f.from_client == from_client) {
            let (key, fields) = message(&frame.cbor).unwrap();
            // What a read of a channel found comes twice, and this time is passed over.
            let twice = era == Era::Channels && key == "message_reply_event";
            if twice {
                continue;
            }
            let is_told = |field: &String| {
                let field = field.as_str();
                !DRAWN.contains(&field) && !LEADING.contains(&field)
            };
            for field in fields.into_keys().filter(is_told) {
                let place = frame.place.clone();
                let change = Change { place, field };
                let name = (era as u8, key.clone(), change.field.clone());
                places.entry(name).or_insert((era, title, change));
            }
        }
    }
    places.into_values().collect()
}

fn all_are_noticed(changes: &[(Era, &'static str, Change)]) {
    for (era, title, change) in changes {
        let how = How {
            form: Form::Sink,
            at_once: false,
            awaits: *era == Era::Channels,
            change: Some(change),
        };
        let replay = || play(*era, title, how);
        let Err(said) = std::panic::catch_unwind(replay) else {
            panic!("{change:?} is not noticed");
        };
        let said = said.downcast_ref::<String>().unwrap();
        assert!(said.contains(&change.place), "{change:?}: {said}");
    }
}

#[test]
fn whatever_else_the_daemon_says_is_noticed() {
    let changes = changes(false);
    assert!(changes.len() > 40, "{}", changes.len());
    all_are_noticed(&changes);
}

#[test]
fn whatever_else_the_client_asks_is_noticed() {
    let changes = changes(true);
    assert!(changes.len() >= 30, "{}", changes.len());
    all_are_noticed(&changes);
}
