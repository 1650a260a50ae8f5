//! Secrets are in no command line, and in nothing that is said of failures.

use crate::common::{Running, World};

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let world = World::new();
    world.well("alice", &["channel", "new", "letters"], "");
    let text = world.well("alice", &["channel", "export", "letters"], "");
    let secret = text.trim_end();
    for args in [
        &["channel", "import", "letters", secret][..],
        &["accept", "letters", secret],
        &["write", "letters", secret],
    ] {
        let done = world.run("bob", args, "");
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.err.contains("other users can see it"), "{done:?}");
        assert!(!done.err.contains(&secret[..40]), "{done:?}");
    }
}

#[test]
fn no_process_shows_a_secret_while_it_works() {
    let world = World::new().with_channel("letters");
    let text = world.well("alice", &["channel", "export", "letters"], "");
    world.sim.control("hold").unwrap();
    let mut writing = Running::start(world.tool("alice", &["write", "letters", "-v", "-v"]));
    writing.say("the message itself");
    drop(writing.stdin.take());
    // It has read its input and begun to send it: the daemon has a request of its.
    while world.sim.stats().unwrap()["queued"].as_u64().unwrap() == 0 {
        std::thread::yield_now();
    }
    for file in ["cmdline", "environ"] {
        let shown = std::fs::read(format!("/proc/{}/{file}", writing.id())).unwrap();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        assert!(!shown.is_empty());
        for secret in ["the message itself", text.trim_end()] {
            assert!(!shown.contains(secret), "{file}");
        }
    }
    world.sim.control("release").unwrap();
    let done = writing.end();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.err.contains("the message itself"), "{done:?}");
    assert!(!done.err.is_empty(), "the log was wanted");
}
