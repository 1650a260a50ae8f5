//! The power is lost before each file operation of one process in turn: what it was about is done all the same,
//! once.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Lost, Luck};
use super::dividing::Dividing;
use super::gap_reader::Gaps;
use super::housekeeping::Housekeeping;
use super::{prepare, Fate, Machine};
use crate::roles::{rounds, wait_for, Directory, Random, DONE};

/// So many processes live at a time: most of what they do is waiting.
const AT_ONCE: u64 = 12;
/// Each operation with each luck: no more than so many trials,
const ALL: u64 = 372;
/// and so many in the short test.
const SHORT: u64 = 12;

/// What a process is about, and what is around it.
pub trait Course {
    const ROLE: &'static str;

    /// Before the process starts.
    fn begin(directory: &Path, trial: u64) -> Self;

    /// Goes on with what is around it. Returns whether nothing is missing but the process's end.
    fn look(&mut self) -> bool;

    /// Whether all is as was promised.
    fn check(self);
}

/// One loss of power.
#[derive(Clone, Copy, Debug)]
struct Trial {
    number: u64,
    operation: u64,
    luck: Luck,
}

impl Trial {
    fn new(number: u64) -> Trial {
        let lucks = [Luck::Nothing, Luck::Something, Luck::Everything];
        Trial {
            number,
            operation: 1 + number / 3,
            luck: lucks[usize::try_from(number % 3).unwrap()],
        }
    }

    /// Returns what was lost, if the process had not done everything before.
    fn run<C: Course>(self, shim: &Path, random: &mut Random) -> Option<Lost> {
        let directory = Directory::new(&format!("{}-{}", C::ROLE, self.number));
        let directory = &directory.0;
        fs::copy(shim, directory.join("shim.so")).unwrap();
        let mut course = C::begin(directory, self.number);
        let fate = Fate {
            cut_at: Some(self.operation),
            ..Fate::default()
        };
        let mut machine = Machine::new(C::ROLE, directory, fate);
        let mut lost = None;
        let mut has_all = false;
        while !has_all {
            let before = machine.disk.last_change();
            wait_for(&format!("the end, or a change, after {self:?}"), || {
                if machine.process.is_dead() {
                    assert!(lost.is_none(), "it has died twice");
                    lost = Some(machine.disk.lose_power(self.luck, random));
                    machine.start_again(Fate::default());
                }
                has_all = course.look() && directory.join(DONE).exists();
                let is_same = machine.disk.last_change() == before;
                (is_same && !has_all).then(|| machine.process.log())
            });
        }
        machine.process.kill();
        course.check();
        lost
    }
}

fn at_each_operation<C: Course>() {
    let Some(shim) = prepare(C::ROLE) else {
        return;
    };
    let shim = shim.0.join("shim.so");
    let step = (ALL / rounds("KPC_POWER_ROUNDS", SHORT)).max(1);
    let next = AtomicU64::new(Random::new().next(step));
    let work = || {
        let mut random = Random::new();
        let (mut cuts, mut sectors) = (0, 0);
        loop {
            let trial = Trial::new(next.fetch_add(step, Ordering::Relaxed));
            let Some(lost) = trial.run::<C>(&shim, &mut random) else {
                return (cuts, sectors);
            };
            println!("{trial:?}: {lost:?}");
            cuts += 1;
            sectors += lost.sectors;
        }
    };
    let (cuts, sectors) = std::thread::scope(|scope| {
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let ended = all.into_iter().map(|thread| thread.join().unwrap());
        ended.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    });
    println!("{}: {cuts} losses of power, {sectors} sectors", C::ROLE);
    assert!(cuts > 0 && sectors > 0, "the test has taken nothing back");
}

#[test]
fn wherever_the_power_is_lost_what_is_deleted_erased_or_stepped_over_stays_so() {
    at_each_operation::<Housekeeping>();
}

#[test]
fn wherever_the_power_is_lost_while_boxes_become_smaller_each_message_comes_once() {
    at_each_operation::<Dividing>();
}

#[test]
fn wherever_the_power_is_lost_what_the_network_has_lost_is_reported_once() {
    at_each_operation::<Gaps>();
}
