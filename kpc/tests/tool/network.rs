//! ping, status, pki, doctor, completions.

use crate::common::World;

#[test]
fn ping_measures_round_trips() {
    let world = World::new();
    let all = world.json("alice", &["ping", "-c", "3", "-i", "0.01"], "");
    assert_eq!(all.len(), 4, "{all:?}");
    let statistics = &all[3];
    assert_eq!(statistics["event"], "statistics");
    assert_eq!(statistics["sent"], 3);
    assert_eq!(statistics["received"], 3);
    assert_eq!(statistics["loss_percent"], 0.0);
    let time = |key: &str| statistics[key].as_f64().unwrap();
    assert!(time("min") <= time("avg") && time("avg") <= time("max"));
    let times = all[..3]
        .iter()
        .map(|reply| reply["seconds"].as_f64().unwrap());
    assert_eq!(time("max"), times.fold(0.0, f64::max));
}

#[test]
fn ping_says_how_much_was_lost() {
    let world = World::new();
    world.sim.control("loss 1").unwrap();
    let args = ["ping", "-c", "2", "-i", "0.01", "-W", "0.3"];
    let done = world.run("alice", &args, "");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.out.contains("2 sent, 0 received, 100% loss"),
        "{done:?}"
    );
    assert!(done.err.contains("nothing came back"), "{done:?}");
}

#[test]
fn ping_finds_no_unknown_service() {
    let done = World::new().run("alice", &["ping", "-c", "1", "nowhere"], "");
    assert_eq!(done.code, 5, "{done:?}");
    assert!(done.err.contains("nowhere") && done.err.contains("kpc pki services"));
}

#[test]
fn status_shows_daemon_and_lanes() {
    let world = World::new();
    let status = &world.json("alice", &["status"], "")[0];
    assert_eq!(status["on_mixnet"], true);
    assert!(status["why_offline"].is_null());
    assert_eq!(status["health"], "healthy");
    assert!(status["epoch"].as_u64().unwrap() > 0);
    assert_eq!(status["box_bytes"], 1549);
    assert_eq!(status["lanes"].as_array().unwrap().len(), 4);
    let text = world.well("alice", &["status"], "");
    assert!(
        text.contains("on the mixnet") && text.contains("LANE"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "colours in a pipe");
}

#[test]
fn status_says_why_the_daemon_is_offline() {
    let world = World::new();
    world.sim.control("offline").unwrap();
    let status = &world.json("alice", &["status"], "")[0];
    assert_eq!(status["on_mixnet"], false);
    assert!(status["why_offline"].as_str().unwrap().contains("gateway"));
    assert_eq!(status["health"], "offline");
    let text = world.well("alice", &["status"], "");
    assert!(text.contains("off the mixnet"), "{text}");
}

#[test]
fn pki_lists_nodes_services_and_replicas() {
    let world = World::new();
    let all = &world.json("alice", &["pki"], "")[0];
    let count = |key: &str| all[key].as_array().unwrap().len();
    assert!(count("nodes") > 0 && count("services") > 0 && count("replicas") > 0);
    let services = &world.json("alice", &["pki", "services"], "")[0];
    assert!(services.get("nodes").is_none());
    assert_eq!(services["services"], all["services"]);
    let names = |value: &serde_json::Value| value["service"].as_str().unwrap().to_owned();
    let names: Vec<String> = services["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(names)
        .collect();
    assert!(names.contains(&"echo".to_owned()) && names.contains(&"courier".to_owned()));
    let text = world.well("alice", &["pki", "replicas"], "");
    let rows = text
        .lines()
        .filter(|line| line.starts_with("replica "))
        .count();
    assert_eq!(rows, count("replicas"), "{text}");
    let document = world.well("alice", &["pki", "--document"], "");
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["Epoch"], all["epoch"]);
}

#[test]
fn doctor_finds_everything_in_order() {
    let world = World::new();
    let all = world.json("alice", &["doctor"], "");
    let checks: Vec<&str> = all
        .iter()
        .map(|one| one["check"].as_str().unwrap())
        .collect();
    let wanted = [
        "config", "socket", "daemon", "mixnet", "document", "services", "echo", "database",
    ];
    assert_eq!(checks, wanted);
    assert!(all.iter().all(|one| one["state"] == "ok"), "{all:?}");
    assert!(!world.path("alice.db").exists(), "a doctor creates nothing");
}

#[test]
fn doctor_says_what_to_do_about_a_daemon_that_is_not_there() {
    let world = World::new();
    let socket = world.sim.unix_path().to_owned();
    std::fs::remove_file(&socket).unwrap();
    let done = world.run("alice", &["doctor"], "");
    assert_eq!(done.code, 4, "{done:?}");
    assert!(
        done.out.contains(&format!("there is no {socket}")),
        "{done:?}"
    );
    assert!(done.out.contains("start kpclientd"), "{done:?}");
    assert!(
        !done.out.contains("echo"),
        "nothing is asked of no daemon: {done:?}"
    );
}

#[test]
fn doctor_tells_a_socket_from_a_file() {
    let world = World::new();
    let file = world.file("no-socket", b"");
    let config = format!("[Dial.Unix]\nAddress = {file:?}\n");
    world.file("thinclient.toml", config.as_bytes());
    let done = world.run("alice", &["doctor"], "");
    assert!(done.out.contains("is no socket"), "{done:?}");
}

#[test]
fn doctor_sees_a_daemon_that_is_off_the_mixnet() {
    let world = World::new();
    world.sim.control("offline").unwrap();
    let done = world.run("alice", &["doctor"], "");
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.out.contains("fail mixnet"), "{done:?}");
    assert!(!done.out.contains("packets are lost"), "{done:?}");
}

#[test]
fn doctor_notices_a_database_that_others_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().with_channel("letters");
    let path = world.path("alice.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let all = world.json("alice", &["doctor"], "");
    let database = all.iter().find(|one| one["check"] == "database").unwrap();
    assert_eq!(database["state"], "warn");
}

#[test]
fn completions_know_the_subcommands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let text = world.well("alice", &["completions", shell], "");
        assert!(
            text.contains("tombstone") && text.contains("channel"),
            "{shell}"
        );
    }
}
