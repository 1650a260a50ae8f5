//! invite, accept, chat.

use crate::common::{objects, Running, World};

/// Alice and Bob have accepted each other.
fn acquainted() -> World {
    let world = World::new();
    let voucher = &world.json(
        "alice",
        &["invite", "bob", "--as", "Alice", "--no-wait"],
        "",
    )[0];
    let voucher = voucher["voucher"].as_str().unwrap().to_owned();
    assert!(voucher.starts_with("kpcv1"), "{voucher}");
    let accepted = &world.json("bob", &["accept", "alice"], &voucher)[0];
    assert_eq!(accepted["who"], "Alice");
    let all = world.json("alice", &["invite", "bob", "--as", "Alice"], "");
    assert_eq!(all.last().unwrap()["event"], "connected");
    world
}

#[test]
fn a_voucher_gives_a_channel_each_way() {
    let world = acquainted();
    world.well("alice", &["write", "bob"], "hello Bob");
    assert_eq!(world.well("bob", &["read", "alice"], ""), "hello Bob\n");
    world.well("bob", &["write", "alice"], "hello Alice");
    assert_eq!(world.well("alice", &["read", "bob"], ""), "hello Alice\n");
    // Each command may be given again.
    assert_eq!(
        world
            .json("alice", &["invite", "bob", "--as", "Alice"], "")
            .last()
            .unwrap()["event"],
        "connected"
    );
    assert_eq!(
        world.json("bob", &["accept", "alice", "--again"], "")[0]["who"],
        "Alice"
    );
}

#[test]
fn an_invitation_waits_and_is_the_same_the_next_time() {
    let world = World::new();
    let args = ["invite", "bob", "--as", "Alice", "--json"];
    let first = Running::start(world.tool("alice", &args));
    let voucher = objects(&first.line())[0]["voucher"].clone();
    first.signal(rustix::process::Signal::INT);
    let done = first.end();
    assert_eq!(done.code, 130, "{done:?}");
    assert!(done.err.contains("kpc invite bob"), "{done:?}");
    let list = world.json("alice", &["channel", "list"], "");
    assert_eq!(list[0]["state"], "voucher");
    let second = Running::start(world.tool("alice", &args));
    assert_eq!(objects(&second.line())[0]["voucher"], voucher);
    world.well("bob", &["accept", "alice"], voucher.as_str().unwrap());
    assert_eq!(objects(&second.line())[0]["event"], "connected");
    assert_eq!(second.end().code, 0);
}

#[test]
fn people_chat() {
    let world = acquainted();
    let mut alice = Running::start(world.tool("alice", &["chat", "bob"]));
    let mut bob = Running::start(world.tool("bob", &["chat", "alice", "--json"]));
    alice.say("are you there?");
    assert_eq!(objects(&bob.line())[0]["text"], "are you there?");
    bob.say("yes");
    assert_eq!(objects(&bob.line())[0]["what"], "sent");
    assert_eq!(alice.line(), "bob: yes");
    // What is typed last is on the mixnet when the program has ended.
    alice.say("good");
    let done = alice.end();
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(objects(&bob.line())[0]["text"], "good");
    assert_eq!(bob.end().code, 0);
}

#[test]
fn what_a_terminal_would_obey_does_not_come_through_a_name() {
    let world = World::new();
    let args = ["invite", "bob", "--as", "Al\u{1b}[2Jice", "--no-wait"];
    let voucher = world.well("alice", &args, "");
    let said = world.well("bob", &["accept", "alice"], &voucher);
    assert!(said.contains("Al\u{fffd}[2Jice has joined"), "{said:?}");
}
