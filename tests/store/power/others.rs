//! The same for what is made of channels: vouchers and files.

use std::fs;
use std::time::SystemTime;

use super::{prepare, Outages};
use crate::file_crash;
use crate::roles::{rounds, wait_for, DONE, STOP};
use crate::voucher_crash;

/// Losses of power in each short test.
const SHORT: u64 = 10;

impl Outages {
    /// Goes on until so many losses of power. However slow the processes are, they change their files.
    fn last_for(&mut self, rounds: u64) {
        while self.cuts < rounds {
            let before = (self.cuts, self.last_change());
            wait_for("a loss of power, or a change of a file", || {
                let logs = self.look_after();
                (before == (self.cuts, self.last_change())).then_some(logs)
            });
        }
    }

    fn last_change(&self) -> Option<SystemTime> {
        let changes = self
            .machines
            .iter()
            .map(|machine| machine.disk.last_change());
        changes.max().flatten()
    }

    fn summary(&self) -> String {
        let (cuts, crashes, lost) = (self.cuts, self.crashes, self.lost);
        format!("{cuts} losses of power, {crashes} crashes, {lost:?}")
    }
}

#[test]
fn whenever_joiner_or_inductor_loses_power_both_have_their_channels() {
    let rounds = rounds("KPC_POWER_ROUNDS", SHORT);
    let (mut cuts, mut vouchers, mut sectors) = (0, 0, 0);
    while cuts < rounds {
        let Some(directory) = prepare("voucher-power") else {
            return;
        };
        let mut outages = Outages::start(&directory.0, &["joiner", "inductor"], &[10, 40, 100]);
        println!("{:?}", outages.random);
        wait_for("both channels", || {
            let logs = outages.look_after();
            outages.are_over |= outages.cuts >= 8;
            (!voucher_crash::have_channels(&directory.0)).then_some(logs)
        });
        voucher_crash::check(&directory.0);
        cuts += outages.cuts;
        sectors += outages.lost.sectors;
        vouchers += 1;
    }
    println!("{cuts} losses of power, {vouchers} vouchers, {sectors} sectors");
    assert!(sectors > 0, "the test has taken nothing back");
}

#[test]
fn whenever_the_power_is_lost_each_file_arrives_once_as_it_is() {
    let Some(directory) = prepare("file-power") else {
        return;
    };
    let directory = &directory.0;
    fs::create_dir(directory.join(file_crash::RECEIVED)).unwrap();
    let mut outages = Outages::start(directory, &["sender", "receiver"], &[30, 200, 2000]);
    println!("{:?}", outages.random);
    outages.last_for(rounds("KPC_POWER_ROUNDS", SHORT));
    outages.are_over = true;
    fs::write(directory.join(STOP), "").unwrap();
    for end in [DONE, file_crash::ALL] {
        wait_for(end, || {
            let logs = outages.look_after();
            (!directory.join(end).exists()).then_some(logs)
        });
    }
    println!(
        "{}, {} files",
        outages.summary(),
        file_crash::check(directory)
    );
    assert!(outages.lost.sectors > 0, "the test has taken nothing back");
}
