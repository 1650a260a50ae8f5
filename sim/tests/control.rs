//! Trouble on demand, and looking in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::{bytes, exact, held, instant, wait_for, with, Came, Client, PATIENCE};
use kpclientd_sim::Sim;
use serde_cbor::Value;

const EPOCH: [(&str, Value); 1] = [("epoch", Value::Integer(7))];

#[test]
fn a_lost_packet_is_sent_again_after_its_time() {
    let mut config = exact();
    config.resend_slack = Duration::from_millis(150);
    config.loss = 1.0;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([1; 32]);
    let write = client.seal_write(&pair, b"x");
    let id = client.start(&write);
    wait_for(&sim, "packets", 2);
    sim.control("loss 0").unwrap();
    assert_eq!(client.reply_to(&id).code(), 0);
}

#[test]
fn half_of_all_losses_happen_after_the_write_was_done() {
    let mut config = exact();
    config.loss = 0.5;
    config.resend_slack = Duration::from_millis(1);
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    for seed in 0..30 {
        let pair = client.keypair([seed; 32]);
        let write = client.seal_write(&pair, b"x");
        let id = client.start(&write);
        assert_eq!(
            client.reply_to(&id).code(),
            0,
            "sent again it is no other write"
        );
    }
    let packets = sim.stats().unwrap()["packets"].as_u64().unwrap();
    assert!(
        (40..100).contains(&packets),
        "{packets} packets for 30 writes"
    );
}

#[test]
fn the_gaps_between_packets_are_those_of_a_poisson_process() {
    let mut config = exact();
    config.instant = false;
    config.network.lambda_p = 0.1;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let node = client.service_node();
    let begin = Instant::now();
    for _ in 0..10 {
        for id in 0..10 {
            client.message(&node, id, b"x");
        }
        for _ in 0..10 {
            client.expect("message_reply_event");
        }
    }
    let mean = begin.elapsed() / 100;
    let wanted = Duration::from_millis(7)..Duration::from_millis(20);
    assert!(wanted.contains(&mean), "{mean:?}");
    assert_eq!(sim.stats().unwrap()["ticks"], 100);
}

#[test]
fn frames_can_come_in_pieces_slowly_twice_never_and_in_another_order() {
    let sim = instant();
    let mut client = Client::new(&sim);
    sim.control("split 7").unwrap();
    assert_eq!(client.call("get_pki_document", &EPOCH).code(), 10);
    sim.control("split off").unwrap();
    sim.control("split 100").unwrap();
    sim.control("slow 20").unwrap();
    let begin = Instant::now();
    assert_eq!(client.call("get_pki_document", &EPOCH).code(), 10);
    assert!(begin.elapsed() > Duration::from_millis(100));
    sim.control("clear").unwrap();

    sim.control("twice get_pki_document_reply").unwrap();
    let id = client.ask("get_pki_document", &EPOCH);
    client.reply_to(&id);
    client.reply_to(&id);
    sim.control("swallow get_pki_document_reply").unwrap();
    client.ask("get_pki_document", &EPOCH);
    client.expect_silence();
    sim.control("reorder").unwrap();
    let first = client.ask("get_pki_document", &EPOCH);
    let second = client.ask("get_pki_document", &EPOCH);
    assert_eq!(
        client.expect("get_pki_document_reply").query_id(),
        Some(second)
    );
    assert_eq!(
        client.expect("get_pki_document_reply").query_id(),
        Some(first)
    );
    assert!(client.is_alive());
}

#[test]
fn a_connection_can_be_cut_between_and_within_frames_and_be_sent_garbage() {
    let sim = instant();
    for command in ["cut", "cut-mid-frame"] {
        let (mut client, _) = Client::with_token(&sim, [1; 16]);
        sim.control(command).unwrap();
        client.expect_hang_up();
        let (_, resumed) = Client::with_token(&sim, [1; 16]);
        assert!(resumed);
        wait_for(&sim, "connections", 0);
    }
    for (command, raw) in [
        ("garbage", &[0, 0, 0, 3, 0xff, 0xff, 0xff][..]),
        ("oversize", &[2, 128, 0, 1]),
    ] {
        let mut client = Client::new(&sim);
        sim.control(command).unwrap();
        assert_eq!(client.read_raw(raw.len()), raw);
    }
    let mut client = Client::new(&sim);
    sim.control("empty").unwrap();
    let Came::Frame(frame) = client.next(PATIENCE) else {
        panic!()
    };
    assert_eq!((frame.kind.as_str(), frame.keys.len()), ("", 25));
    let numbers = sim.control("connections").unwrap();
    let number = numbers.trim_matches(['[', ']']);
    sim.control(&format!("cut {number}")).unwrap();
    assert!(sim.control(&format!("cut {number}")).is_err());
}

#[test]
fn any_request_can_be_answered_with_any_code() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let requests = [
        "new_keypair",
        "encrypt_read",
        "encrypt_write",
        "start_resending_encrypted_message",
        "cancel_resending_encrypted_message",
        "start_resending_copy_command",
        "cancel_resending_copy_command",
        "next_message_box_index",
        "get_message_box_index_counter",
        "get_pki_document",
        "get_directory_authorities",
        "create_courier_envelopes_from_payload",
        "create_courier_envelopes_from_multi_payload",
        "create_courier_envelopes_from_tombstone_range",
        "voucher_mint",
        "voucher_induct",
        "voucher_open",
        "voucher_derive_stream",
    ];
    for (code, request) in (100..).zip(requests) {
        sim.control(&format!("error {request} {code}")).unwrap();
        let reply = client.call(request, &[]);
        assert_eq!(
            (reply.kind.clone(), reply.get_code()),
            (format!("{request}_reply"), code)
        );
    }
    sim.control("error start_resending_encrypted_message 3 refused")
        .unwrap();
    let reply = client.call("start_resending_encrypted_message", &[]);
    assert_eq!(reply.get("courier_identity_hash"), Some(&Value::Null));
    let node = client.service_node();
    sim.control("error send_message 5").unwrap();
    client.message(&node, 1, b"x");
    assert_eq!(client.expect("message_reply_event").code(), 5);
}

#[test]
fn couriers_and_replicas_fail_on_demand() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([2; 32]);
    for (fault, code) in [
        ("courier-ack 1", 31),
        ("courier-ack 2", 12),
        ("courier-ack 3", 13),
        ("courier-ack 4", 32),
    ] {
        sim.control(&format!("fault {fault}")).unwrap();
        let write = client.seal_write(&pair, b"x");
        let id = client.start(&write);
        let reply = client.reply_to(&id);
        assert_eq!(reply.code(), code);
        assert_eq!(reply.bytes("courier_identity_hash").len(), 32);
    }
    for (fault, code) in [
        ("replica-read 3", 3),
        ("damaged-answer", 22),
        ("damaged-box", 23),
        ("forged-tombstone", 25),
        ("courier-result 2", 12),
    ] {
        let write = client.seal_write(&pair, b"x");
        let id = client.start(&write);
        assert_eq!(client.reply_to(&id).code(), 0);
        sim.control(&format!("fault {fault}")).unwrap();
        let read = client.seal_read(&pair);
        let id = client.start(&read);
        assert_eq!(client.reply_to(&id).code(), code, "{fault}");
    }
    sim.control("storage-full on").unwrap();
    let other = client.keypair([3; 32]);
    let write = client.seal_write(&other, b"x");
    let strict = with(
        &write,
        "no_idempotent_box_already_exists",
        Value::Bool(true),
    );
    let id = client.start(&strict);
    assert_eq!(client.reply_to(&id).code(), 6);
}

#[test]
fn a_new_epoch_is_told_and_its_document_can_be_had() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let before = sim.stats().unwrap()["epoch"].as_u64().unwrap();
    sim.control("epoch-advance").unwrap();
    client.expect("new_pki_document_event");
    let reply = client.call("get_pki_document", &[]);
    assert_eq!(reply.integer("epoch"), i128::from(before) + 1);
    assert_eq!(reply.code(), 0);
}

#[test]
fn epochs_go_on_by_themselves() {
    let mut config = exact();
    config.network.epoch_length = Duration::from_secs(1);
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    client.expect("new_pki_document_event");
    client.expect("new_pki_document_event");
}

#[test]
fn a_daemon_that_is_down_refuses_connections_and_comes_back_where_it_was() {
    let sim = instant();
    let before = sim.stats().unwrap()["instance_token"].clone();
    let mut client = Client::new(&sim);
    sim.control("down").unwrap();
    let until = Instant::now() + PATIENCE;
    while std::os::unix::net::UnixStream::connect(sim.unix_path()).is_ok() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    while std::net::TcpStream::connect(sim.tcp_address()).is_ok() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(client.is_alive(), "connections that are open stay open");
    sim.control("restart 50 graceful").unwrap();
    client.expect("shutdown_event");
    client.expect_hang_up();
    while std::os::unix::net::UnixStream::connect(sim.unix_path()).is_err() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    Client::new(&sim);
    let mut over_tcp = Client::raw_tcp(&sim);
    over_tcp.greet();
    assert_ne!(sim.stats().unwrap()["instance_token"], before);
}

#[test]
fn replies_that_wait_are_bounded_and_come_in_order() {
    let sim = held(exact());
    let (mut client, _) = Client::with_token(&sim, [4; 16]);
    let node = client.service_node();
    sim.control("latency 200").unwrap();
    for id in 0..10 {
        client.message(&node, id, b"x");
    }
    wait_for(&sim, "queued", 10);
    sim.control("step 10").unwrap();
    drop(client);
    wait_for(&sim, "kept_replies", 10);
    let mut client = Client::greeted(&sim);
    client.send(
        "session_token",
        &client::map(&[("client_instance_token", bytes(&[4; 16]))]),
    );
    for id in 0..10 {
        let Came::Frame(frame) = client.next(PATIENCE) else {
            panic!()
        };
        assert_eq!(frame.bytes("message_id"), [id; 16]);
    }
    let Came::Frame(frame) = client.next(PATIENCE) else {
        panic!()
    };
    assert_eq!(frame.kind, "session_token_reply");
    sim.control("collect").unwrap();
}

#[test]
fn nonsense_on_the_control_line_is_refused() {
    let sim = instant();
    for line in [
        "",
        "frobnicate",
        "cut 99",
        "cut x",
        "split",
        "split x",
        "error no_such_request 3",
        "error new_keypair 300",
        "swallow no_such_reply",
        "fault no-such-fault",
        "fault replica-read",
        "offline now",
        "document maybe",
        "advance -1",
    ] {
        assert!(sim.control(line).is_err(), "{line:?}");
    }
    assert!(sim.control("help").unwrap().contains("cut-mid-frame"));
}

#[test]
fn a_dropped_simulator_leaves_nothing_behind() {
    let sim = instant();
    let directory = sim.directory().to_owned();
    let mut client = Client::new(&sim);
    drop(sim);
    client.expect_hang_up();
    assert!(!directory.exists());
}

/// The program.
struct Program {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kpclientd-sim"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Program { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn say(&mut self, line: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.line()
    }
}

#[test]
fn the_program_says_where_it_listens_obeys_its_input_and_says_goodbye() {
    let directory = instant();
    let config = directory.directory().join("thinclient.toml");
    let socket = directory.directory().join("program.sock");
    let mut program = Program::start(&[
        "--unix",
        socket.to_str().unwrap(),
        "--control=stdin",
        "--instant",
        "--config-out",
        config.to_str().unwrap(),
    ]);
    assert_eq!(
        program.line(),
        format!("ready: unix={}\n", socket.display())
    );
    let text = std::fs::read_to_string(&config).unwrap();
    let parsed = kpclient::config::Config::from_toml(&text).unwrap();
    assert!(parsed.dial.is_some());
    let mut client = Client::at(&socket);
    client.greet();
    client.shake([1; 16]);
    assert_eq!(program.say("nonsense"), "error no such command: nonsense\n");
    assert!(program.say("stats").starts_with("ok {\"instance_token\":"));
    let terminated = Command::new("kill")
        .arg(program.child.id().to_string())
        .status()
        .unwrap();
    assert!(terminated.success());
    client.expect("shutdown_event");
    client.expect_hang_up();
    assert!(program.child.wait().unwrap().success());
    assert!(!socket.exists());
}

#[test]
fn boxes_in_a_file_outlive_their_process() {
    let other = instant();
    let mut config = exact();
    config.boxes = Some(other.directory().join("boxes"));
    let pair = {
        let sim = Sim::start(config.clone()).unwrap();
        let mut client = Client::new(&sim);
        let pair = client.keypair([5; 32]);
        let write = client.seal_write(&pair, b"kept");
        let id = client.start(&write);
        assert_eq!(client.reply_to(&id).code(), 0);
        pair
    };
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let read = client.seal_read(&pair);
    let id = client.start(&read);
    assert_eq!(client.reply_to(&id).bytes("plaintext"), b"kept");
}

#[test]
fn the_configuration_of_every_era_is_understood() {
    use kpclientd_sim::daemon::{server::Bound, thinclient_toml};
    use kpclientd_sim::network::{Era, NetworkConfig};
    let bound = [
        Bound {
            unix: Some("/tmp/a \"quoted\" \\ path".to_owned()),
            tcp: None,
        },
        Bound {
            unix: None,
            tcp: Some("127.0.0.1:1".to_owned()),
        },
    ];
    for era in [Era::Current, Era::V0_0_73Rc1, Era::V0_0_72] {
        for bound in &bound {
            let text = thinclient_toml(&NetworkConfig::new(era), bound);
            let config = kpclient::config::Config::from_toml(&text).unwrap();
            config.validate().unwrap();
            assert_eq!(config.sphinx.is_some(), era != Era::Current);
        }
    }
}

#[test]
fn the_command_line_is_understood_or_refused() {
    use kpclientd_sim::daemon::arguments::{parse, Asked};
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let Ok(Asked::Run(a)) = parse(words("--latency=5 --protocol v0.0.72 --epoch 60 --instant"))
    else {
        panic!()
    };
    assert_eq!(a.config.latency, Some(Duration::from_millis(5)));
    assert_eq!(a.config.network.max_plaintext, 1681);
    assert_eq!(a.config.network.epoch_length, Duration::from_secs(60));
    assert!(a.config.instant && a.config.tcp.is_some());
    assert!(
        matches!(parse(words("--help")), Ok(Asked::Print(text)) if text.contains("hold-first-frame"))
    );
    for wrong in [
        "--loss 2",
        "--loss",
        "--epoch 0",
        "--protocol v1",
        "--unix",
        "--nonsense 1",
        "stray",
    ] {
        assert!(parse(words(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn the_end_of_its_input_ends_the_program() {
    let mut program = Program::start(&["--tcp", "127.0.0.1:0", "--control", "stdin"]);
    assert!(program.line().starts_with("ready: tcp=127.0.0.1:"));
    drop(program.child.stdin.take());
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn the_program_takes_commands_on_a_socket_and_listens_in_the_abstract_namespace() {
    let directory = instant();
    let control = directory.directory().join("control.sock");
    let name = format!("@kpclientd-sim-test-{}", std::process::id());
    let mut program = Program::start(&["--unix", &name, "--control", control.to_str().unwrap()]);
    assert_eq!(program.line(), format!("ready: unix={name}\n"));
    let mut stream = std::os::unix::net::UnixStream::connect(&control).unwrap();
    writeln!(stream, "shutdown").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert_eq!(answer, "ok\n");
    assert!(program.child.wait().unwrap().success());
    assert!(!control.exists());
}
