//! A resend on which the daemon hangs up each time would be replayed for ever, and fail all others
//! with it.
//!
//! Any running entry may be the one. Entries that were sent shortly before on each of several
//! connections in a row that the daemon closed are suspects: they are sent one at a time from then
//! on, with nothing new beside them, until each has an answer or has been at the daemon for a
//! while. An entry on which the daemon hangs up even so fails, and the others, which were with it,
//! are suspects no longer.

use std::time::{Duration, Instant};

use super::answer::ResendKey;
use super::Resends;
use crate::client::connection::state::calls::{given_up, HANG_UPS};

/// After so many connections in a row an entry is a suspect; after as many again, alone, it fails.
const SUSPECTED: u32 = HANG_UPS / 2;
/// An entry that has been at the daemon for so long is not what it hangs up on.
const SURVIVED: Duration = Duration::from_secs(20);

impl Resends {
    /// The daemon hung up.
    pub(crate) fn on_hung_up(&mut self, now: Instant) {
        let mut guilty = Vec::new();
        for (key, entry) in &mut self.entries {
            let runs = entry.current.is_some() && entry.sink.is_some();
            let is_fresh = entry.sent_at.is_some_and(|at| now < at + SURVIVED);
            match (runs, is_fresh) {
                (true, true) => entry.hang_ups += 1,
                (false, _) if self.suspects.contains(key) => {} // its turn comes
                _ => entry.hang_ups = 0,
            }
            match entry.hang_ups {
                0..SUSPECTED => drop(self.suspects.remove(key)),
                SUSPECTED..HANG_UPS => drop(self.suspects.insert(*key)),
                _ => guilty.push(*key),
            }
        }
        for key in guilty {
            self.end(key, Err(given_up()));
            // The others were with it.
            for suspect in std::mem::take(&mut self.suspects) {
                if let Some(entry) = self.entries.get_mut(&suspect) {
                    entry.hang_ups = 0;
                }
            }
        }
    }

    /// The entries that may be sent now, where not all may: the suspects, or none while one of them
    /// is at the daemon.
    pub(crate) fn next_suspect(&mut self, now: Instant) -> Option<Vec<ResendKey>> {
        let survived: Vec<ResendKey> = self.suspects.iter().copied().collect();
        for key in survived {
            let ends = self.trial_of(key);
            if ends.is_some_and(|at| at <= now) || !self.entries.contains_key(&key) {
                self.suspects.remove(&key);
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.hang_ups = 0;
                }
            }
        }
        if self.suspects.is_empty() {
            return None;
        }
        let on_trial = self
            .suspects
            .iter()
            .any(|key| self.trial_of(*key).is_some());
        let waiting = self.suspects.iter().copied();
        Some(if on_trial {
            Vec::new()
        } else {
            waiting.collect()
        })
    }

    /// When a suspect that is at the daemon is cleared.
    fn trial_of(&self, key: ResendKey) -> Option<Instant> {
        let entry = self.entries.get(&key)?;
        entry.current.and(entry.sent_at).map(|at| at + SURVIVED)
    }

    pub(crate) fn trial_ends(&self) -> Option<Instant> {
        self.suspects
            .iter()
            .filter_map(|key| self.trial_of(*key))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::connection::state::resends::tests::{write_of, Answers, Bench};
    use crate::Status;

    /// Sends all that may go, on a new session. Returns the names that are at the daemon.
    fn reconnect(bench: &mut Bench) -> Vec<u8> {
        bench.resends.reconnect(false, &bench.queries, bench.now);
        while bench.run().is_some() {}
        at_daemon(bench)
    }

    fn at_daemon(bench: &Bench) -> Vec<u8> {
        let mut names: Vec<u8> = bench.resends.running.iter().map(|name| name[0]).collect();
        names.sort_unstable();
        names
    }

    fn several(bench: &mut Bench, count: u8) -> Vec<Answers> {
        (1..=count)
            .map(|name| bench.enqueue(write_of(name)).1)
            .collect()
    }

    #[test]
    fn the_one_that_the_daemon_hangs_up_on_is_found_among_many() {
        const GUILTY: u8 = 3;
        let mut bench = Bench::new();
        let mut answers = several(&mut bench, 5);
        for _ in 0..SUSPECTED {
            assert_eq!(reconnect(&mut bench), [1, 2, 3, 4, 5]);
            bench.resends.on_hung_up(bench.now);
        }
        let mut alone = Vec::new();
        let mut names = reconnect(&mut bench);
        while let [name] = names[..] {
            alone.push(name);
            if name == GUILTY {
                bench.resends.on_hung_up(bench.now);
                names = reconnect(&mut bench);
            } else {
                let query = *bench.resends.by_query.keys().next().unwrap();
                assert!(bench.reply(query, 0));
                while bench.run().is_some() {}
                names = at_daemon(&bench);
            }
        }
        // Without it the others are sent as usual.
        assert_eq!((alone, names), (vec![1, 2, 3, 3, 3, 3], vec![4, 5]));
        for innocent in [0, 1] {
            assert!(answers[innocent].try_recv().unwrap().is_ok());
        }
        assert!(answers[2].try_recv().unwrap().is_err());
    }

    #[test]
    fn it_ends_with_an_error_of_its_own() {
        let mut bench = Bench::new();
        let mut answer = several(&mut bench, 1).remove(0);
        for _ in 0..HANG_UPS {
            assert!(answer.try_recv().is_err());
            assert_eq!(reconnect(&mut bench), [1]);
            bench.resends.on_hung_up(bench.now);
        }
        let error = answer.try_recv().unwrap().err().unwrap();
        assert_eq!(error.status(), Status::CONNECTION_LOST);
        assert!(bench.resends.is_empty() && bench.resends.suspects.is_empty());
    }

    #[test]
    fn suspects_go_one_at_a_time_until_each_has_survived() {
        let mut bench = Bench::new();
        let _answers = several(&mut bench, 3);
        for _ in 0..SUSPECTED {
            assert_eq!(reconnect(&mut bench), [1, 2, 3]);
            bench.resends.on_hung_up(bench.now);
        }
        let _late = bench.enqueue(write_of(4));
        assert_eq!(reconnect(&mut bench), [1]);
        for expected in [&[1, 2][..], &[1, 2, 3], &[1, 2, 3, 4]] {
            let ends = bench.resends.next_deadline().unwrap();
            assert_eq!(ends, bench.now + SURVIVED, "somebody has to look then");
            bench.now = ends;
            while bench.run().is_some() {}
            assert_eq!(at_daemon(&bench), expected);
        }
        assert!(bench.resends.suspects.is_empty());
    }

    #[test]
    fn a_daemon_that_ends_for_other_reasons_makes_no_suspects() {
        let mut bench = Bench::new();
        let _answers = several(&mut bench, 2);
        for _ in 0..3 * HANG_UPS {
            assert_eq!(reconnect(&mut bench), [1, 2]);
            bench.now += SURVIVED;
            bench.resends.on_hung_up(bench.now);
        }
        assert_eq!(reconnect(&mut bench), [1, 2]);
    }
}
