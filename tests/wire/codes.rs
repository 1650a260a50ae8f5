//! Error codes and features: what each number means on each reply, and what each
//! generation of the daemon may be asked.

use bytes::Bytes;
use kpclient::wire::{codes, decode, features, Features, Incoming, MessageKind, Reply, Request};
use kpclient::{Category, Error, Origin, Status};

use crate::support::asked::Asked;
use crate::support::{bytes, frame, int, message, some, transcripts, ERAS};

const RESENDING: MessageKind = MessageKind::StartResending;
const COPY: MessageKind = MessageKind::StartCopy;

/// The features told by the first recorded frame of an era.
fn of_era(era: &str) -> Features {
    features(&transcripts(era)[0][0].cbor).unwrap()
}

fn reply(kind: MessageKind, code: u8, courier: bool) -> Reply {
    let fields = some([
        ("query_id", Some(bytes(&[1; 16]))),
        ("error_code", Some(int(code))),
        ("courier_identity_hash", courier.then(|| bytes(&[2; 32]))),
        ("courier_queue_id", courier.then(|| bytes(b"courier"))),
    ]);
    match decode(&Bytes::from(frame(kind.key(), &fields))).unwrap() {
        Incoming::Reply(reply) => reply,
        other => panic!("{other:?}"),
    }
}

fn failure(kind: MessageKind, code: u8, courier: bool, features: &Features) -> Error {
    codes::check(&reply(kind, code, courier), features).unwrap_err()
}

fn replies() -> Vec<MessageKind> {
    let all = MessageKind::ALL.iter().copied();
    all.filter(|kind| kind.key().ends_with("_reply") && *kind != MessageKind::SessionTokenReply)
        .collect()
}

/// What a code of `start_resending_encrypted_message_reply` means after a courier was asked.
fn after_sending(code: u8) -> (Status, Origin) {
    match code {
        1 => (Status::BOX_ID_NOT_FOUND, Origin::Replica),
        2 => (Status::INVALID_BOX_ID, Origin::Replica),
        3 => (Status::INVALID_SIGNATURE, Origin::Replica),
        4 => (Status::DATABASE_FAILURE, Origin::Replica),
        5 => (Status::INVALID_PAYLOAD, Origin::Replica),
        6 => (Status::STORAGE_FULL, Origin::Replica),
        7 => (Status::REPLICA_INTERNAL, Origin::Replica),
        8 => (Status::INVALID_EPOCH, Origin::Replica),
        9 => (Status::REPLICATION_FAILED, Origin::Replica),
        10 => (Status::BOX_ALREADY_EXISTS, Origin::Replica),
        11 => (Status::TOMBSTONE, Origin::Replica),
        12 => (Status::COURIER_CACHE_CORRUPTION, Origin::Courier),
        13 => (Status::COURIER_PROPAGATION, Origin::Courier),
        22 => (Status::MKEM_DECRYPTION_FAILED, Origin::Replica),
        23 => (Status::BACAP_DECRYPTION_FAILED, Origin::Replica),
        24 => (Status::START_RESENDING_CANCELLED, Origin::Daemon),
        25 => (Status::INVALID_TOMBSTONE_SIGNATURE, Origin::Replica),
        27 => (Status::PAYLOAD_TOO_LARGE, Origin::Daemon),
        31 => (Status::COURIER_INVALID_ENVELOPE, Origin::Courier),
        32 => (Status::COURIER_INVALID_EPOCH, Origin::Courier),
        other => (Status::from_code(-1000 - i32::from(other)), Origin::Daemon),
    }
}

#[test]
fn a_resending_reply_with_a_courier_speaks_for_replica_courier_or_verification() {
    let features = of_era("v0.0.99");
    for code in 1..=255 {
        let error = failure(RESENDING, code, true, &features);
        assert_eq!(
            (error.status(), error.origin()),
            after_sending(code),
            "code {code}"
        );
        assert_eq!(error.daemon_code(), Some(code));
        let replica = (1..=11).contains(&code).then_some(code);
        assert_eq!(error.replica_code(), replica, "code {code}");
    }
}

#[test]
fn without_a_courier_three_and_four_are_the_daemons_refusal_before_sending() {
    let features = of_era("v0.0.99");
    for code in 1..=255 {
        let error = failure(RESENDING, code, false, &features);
        let expected = match code {
            3 => (Status::DAEMON_INVALID_REQUEST, Origin::Daemon),
            4 => (Status::DAEMON_INTERNAL, Origin::Daemon),
            other => after_sending(other),
        };
        assert_eq!((error.status(), error.origin()), expected, "code {code}");
    }
}

#[test]
fn every_other_reply_uses_the_daemons_namespace() {
    let features = of_era("v0.0.99");
    for kind in replies() {
        for code in 1..=255 {
            let expected = match (kind, code) {
                (RESENDING, _) | (COPY, 24 | 26) => continue,
                (_, 27) => Status::PAYLOAD_TOO_LARGE,
                (_, code) => Status::from_code(-1000 - i32::from(code)),
            };
            let error = failure(kind, code, false, &features);
            assert_eq!(error.status(), expected, "{kind:?} {code}");
            assert_eq!(
                (error.daemon_code(), error.origin()),
                (Some(code), Origin::Daemon)
            );
            assert_eq!(error.replica_code(), None);
        }
    }
}

#[test]
fn the_named_daemon_codes_are_those_of_the_table() {
    let features = of_era("v0.0.99");
    let named = [
        (MessageKind::EncryptWrite, 3, Status::DAEMON_INVALID_REQUEST),
        (MessageKind::EncryptWrite, 4, Status::DAEMON_INTERNAL),
        (
            MessageKind::GetPkiDocument,
            10,
            Status::DAEMON_SERVICE_UNAVAILABLE,
        ),
        (
            MessageKind::GetDirectoryAuthorities,
            10,
            Status::DAEMON_SERVICE_UNAVAILABLE,
        ),
        (
            MessageKind::VoucherInduct,
            3,
            Status::DAEMON_INVALID_REQUEST,
        ),
        (
            MessageKind::VoucherInduct,
            28,
            Status::VOUCHER_HASH_MISMATCH,
        ),
        (
            MessageKind::VoucherInduct,
            29,
            Status::VOUCHER_SIGNATURE_INVALID,
        ),
        (
            MessageKind::VoucherOpen,
            30,
            Status::VOUCHER_SEAL_OPEN_FAILED,
        ),
        (COPY, 3, Status::DAEMON_INVALID_REQUEST),
        (COPY, 4, Status::DAEMON_INTERNAL),
        (COPY, 24, Status::START_RESENDING_CANCELLED),
        (
            MessageKind::EnvelopesFromPayload,
            27,
            Status::PAYLOAD_TOO_LARGE,
        ),
    ];
    for (kind, code, status) in named {
        assert_eq!(
            failure(kind, code, false, &features).status(),
            status,
            "{kind:?} {code}"
        );
    }
}

#[test]
fn with_the_older_protocol_twelve_and_thirteen_are_couriers_errors_everywhere() {
    let features = of_era("v0.0.72");
    for kind in replies() {
        let twelve = failure(kind, 12, false, &features);
        assert_eq!(
            twelve.status(),
            Status::COURIER_CACHE_CORRUPTION,
            "{kind:?}"
        );
        assert_eq!(twelve.origin(), Origin::Courier);
        let thirteen = failure(kind, 13, false, &features);
        assert_eq!(thirteen.status(), Status::COURIER_PROPAGATION, "{kind:?}");
        assert_eq!(failure(kind, 14, false, &features).status().code(), -1014);
    }
    let named = [
        (
            MessageKind::ReadChannel,
            7,
            Status::DAEMON_CHANNEL_NOT_FOUND,
        ),
        (MessageKind::WriteChannel, 6, Status::DAEMON_INVALID_CHANNEL),
        (
            MessageKind::ResumeReadChannel,
            17,
            Status::DAEMON_INVALID_RESUME_READ,
        ),
        (
            MessageKind::ResumeWriteChannelQuery,
            18,
            Status::DAEMON_IMPOSSIBLE_HASH,
        ),
        (
            MessageKind::CreateWriteChannel,
            19,
            Status::DAEMON_IMPOSSIBLE_NEW_WRITE_CAP,
        ),
        (
            MessageKind::CreateWriteChannel,
            20,
            Status::DAEMON_IMPOSSIBLE_NEW_STATEFUL_WRITER,
        ),
    ];
    for (kind, code, status) in named {
        assert_eq!(
            failure(kind, code, false, &features).status(),
            status,
            "{kind:?} {code}"
        );
    }
}

fn copy_failure(replica: Option<u8>, failed: Option<u64>) -> Error {
    let fields = some([
        ("query_id", Some(bytes(&[1; 16]))),
        ("error_code", Some(int(26))),
        ("replica_error_code", replica.map(int)),
        ("failed_envelope_index", failed.map(int)),
    ]);
    let frame = Bytes::from(frame(COPY.key(), &fields));
    let Incoming::Reply(reply) = decode(&frame).unwrap() else {
        panic!("no reply")
    };
    codes::check(&reply, &Features::current()).unwrap_err()
}

#[test]
fn a_failed_copy_tells_the_replicas_code_and_the_envelope() {
    let error = copy_failure(Some(10), Some(7));
    assert_eq!(error.status(), Status::COPY_FAILED);
    assert_eq!(error.status().category(), Category::Copy);
    assert!(!error.status().is_expected_outcome());
    let numbers = (
        error.daemon_code(),
        error.replica_code(),
        error.failed_envelope(),
    );
    assert_eq!(numbers, (Some(26), Some(10), Some(7)));
    assert_eq!(error.origin(), Origin::Replica);
    assert!(error.message().contains("envelope 7"), "{error}");
    assert_eq!(codes::replica_status(10), Status::BOX_ALREADY_EXISTS);
    assert_eq!(codes::replica_status(200), Status::from_code(-2200));
}

#[test]
fn a_copy_that_the_courier_could_not_perform_names_no_replica() {
    for replica in [None, Some(0)] {
        let error = copy_failure(replica, Some(1));
        let told = (
            error.origin(),
            error.replica_code(),
            error.failed_envelope(),
        );
        assert_eq!(told, (Origin::Courier, replica, Some(1)));
    }
    assert_eq!(copy_failure(None, None).failed_envelope(), None);
}

#[test]
fn twenty_six_is_a_failed_copy_only_on_its_own_reply() {
    for courier in [false, true] {
        let error = failure(RESENDING, 26, courier, &Features::current());
        assert_eq!(error.status(), Status::from_code(-1026));
    }
}

#[test]
fn a_daemon_too_old_to_tell_couriers_from_replicas_is_doubted_in_words() {
    let old = failure(RESENDING, 2, true, &of_era("v0.0.73-rc1"));
    assert_eq!(old.status(), Status::INVALID_BOX_ID);
    assert!(old.message().contains("courier"), "{old}");
    let new = failure(RESENDING, 2, true, &of_era("v0.0.99"));
    assert!(!new.message().contains("courier"), "{new}");
    let four = failure(RESENDING, 4, true, &of_era("v0.0.99"));
    assert!(four.message().contains("could not read"), "{four}");
}

#[test]
fn a_plain_messages_reply_has_the_daemons_codes() {
    let code = |code: u8, features: &Features| {
        let fields = some([("error_code", Some(int(code)))]);
        let frame = Bytes::from(frame("message_reply_event", &fields));
        let Incoming::MessageReply(reply) = decode(&frame).unwrap() else {
            panic!("no reply")
        };
        codes::check_message_reply(&reply, features).map_err(|error| error.status())
    };
    let (old, new) = (of_era("v0.0.72"), of_era("v0.0.99"));
    assert_eq!(code(0, &new), Ok(()));
    assert_eq!(code(5, &old), Err(Status::DAEMON_MAX_RETRIES));
    assert_eq!(code(9, &old), Err(Status::DAEMON_INVALID_PAYLOAD));
    assert_eq!(code(12, &old), Err(Status::COURIER_CACHE_CORRUPTION));
    assert_eq!(code(12, &new), Err(Status::from_code(-1012)));
}

#[test]
fn every_recorded_failure_has_a_status_with_a_name() {
    let mut met = Vec::new();
    for era in ERAS {
        let features = of_era(era);
        for recorded in transcripts(era)
            .into_iter()
            .flatten()
            .filter(|frame| !frame.from_client)
        {
            if let Incoming::Reply(reply) = decode(&Bytes::from(recorded.cbor)).unwrap() {
                match codes::check(&reply, &features) {
                    Ok(()) => assert_eq!(reply.error_code, 0),
                    Err(error) => met.push(error.status()),
                }
            }
        }
    }
    met.sort();
    met.dedup();
    assert!(
        met.iter().all(|status| status.name() != "KPC_ERR_UNKNOWN"),
        "{met:?}"
    );
    for status in [
        Status::BOX_ID_NOT_FOUND,
        Status::BOX_ALREADY_EXISTS,
        Status::TOMBSTONE,
        Status::START_RESENDING_CANCELLED,
        Status::COPY_FAILED,
        Status::DAEMON_INVALID_REQUEST,
        Status::DAEMON_INTERNAL,
        Status::DAEMON_SERVICE_UNAVAILABLE,
        Status::DAEMON_CHANNEL_NOT_FOUND,
    ] {
        assert!(met.contains(&status), "{status} was recorded");
    }
}

#[test]
fn the_first_frame_of_each_generation_tells_its_features() {
    let known = |era: &str, key: &str| of_era(era).knows(key);
    let table = [
        ("session_token_reply", [false, true, true]),
        ("create_write_channel_reply", [true, false, false]),
        ("channel_query_reply_event", [true, false, false]),
        ("shutdown_event", [true, true, true]),
        ("new_keypair_reply", [false, true, true]),
        ("get_message_box_index_counter_reply", [false, false, true]),
        ("get_pki_document_reply", [false, false, true]),
        ("get_directory_authorities_reply", [false, false, true]),
        ("voucher_mint_reply", [false, false, true]),
        ("no_such_reply", [false, false, false]),
    ];
    for (key, expected) in table {
        assert_eq!(ERAS.map(|era| known(era, key)), expected, "{key}");
    }
    assert_eq!(
        ERAS.map(|era| of_era(era).is_legacy()),
        [true, false, false]
    );
    assert_eq!(
        ERAS.map(|era| of_era(era).may_meet_itself()),
        [true, true, false]
    );
    assert!(ERAS.iter().all(|era| of_era(era).names_nulls()));
}

#[test]
fn todays_daemon_knows_exactly_what_is_assumed_of_a_frame_without_nulls() {
    let current = Features::current();
    let today = of_era("v0.0.99");
    for kind in MessageKind::ALL {
        assert_eq!(current.has(*kind), today.has(*kind), "{kind:?}");
    }
    let fields = some([("is_connected", Some(serde_cbor::Value::Bool(true)))]);
    let bare = features(&frame("connection_status_event", &fields)).unwrap();
    assert_eq!(bare, current);
    assert!(!bare.names_nulls());
}

#[test]
fn every_frame_of_an_era_tells_the_same_features() {
    for era in ERAS {
        let first = of_era(era);
        for recorded in transcripts(era)
            .into_iter()
            .flatten()
            .filter(|frame| !frame.from_client)
        {
            assert_eq!(
                features(&recorded.cbor).unwrap(),
                first,
                "{}",
                recorded.place
            );
        }
    }
}

#[test]
fn what_was_answered_is_supported_and_what_crashed_is_not() {
    for era in ERAS {
        let features = of_era(era);
        for recorded in transcripts(era)
            .into_iter()
            .flatten()
            .filter(|frame| frame.from_client)
        {
            let (key, fields) = message(&recorded.cbor).unwrap();
            let crashed = era == "v0.0.73-rc1" && key == "get_message_box_index_counter";
            if let Some(request) = Asked::new(&key, &fields).request() {
                assert_eq!(features.supports(&request), !crashed, "{}", recorded.place);
            }
        }
    }
}

#[test]
fn requests_of_another_generation_are_not_supported() {
    let (old, first, today) = (of_era("v0.0.72"), of_era("v0.0.73-rc1"), of_era("v0.0.99"));
    let token = Request::SessionToken { token: &[1; 16] };
    assert!(!old.supports(&token) && first.supports(&token));
    let derive = Request::VoucherDeriveStream { voucher: &[1; 32] };
    assert!(!old.supports(&derive) && !first.supports(&derive) && today.supports(&derive));
    assert_eq!(derive.reply_key(), Some("voucher_derive_stream_reply"));
    for request in [
        Request::CreateWriteChannel,
        Request::CloseChannel { channel_id: 1 },
    ] {
        assert!(old.supports(&request) && !first.supports(&request) && !today.supports(&request));
    }
    for features in [old, first, today] {
        assert!(features.supports(&Request::ThinClose));
    }
    assert_eq!(Request::ThinClose.reply_key(), None);
}
