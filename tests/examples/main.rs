//! Every program of examples-c, run as the comment at its head shows, against the simulator; what
//! it prints must be what the comment promises.
//!
//! A session is run by one shell, in an empty directory that holds a `thinclient.toml` for a
//! simulator of its own. `restart-daemon` is a command there: it kills the simulator and starts
//! another one, on the same socket and with the same boxes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its files cannot go on"
)]

#[allow(dead_code)] // the C tests need more of it
#[path = "../c_suite/build.rs"]
mod build;
#[cfg(feature = "store")]
mod chat;
mod session;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Longer than any example takes in a hurry, and at the pace and price of a real network.
const LIMITS: [&str; 2] = ["120", "1800"];

/// How fast the simulator's network is: its options from KPC_EXAMPLES_NETWORK; nothing in it means as real ones.
fn network() -> Option<String> {
    std::env::var("KPC_EXAMPLES_NETWORK").ok()
}

macro_rules! examples {
    ($($(#[$with:meta])* $name:ident),* $(,)?) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(#[test] $(#[$with])* fn $name() { run(stringify!($name)); })*
    };
}

examples!(
    async_completion,
    channel_01_connect_and_close,
    channel_02_view_of_the_network,
    channel_03_random_service,
    channel_04_events,
    channel_05_messages,
    channel_06_alice_sends_bob,
    channel_07_both_replicas,
    channel_08_resume_unused_writer,
    channel_09_resume_unused_reader,
    channel_10_resume_writer_after_sending,
    channel_11_resume_reader_after_sending,
    channel_12_resume_unsent_write,
    channel_13_resume_unsent_read,
    #[cfg(feature = "store")]
    chat,
    copy_builder,
    echo_asynchronous,
    event_loop_poll,
    health,
    howto_01_connect_and_events,
    howto_02_discover_services,
    howto_03_message_a_service,
    howto_04_create_a_channel,
    howto_05_write_a_message,
    howto_06_read_a_message,
    howto_07_delete_with_tombstones,
    howto_08_send_atomically,
    howto_09_send_to_several_channels,
    howto_10_pass_the_buffer,
    howto_11_delete_by_copy,
    howto_12_cancel,
    howto_13_restart,
    #[cfg(feature = "store")]
    invite,
    #[cfg(feature = "store")]
    own_database,
    #[cfg(feature = "store")]
    receive_file,
    #[cfg(feature = "store")]
    send_file,
);

/// Those about the older API, on a daemon of its time.
mod on_v0_0_72 {
    macro_rules! examples {
        ($($name:ident),* $(,)?) => {
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];
            $(#[test] fn $name() { super::run_on(stringify!($name), "v0.0.72"); })*
        };
    }

    examples!(
        channel_01_connect_and_close,
        channel_02_view_of_the_network,
        channel_03_random_service,
        channel_04_events,
        channel_05_messages,
        channel_06_alice_sends_bob,
        channel_07_both_replicas,
        channel_08_resume_unused_writer,
        channel_09_resume_unused_reader,
        channel_10_resume_writer_after_sending,
        channel_11_resume_reader_after_sending,
        channel_12_resume_unsent_write,
        channel_13_resume_unsent_read,
    );
}

#[test]
fn examples_about_channels_run_on_both_generations() {
    let about: Vec<&str> = NAMES
        .iter()
        .filter(|name| name.starts_with("channel_"))
        .copied()
        .collect();
    assert_eq!(about, on_v0_0_72::NAMES);
}

#[test]
fn no_example_is_left_out() {
    let files = std::fs::read_dir(root().join("examples-c")).unwrap();
    let mut found: Vec<String> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "c"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, NAMES, "the list in this file, sorted");
}

#[test]
fn examples_are_short() {
    for name in NAMES {
        let lines = source(name).lines().count();
        let most = if *name == "chat" { 200 } else { 120 };
        assert!(lines <= most, "{name} has {lines} lines");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(name: &str) -> String {
    std::fs::read_to_string(root().join("examples-c").join(format!("{name}.c"))).unwrap()
}

/// The built examples and the simulator.
struct Built {
    examples: PathBuf,
    simulator: PathBuf,
    work: PathBuf,
}

fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let libraries = build::Libraries::find_or_build(root());
        let work = libraries.work.join("examples");
        let examples = work.join("bin");
        let mut make = Command::new("make");
        make.arg("--silent")
            .arg("-C")
            .arg(root().join("examples-c"))
            .arg(format!("LIB={}", libraries.lib.display()))
            .arg(format!("OUT={}", examples.display()));
        build::succeed(&mut make).unwrap();
        let simulator = std::fs::canonicalize(libraries.simulator()).unwrap();
        Built {
            examples,
            simulator,
            work,
        }
    })
}

/// Runs the session of one example.
fn run(name: &str) {
    run_on(name, "current");
}

/// The same, on a daemon that speaks this version of the protocol.
fn run_on(name: &str, protocol: &str) {
    let commands = session::of_source(&source(name));
    assert!(
        commands.iter().any(|command| command.line.contains(name)),
        "{name} does not show how it is used"
    );
    let dir = built().work.join(format!("{name}-{protocol}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let outputs = play(&dir, &commands, protocol);
    for (command, output) in commands.iter().zip(&outputs) {
        let lines: Vec<&str> = output.lines().collect();
        if let Err(difference) = session::compare(command, &lines) {
            panic!("{difference}\n(in {})", dir.display());
        }
    }
    assert_eq!(outputs.len(), commands.len(), "the session broke off");
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Has one shell run the commands; what each printed.
fn play(dir: &Path, commands: &[session::Command], protocol: &str) -> Vec<String> {
    const MARK: &str = "\u{1}\n";
    // Where a command fails, the session breaks off.
    let mut script = String::from("set -e\nexec 9<&0 < /dev/null\n./start-daemon\n");
    for command in commands {
        script += &format!("{}\nprintf '\\001\\n'\n", command.line);
    }
    write_daemon_scripts(dir, protocol);
    std::fs::write(dir.join("session.sh"), script).unwrap();
    let path = format!(
        "{}:{}:{}",
        built().examples.display(),
        dir.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    // The simulator ends when its input does, which is this process's end of a pipe: so none
    // stays behind, whatever becomes of the session.
    let shell = Command::new("timeout")
        .args([LIMITS[usize::from(network().is_some())], "sh", "session.sh"])
        .current_dir(dir)
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(std::fs::File::create(dir.join("output.txt")).unwrap())
        .stderr(std::fs::File::create(dir.join("errors.txt")).unwrap())
        .spawn();
    let mut shell = shell.unwrap();
    let input = shell.stdin.take();
    let status = shell.wait().unwrap();
    drop(input);
    let errors = std::fs::read_to_string(dir.join("errors.txt")).unwrap();
    let output = std::fs::read_to_string(dir.join("output.txt")).unwrap();
    assert!(
        status.success() && errors.is_empty(),
        "{status} in {}\n{output}\n{errors}",
        dir.display()
    );
    output.split_terminator(MARK).map(str::to_owned).collect()
}

/// `start-daemon` and `restart-daemon`.
fn write_daemon_scripts(dir: &Path, protocol: &str) {
    let simulator = built().simulator.display();
    let network = network().unwrap_or_else(|| "--instant".to_owned());
    // The address is an abstract one, as the path of a socket may not be long.
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let address = format!("@{name}-{}", std::process::id());
    script(
        &dir.join("start-daemon"),
        &format!(
            "'{simulator}' {network} --protocol {protocol} --unix '{address}' --config-out thinclient.toml \
             --boxes boxes --control stdin <&9 > daemon.txt &\n\
             echo $! > daemon.pid\n\
             until grep -qs ready daemon.txt; do sleep 0.05; done\n"
        ),
    );
    script(
        &dir.join("restart-daemon"),
        "kill -9 \"$(cat daemon.pid)\" && ./start-daemon\n",
    );
}

fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{text}")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
