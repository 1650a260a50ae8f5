//! The simulator as a program: its command line, what it says and obeys, and how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use client::{exact, instant, Client};
use kpclientd_sim::Sim;

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
    use kpclientd_sim::daemon::{flat_thinclient_toml, server::Bound, thinclient_toml};
    use kpclientd_sim::network::{Era, NetworkConfig};
    let bound = [
        Bound {
            unix: Some("/tmp/a \"quoted\" \\ path".to_owned()),
            ..Bound::default()
        },
        Bound {
            tcp: Some("127.0.0.1:1".to_owned()),
            ..Bound::default()
        },
    ];
    let through_the_web = Bound {
        ws: Some("ws://127.0.0.1:1/".to_owned()),
        ..Bound::default()
    };
    let text = thinclient_toml(&NetworkConfig::new(Era::Current), &through_the_web);
    assert!(
        text.contains("[Dial.Ws]\n    Address = \"ws://127.0.0.1:1/\""),
        "{text}"
    );
    for era in [Era::Current, Era::V0_0_73Rc1, Era::V0_0_72] {
        for bound in &bound {
            let text = thinclient_toml(&NetworkConfig::new(era), bound);
            let config = kpclient::config::Config::from_toml(&text).unwrap();
            config.validate().unwrap();
            assert_eq!(config.sphinx.is_some(), era != Era::Current);
            let flat = flat_thinclient_toml(&NetworkConfig::new(era), bound);
            let config = kpclient::config::Config::from_toml(&flat).unwrap();
            config.validate().unwrap();
            assert!(config.sphinx.is_some() && config.pigeonhole.is_some());
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

#[test]
fn a_socket_that_somebody_left_keeps_the_next_one_from_starting_where_it_stays() {
    let directory = instant();
    let path = directory.directory().join("stale.sock");
    let path = path.to_str().unwrap();
    let mut killed = Program::start(&["--unix", path, "--stale-socket"]);
    assert!(killed.line().starts_with("ready:"));
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    let mut next = Program::start(&["--unix", path, "--stale-socket"]);
    assert!(
        !next.child.wait().unwrap().success(),
        "address already in use"
    );
    std::fs::remove_file(path).unwrap();
    let mut last = Program::start(&["--unix", path, "--stale-socket"]);
    assert!(last.line().starts_with("ready:"));
    last.child.kill().unwrap();
    last.child.wait().unwrap();
    let mut tidy = Program::start(&["--unix", path, "--control=stdin"]);
    assert!(
        tidy.line().starts_with("ready:"),
        "without the option it is taken away"
    );
    drop(tidy.child.stdin.take());
    assert!(tidy.child.wait().unwrap().success());
}

#[test]
fn a_daemon_that_was_killed_listens_again_when_its_stale_socket_is_gone() {
    let mut config = client::exact();
    config.stale_socket = true;
    let sim = kpclientd_sim::Sim::start(config).unwrap();
    let mut client = client::Client::new(&sim);
    sim.control("restart 300").unwrap();
    client.expect_hang_up();
    let connects = || std::os::unix::net::UnixStream::connect(sim.unix_path()).is_ok();
    let until = |wanted: bool| {
        let end = std::time::Instant::now() + client::PATIENCE;
        while connects() != wanted {
            assert!(std::time::Instant::now() < end);
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    until(false);
    // It tries again and again, and is not there until somebody cleans up.
    std::fs::remove_file(sim.unix_path()).unwrap();
    until(true);
    assert!(Client::new(&sim).is_alive());
}
