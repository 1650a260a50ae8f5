//! ctrl-C, SIGTERM and closed pipes in the middle.

use std::process::Stdio;

use rustix::process::Signal;

use crate::common::{objects, Running, World};

#[test]
fn ping_shows_its_statistics_at_the_end() {
    let world = World::new();
    let pinging = Running::start(world.tool("alice", &["ping", "-i", "0.05"]));
    pinging.line();
    assert!(pinging.line().starts_with("reply 1:"));
    pinging.signal(Signal::INT);
    let done = pinging.end();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("round trip min/avg/max/mdev"), "{done:?}");
}

#[test]
fn following_ends_at_a_signal() {
    let world = World::new().with_channel("letters");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        world.well("alice", &["write", "letters"], "hello");
        let following = Running::start(world.tool("bob", &["read", "letters", "--follow"]));
        assert_eq!(following.line(), "hello");
        following.signal(signal);
        let done = following.end();
        assert_eq!(done.code, code, "{done:?}");
        assert_eq!(done.err, "kpc: interrupted\n");
    }
}

#[test]
fn a_command_that_waits_for_its_input_can_be_interrupted() {
    let world = World::new().with_channel("letters");
    let writing = Running::start(world.tool("alice", &["write", "letters", "-v"]));
    // It listens to signals before it reads: its own handler is there.
    let status = format!("/proc/{}/status", writing.id());
    let is_caught = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("SigCgt:"))
            .unwrap();
        let mask = line.split_whitespace().nth(1).unwrap();
        u64::from_str_radix(mask, 16).unwrap() & 2 != 0
    };
    while !is_caught(&std::fs::read_to_string(&status).unwrap()) {
        std::thread::yield_now();
    }
    writing.signal(Signal::INT);
    // Its input stays open meanwhile.
    let mut writing = writing;
    let stdin = writing.stdin.take();
    let done = writing.end();
    drop(stdin);
    assert_eq!(done.code, 130, "{done:?}");
}

#[test]
fn what_nobody_reads_is_not_acknowledged() {
    let world = World::new().with_channel("letters");
    world.well("alice", &["write", "letters"], "read me");
    let mut reading = world.tool("bob", &["read", "letters"]);
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    drop(reader);
    let status = reading
        .stdout(writer)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(141));
    assert_eq!(world.well("bob", &["read", "letters"], ""), "read me\n");
}

#[test]
fn a_pipe_that_closes_is_no_complaint() {
    let world = World::new();
    let mut listing = world.tool("alice", &["pki"]);
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    drop(reader);
    let output = listing
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = output.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(output.stderr, b"");
}

#[test]
fn a_daemon_that_goes_is_waited_for() {
    let world = World::new().with_channel("letters");
    let mut reading = world.tool("bob", &["read", "letters", "--json"]);
    reading.arg("-v");
    let reading = Running::start(reading);
    world.sim.control("cut").unwrap();
    world.well("alice", &["write", "letters"], "after all");
    assert_eq!(objects(&reading.line())[0]["text"], "after all");
    assert_eq!(reading.end().code, 0);
}
