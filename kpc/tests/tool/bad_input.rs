//! What cannot be done: exit code, one line, and a hint.

use std::process::{Command, Stdio};

use crate::common::{bare, finish, objects, Done, World};

fn config(world: &World, text: &str) -> Done {
    world.file("thinclient.toml", text.as_bytes());
    world.run("alice", &["status"], "")
}

#[test]
fn without_a_daemon_it_says_who_is_not_there() {
    let world = World::new();
    let done = config(&world, "[Dial.Unix]\nAddress = \"/nonexistent/socket\"\n");
    assert_eq!(done.code, 4, "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    assert!(
        done.err.contains("/nonexistent/socket") && done.err.contains("kpc doctor"),
        "{done:?}"
    );
    let done = world.run("alice", &["status", "--json"], "");
    let error = &objects(&done.err)[0]["error"];
    assert_eq!(
        (&error["exit"], &error["status"]),
        (&4.into(), &"KPC_ERR_CONNECT".into())
    );
}

#[test]
fn a_bad_thinclient_toml_is_told_by_line_and_key() {
    let world = World::new();
    for (text, said) in [
        ("[Dial.Unix]\nAddress = ", "line 2"),
        ("[Dial.Unix]\nAdress = \"x\"\n", "Dial.Unix.Adress"),
        ("", "no transport"),
        (
            "[Dial.Unix]\nAddress = 7\n",
            "Dial.Unix.Address is an integer",
        ),
    ] {
        let done = config(&world, text);
        assert_eq!(done.code, 3, "{done:?}");
        assert!(done.err.contains(said), "{said}: {done:?}");
    }
    let done = world.run("alice", &["status", "--config", "nowhere.toml"], "");
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("nowhere.toml"), "{done:?}");
}

#[test]
fn without_a_thinclient_toml_it_says_where_it_looked() {
    let home = tempfile::tempdir().unwrap();
    let done = finish(bare(home.path(), &["status"]), "");
    // A machine may have one for all of its users.
    if std::path::Path::new("/etc/katzenpost/thinclient.toml").exists()
        || std::path::Path::new("/etc/kpclientd/thinclient.toml").exists()
    {
        return;
    }
    assert_eq!(done.code, 3, "{done:?}");
    for place in [
        ".config/katzenpost",
        ".local/katzenpost",
        "/etc/katzenpost",
        "/etc/kpclientd",
    ] {
        assert!(done.err.contains(place), "{place}: {done:?}");
    }
    assert!(done.err.contains("kpc demo"), "{done:?}");
}

#[test]
fn the_usual_places_are_searched_in_their_order() {
    let world = World::new();
    let home = world.directory.path();
    let own = home.join(".config/katzenpost");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::rename(world.path("thinclient.toml"), own.join("thinclient.toml")).unwrap();
    let done = finish(bare(home, &["status", "--json"]), "");
    assert_eq!(done.code, 0, "{done:?}");
    let shown = objects(&done.out)[0]["config"].as_str().unwrap().to_owned();
    assert_eq!(shown, own.join("thinclient.toml").to_str().unwrap());
    // The database is in its place, too, and its directory is its owner's alone.
    finish(bare(home, &["channel", "new", "x"]), "");
    let state = home.join(".local/state/kpc");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(
        std::fs::metadata(&state).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(state.join("store.db").exists());
}

#[test]
fn a_channel_that_goes_the_other_way_is_told_from_none() {
    let world = World::new().with_channel("letters");
    let done = world.run("alice", &["read", "letters"], "");
    assert_eq!(done.code, 5, "{done:?}");
    assert!(done.err.contains("is written here, not read"), "{done:?}");
    assert!(done.err.contains("kpc channel export"), "{done:?}");
    let done = world.run("bob", &["write", "letters"], "text");
    assert_eq!(done.code, 5, "{done:?}");
    assert!(done.err.contains("is read here, not written"), "{done:?}");
    let done = world.run("bob", &["write", "nobody"], "text");
    assert!(done.err.contains("there is no channel"), "{done:?}");
}

#[test]
fn what_is_not_there_is_not_found() {
    let world = World::new().with_channel("letters");
    for args in [
        &["write", "nobody"][..],
        &["read", "nobody"],
        &["read", "nobody", "--history"],
        &["tombstone", "nobody", "--all"],
        &["receive", "nobody"],
        &["chat", "nobody"],
        &["channel", "export", "nobody"],
        &["send", "letters", "no-such-file"],
        &["send", "letters"],
        &["write", "letters", "no-such-file"],
        &["receive", "letters", "no-such-directory"],
        &["accept", "nobody", "--again"],
    ] {
        let done = world.run("alice", args, "x");
        assert_eq!(done.code, 5, "kpc {args:?}: {done:?}");
        assert_eq!(done.err.lines().count(), 1, "kpc {args:?}: {done:?}");
    }
}

#[test]
fn what_is_there_already_is_a_conflict() {
    let world = World::new().with_channel("letters");
    let done = world.run("alice", &["channel", "new", "letters"], "");
    assert_eq!(done.code, 8, "{done:?}");
    let file = world.file("there", b"");
    let done = world.run("alice", &["channel", "export", "letters", "-o", &file], "");
    assert_eq!(done.code, 8, "{done:?}");
    let done = world.run("alice", &["invite", "letters"], "");
    assert_eq!(done.code, 8, "{done:?}");
}

#[test]
fn a_database_that_is_none_is_told() {
    let world = World::new();
    let file = world.file("no.db", &[7; 5000]);
    let done = world.run("alice", &["channel", "list", "--store", &file], "");
    assert_eq!(done.code, 7, "{done:?}");
    assert!(done.err.contains("no.db"), "{done:?}");
}

#[test]
fn texts_that_are_none_are_refused() {
    let world = World::new();
    let text = {
        world.well("alice", &["channel", "new", "letters"], "");
        world.well("alice", &["channel", "export", "letters"], "")
    };
    let cut = &text[..100];
    let changed = text.replacen(
        &text[50..51],
        if &text[50..51] == "a" { "b" } else { "a" },
        1,
    );
    for wrong in ["", "hello", cut, changed.as_str(), "\u{0}"] {
        let done = world.run("bob", &["channel", "import", "letters"], wrong);
        assert_eq!(done.code, 2, "{wrong:?}: {done:?}");
        assert!(!done.err.contains(cut), "the text is a secret: {done:?}");
    }
    let done = world.run("bob", &["accept", "alice"], "no voucher");
    assert_eq!(done.code, 2, "{done:?}");
}

#[test]
fn an_empty_input_is_no_message() {
    let world = World::new().with_channel("letters");
    let done = world.run("alice", &["write", "letters"], "");
    assert_eq!(done.code, 2, "{done:?}");
    let mut nothing = world.tool("alice", &["write", "letters"]);
    let status = nothing
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    // Not even open.
    let tool = world.tool("alice", &[]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec \"$0\" write letters <&-"])
        .arg(tool.get_program());
    shell.envs(
        tool.get_envs()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    let status = shell.stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn usage_is_2_and_help_is_0() {
    let world = World::new();
    for args in [
        &["nonsense"][..],
        &["ping", "-c", "0"],
        &["ping", "-c", "x"],
        &["status", "--timeout", "-1"],
        &["tombstone", "letters"],
        &["read", "letters", "--follow", "-n", "1"],
        &["channel"],
        &["completions", "csh"],
    ] {
        let done = finish(bare(world.directory.path(), args), "");
        assert_eq!(done.code, 2, "kpc {args:?}: {done:?}");
    }
    let done = finish(bare(world.directory.path(), &["--help"]), "");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("Exit codes:"), "{done:?}");
    let done = finish(bare(world.directory.path(), &["--version"]), "");
    assert_eq!(
        (done.code, done.out.trim_end()),
        (0, concat!("kpc ", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn a_message_that_is_too_large_is_refused_before_anything_is_asked() {
    let world = World::new();
    let file = world.file("large", &vec![0; 8_388_609]);
    let done = world.run("alice", &["write", "letters", &file], "");
    assert_eq!(done.code, 2, "{done:?}");
}
