//! The whole of it in one thread with virtual time: clients, stores, the simulator of the daemon, and a relay between
//! them, under faults. All choices come from one seed, so that a run can be repeated.
//!
//! A run is a storm and the calm after it. Meanwhile a process writes two channels and another one reads them; both are
//! killed, or lose their power, and start again with what their disk holds. A third one runs operations of all kinds,
//! each with a time limit. Models know what must become of all of it:
//!
//! * every operation ends once, within its time limit, with its own result or an error that a fault explains;
//! * what was reported written can be read;
//! * of a channel every message that was promised arrives, once and in order, and is not delivered again when it was
//!   acknowledged;
//! * nothing hangs: after the storm all is done within two days of virtual time;
//! * a closed client leaves no operation, request, task or entry at the daemon.
//!
//! `KPC_SIM_SEED` runs one seed, `KPC_SIM_S` new seeds for so many seconds, `KPC_SIM_TRACE` prints all steps.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod caller;
mod chance;
mod channel;
mod disk;
mod process;
mod relay;
mod trace;
mod weather;
mod world;

use std::time::{Duration, Instant};

use world::{run, Defect, Report};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a seed, in which nothing may go wrong.
fn check(seed: u64) -> Report {
    let report = run(seed, None);
    assert!(
        report.violation.is_none(),
        "KPC_SIM_SEED={seed}: {}",
        report.violation.unwrap_or_default()
    );
    report
}

#[test]
fn nothing_is_lost_doubled_or_stuck() {
    if let Some(seed) = number("KPC_SIM_SEED") {
        println!("{:#?}", check(seed));
        return;
    }
    let new = fresh_seed();
    let Some(seconds) = number("KPC_SIM_S") else {
        check(new);
        return;
    };
    let begun = Instant::now();
    let (mut runs, mut steps, mut virtual_time) = (0, 0, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let report = check(new + runs);
        runs += 1;
        steps += report.steps;
        virtual_time += report.virtual_time;
    }
    let hours = virtual_time.as_secs() / 3600;
    println!("simulated: {runs} seeds from {new} on, {steps} steps, {hours} hours of virtual time");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (first, again, other) = (check(7), check(7), run(7, Some(Defect::OtherContent)));
    assert_eq!((first.steps, first.hash), (again.steps, again.hash));
    assert_eq!(first.counts, again.counts);
    assert_ne!(first.hash, other.hash);
}

/// Something is wrong on purpose; a run that does not notice it would notice nothing.
fn notices(defect: Defect, expected: &[&str]) {
    let violation = run(7, Some(defect)).violation.unwrap_or_default();
    let is_noticed = expected.iter().any(|what| violation.contains(what));
    assert!(is_noticed, "{defect:?}: {violation:?}");
}

#[test]
fn a_disk_that_loses_what_was_promised_is_noticed() {
    notices(Defect::ForgetfulDisk, &["were promised", "is the next one"]);
}

#[test]
fn a_message_with_another_content_is_noticed() {
    notices(Defect::OtherContent, &["is another one"]);
}

#[test]
fn a_box_with_another_content_is_noticed() {
    notices(Defect::OtherBox, &["holds something else"]);
}

/// A seed that nobody has chosen.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id()) >> 16
}
