//! The scenarios that every language runs (bindings/scenarios), in Rust.
//!
//! Without arguments all are run, and those that end their process in a process of their own. A
//! name as argument runs that one; what cargo passes besides is not looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod actions;
mod channels;
mod files;
mod step;
mod world;

use std::process::{Command, ExitCode};

use serde_json::Value;

use self::step::Step;
use self::world::World;

fn main() -> ExitCode {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // What a scenario throws on purpose is no news.
        if !actions::is_thrown_on_purpose(panic) {
            report(panic);
        }
    }));
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/bindings/scenarios/scenarios.json"
    );
    let table: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let (mut passed, mut failures) = (0, 0);
    for scenario in &table {
        let name = scenario["name"].as_str().unwrap();
        let alone = scenario["alone"] == true;
        if !wanted.is_empty() && !wanted.iter().any(|word| word == name) {
            continue;
        }
        if let Some(why) = scenario["needs"].as_str().and_then(missing) {
            println!("left out {name}: {why}");
            continue;
        }
        let outcome = match alone && wanted.is_empty() {
            true => in_a_process(name),
            false => run(scenario),
        };
        match outcome {
            Ok(()) => {
                passed += 1;
                println!("ok {name}");
            }
            Err(why) => {
                failures += 1;
                println!("FAILED {name}: {why}");
            }
        }
    }
    println!("scenarios in Rust: {passed} passed, {failures} failed, 0 skipped");
    ExitCode::from(u8::from(failures > 0))
}

/// Why Rust has not what a scenario needs.
fn missing(what: &str) -> Option<&'static str> {
    match what {
        "freed objects" => Some("what was moved cannot be named any more"),
        "wrong types" => Some("what has another type does not compile"),
        "tokens" => Some("a future is dropped, and a call has no token"),
        "fork" => Some("a program with threads has no safe way to fork"),
        _ => None,
    }
}

/// Runs a scenario that ends the process, and removes what that leaves behind.
fn in_a_process(name: &str) -> Result<(), String> {
    let this = std::env::current_exe().unwrap();
    let directory = std::env::temp_dir().join(format!("kpc-scenario-{}", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let mut command = Command::new(this);
    let ended = command
        .arg(name)
        .env("TMPDIR", &directory)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    match ended.status.success() && !String::from_utf8_lossy(&ended.stdout).contains("FAILED") {
        true => Ok(()),
        false => Err(format!("{ended:?}")),
    }
}

fn run(scenario: &Value) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::new(&scenario["sim"]);
        for (number, step) in scenario["steps"].as_array().unwrap().iter().enumerate() {
            let step = Step::new(step);
            let done = tokio::time::timeout(world::LIMIT, world.step(&step)).await;
            let done = done.unwrap_or_else(|_| Err("it does not end".to_owned()));
            done.map_err(|why| format!("step {} ({}): {why}", number + 1, step.action()))?;
        }
        Ok(())
    })
}
