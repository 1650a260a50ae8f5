//! send, receive.

use crate::common::{objects, Running, World};
use rustix::process::Signal;

fn picture(bytes: usize) -> Vec<u8> {
    (0_u8..=250).cycle().take(bytes).collect()
}

#[test]
fn a_file_arrives_whole() {
    let world = World::new().with_channel("letters");
    let file = world.file("picture.bin", &picture(5000));
    std::fs::create_dir(world.path("in")).unwrap();
    let sent = world.json("alice", &["send", "letters", &file], "");
    assert_eq!(sent.last().unwrap()["event"], "sent");
    assert!(
        sent.iter()
            .any(|one| one["event"] == "progress" && one["size"] == 5000),
        "{sent:?}"
    );
    let received = world.json("bob", &["receive", "letters", "in"], "");
    let path = received.last().unwrap()["path"].as_str().unwrap();
    assert_eq!(path, world.path("in/picture.bin").to_str().unwrap());
    assert_eq!(std::fs::read(path).unwrap(), picture(5000));
}

#[test]
fn nothing_is_overwritten_and_another_name_helps() {
    let world = World::new().with_channel("letters");
    let file = world.file("picture.bin", &picture(10));
    world.well("alice", &["send", "letters", &file], "");
    let done = world.run("bob", &["receive", "letters"], "");
    assert_eq!(done.code, 8, "{done:?}");
    assert!(done.err.contains("--as NAME"), "{done:?}");
    let path = world.well("bob", &["receive", "letters", "--as", "mine.bin"], "");
    assert_eq!(path.trim_end(), world.path("mine.bin").to_str().unwrap());
}

#[test]
fn messages_and_files_are_told_apart() {
    let world = World::new().with_channel("letters");
    let file = world.file("picture.bin", &picture(10));
    world.well("alice", &["write", "letters"], "a picture follows");
    world.well("alice", &["send", "letters", &file], "");
    let done = world.run("bob", &["receive", "letters", "--as", "p"], "");
    assert_eq!(done.code, 5, "{done:?}");
    assert!(done.err.contains("kpc read letters"), "{done:?}");
    world.well("bob", &["read", "letters"], "");
    let done = world.run("bob", &["read", "letters"], "");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.contains("kpc receive letters"), "{done:?}");
    world.well("bob", &["receive", "letters", "--as", "p"], "");
}

#[test]
fn an_interrupted_file_goes_on() {
    let world = World::new().with_channel("letters");
    let bytes = picture(200_000);
    let file = world.file("picture.bin", &bytes);
    world.sim.control("hold").unwrap();
    let sending = Running::start(world.tool("alice", &["send", "letters", &file, "--json"]));
    let mut last = None;
    // A packet at a time, until some of it is on the mixnet.
    while last
        .as_ref()
        .is_none_or(|one: &serde_json::Value| one["done"] == 0)
    {
        world.sim.control("step 1").unwrap();
        if let Some(line) = sending.line_soon() {
            last = objects(&line).pop();
        }
    }
    sending.signal(Signal::INT);
    let done = sending.end();
    assert_eq!(done.code, 130, "{done:?}");
    let error = &objects(&done.err)[0]["error"];
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("of 200000 bytes are sent"),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("kpc send letters"),
        "{error}"
    );
    let done = world.run("alice", &["channel", "list"], "");
    assert_eq!(done.code, 0, "{done:?}");
    world.sim.control("release").unwrap();
    world.well("alice", &["send", "letters"], "");
    let path = world.well("bob", &["receive", "letters", "--as", "copy"], "");
    assert_eq!(std::fs::read(path.trim_end()).unwrap(), bytes);
}

#[test]
fn an_unfinished_file_is_given_up_by_name_only() {
    let world = World::new().with_channel("letters");
    let file = world.file("picture.bin", &picture(200_000));
    world.sim.control("hold").unwrap();
    let done = world.run("alice", &["send", "letters", &file, "--timeout", "1"], "");
    assert_eq!(done.code, 6, "{done:?}");
    world.sim.control("release").unwrap();
    let other = world.file("other.bin", &picture(10));
    let done = world.run("alice", &["send", "letters", &other], "");
    assert_eq!(done.code, 8, "{done:?}");
    assert!(done.err.contains("--abandon"), "{done:?}");
    world.well("alice", &["send", "letters", "--abandon"], "");
    world.well("alice", &["send", "letters", &other], "");
}
