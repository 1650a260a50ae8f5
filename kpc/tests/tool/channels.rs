//! channel, write, read, tombstone.

use std::os::unix::fs::PermissionsExt as _;

use crate::common::World;

#[test]
fn a_message_is_written_and_read() {
    let world = World::new().with_channel("letters");
    let stored = &world.json("alice", &["write", "letters"], "good morning")[0];
    assert_eq!(
        (&stored["message"], &stored["state"]),
        (&1.into(), &"stored".into())
    );
    assert_eq!(
        world.well("bob", &["read", "letters"], ""),
        "good morning\n"
    );
    // It is not printed again.
    let done = world.run("bob", &["read", "letters", "--timeout", "0.5"], "");
    assert_eq!((done.code, done.out.as_str()), (6, ""), "{done:?}");
    let history = world.json("bob", &["read", "letters", "--history"], "");
    assert_eq!(history[0]["text"], "good morning");
    assert_eq!(history[0]["number"], 1);
}

#[test]
fn lines_and_bytes_arrive_as_they_are() {
    let world = World::new().with_channel("letters");
    world.well(
        "alice",
        &["write", "letters", "--lines"],
        "one\ntwo\n\nthree\n",
    );
    assert_eq!(
        world.well("bob", &["read", "letters", "-n", "3"], ""),
        "one\ntwo\nthree\n"
    );
    let file = world.file("bytes", &[0xff, 0, 7]);
    world.well("alice", &["write", "letters", &file], "");
    assert_eq!(
        world.json("bob", &["read", "letters"], "")[0]["hex"],
        "ff0007"
    );
    world.well("alice", &["write", "letters"], "raw");
    assert_eq!(world.well("bob", &["read", "letters", "--raw"], ""), "raw");
}

#[test]
fn what_is_kept_is_sent_by_the_next_command() {
    let world = World::new().with_channel("letters");
    let kept = &world.json("alice", &["write", "letters", "--no-wait"], "first")[0];
    assert_eq!(kept["state"], "kept");
    world.well("alice", &["write", "letters"], "second");
    assert_eq!(
        world.well("bob", &["read", "letters", "-n", "2"], ""),
        "first\nsecond\n"
    );
}

#[test]
fn tombstones_take_the_place_of_messages() {
    let world = World::new().with_channel("letters");
    world.well("alice", &["write", "letters", "--lines"], "one\ntwo\n");
    world.well("alice", &["tombstone", "letters", "--before", "2"], "");
    let all = world.json("bob", &["read", "letters", "-n", "2"], "");
    let what: Vec<&str> = all
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["tombstone", "message"]);
    let all = world.json("alice", &["tombstone", "letters", "--boxes", "2"], "");
    assert_eq!(all[0]["tombstones"], 2);
    let all = world.json("bob", &["read", "letters", "-n", "2"], "");
    assert!(all.iter().all(|one| one["what"] == "tombstone"), "{all:?}");
}

#[test]
fn channels_are_listed_and_removed_without_a_daemon() {
    let world = World::new().with_channel("letters");
    std::fs::remove_file(world.path("thinclient.toml")).unwrap();
    world.well("alice", &["write", "letters", "--no-wait"], "x");
    let all = world.json("alice", &["channel", "list"], "");
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["direction"], &all[0]["pending"]),
        (&"write".into(), &1.into())
    );
    let done = world.run("alice", &["channel", "rm", "letters"], "");
    assert_eq!(done.code, 2, "nobody was asked: {done:?}");
    world.well("alice", &["channel", "rm", "letters", "--yes"], "");
    assert_eq!(world.well("alice", &["channel", "list"], ""), "");
    let done = world.run("alice", &["channel", "rm", "letters", "--yes"], "");
    assert_eq!(done.code, 5, "{done:?}");
}

#[test]
fn another_device_goes_on_writing() {
    let world = World::new().with_channel("letters");
    world.well("alice", &["write", "letters"], "from the first");
    let file = world.path("secret.txt");
    let file = file.to_str().unwrap();
    world.well(
        "alice",
        &["channel", "export", "letters", "--write", "-o", file],
        "",
    );
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    world.well("second", &["channel", "import", "letters", file], "");
    world.well("second", &["write", "letters"], "from the second");
    assert_eq!(
        world.well("bob", &["read", "letters", "-n", "2"], ""),
        "from the first\nfrom the second\n"
    );
    // The first one meets what the second has written.
    let done = world.run("alice", &["write", "letters"], "late");
    assert_eq!(done.code, 8, "{done:?}");
    assert!(done.err.contains("--step-over"), "{done:?}");
    world.well("alice", &["write", "letters", "--step-over"], "later");
    assert_eq!(
        world.well("bob", &["read", "letters", "-n", "2"], ""),
        "late\nlater\n"
    );
}

#[test]
fn a_box_that_does_not_come_is_passed_over() {
    let world = World::new().with_channel("letters");
    let all = world.json("bob", &["read", "letters", "--skip"], "");
    assert_eq!(all[0]["what"], "skipped");
}
