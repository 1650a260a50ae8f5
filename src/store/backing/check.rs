//! Whether a backing keeps its word: transactions of which a model knows what they must come to.

mod records;

use self::records::{difference, Asked, Records};
use super::{Backing, Durability, MAX_KEY, MAX_VALUE};
use crate::store::pseudo_random::PseudoRandom;
use crate::{Error, Result, Status};

/// Behind all keys of a check.
const END: [u8; 4] = [0xff; 4];
/// Before all of them.
const BEGINNING: [u8; 1] = [0];
/// Random transactions,
const TRANSACTIONS: usize = 150;
/// and how many changes one has at most.
const CHANGES: usize = 16;

/// Keys that are different and may be taken for equal: by comparing texts, numbers, signed bytes, or
/// up to the first zero.
const ALIKE: [&[u8]; 17] = [
    b"a",
    b"A",
    b"a ",
    b"a\0",
    b"a\0\0",
    b"a\0b",
    b"a\x7f",
    b"a\x80",
    b"a\xff",
    b"\0",
    b"\0\0",
    b"\0\x01",
    b"1",
    b"01",
    b"\xc3\xa9",
    b"e\xcc\x81",
    b"\xff\xff",
];

/// How a transaction ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Commit,
    Rollback,
}

/// Checks a backing that holds no records, and leaves it without records. The same seed makes the same
/// transactions. The error says which rule is broken.
pub fn check(backing: &mut dyn Backing, seed: u64) -> Result<()> {
    let mut check = Check {
        backing,
        committed: Records::new(),
        current: Records::new(),
        random: PseudoRandom::new(seed),
        when: "in an empty database",
    };
    check.run().map_err(|error| {
        let status = match error.status() {
            Status::NO_MEMORY => Status::NO_MEMORY,
            _ => Status::DB,
        };
        let text = format!("{}, {} (seed {seed})", check.when, error.message());
        Error::new(status, text)
    })
}

struct Check<'a> {
    backing: &'a mut dyn Backing,
    /// What is committed.
    committed: Records,
    /// What the transaction has made of it.
    current: Records,
    random: PseudoRandom,
    when: &'static str,
}

impl Check<'_> {
    fn run(&mut self) -> Result<()> {
        self.is_as_committed("in a database that must be empty for the check")?;
        self.keys_that_look_alike()?;
        self.values()?;
        self.portions()?;
        for _ in 0..TRANSACTIONS {
            self.random_transaction()?;
        }
        self.claims()?;
        self.transaction(Durability::Now, End::Commit, |check| {
            check.delete_range(&BEGINNING, &END)
        })?;
        self.is_as_committed("after all was deleted")
    }

    fn keys_that_look_alike(&mut self) -> Result<()> {
        self.transaction(Durability::Now, End::Commit, |check| {
            for (number, key) in (0_u8..).zip(ALIKE) {
                check.get(key)?;
                check.put(key, &[number])?;
            }
            ALIKE.iter().try_for_each(|key| check.get(key))
        })?;
        self.is_as_committed("after a commit")?;
        for from in ALIKE {
            for to in ALIKE.iter().filter(|to| from < **to) {
                self.transaction(Durability::Soon, End::Rollback, |check| {
                    check.scan(from, to, usize::MAX)
                })?;
            }
        }
        self.transaction(Durability::Soon, End::Rollback, |check| {
            ALIKE.iter().try_for_each(|key| check.delete(key))?;
            check.delete(b"nobody")?;
            check.scan(&BEGINNING, &END, usize::MAX)
        })?;
        self.is_as_committed("after a rollback")
    }

    fn values(&mut self) -> Result<()> {
        let longest_key = vec![b'k'; MAX_KEY];
        let mut longest = vec![0; MAX_VALUE];
        for byte in longest.iter_mut().step_by(251) {
            *byte = self.random.byte();
        }
        let contents: [&[u8]; 5] = [b"", b"\0", b"\0after", &longest, b"short"];
        for content in contents {
            self.transaction(Durability::Soon, End::Commit, |check| {
                check.put(&longest_key, content)?;
                check.get(&longest_key)
            })?;
            self.is_as_committed("after a commit")?;
        }
        self.transaction(Durability::Soon, End::Commit, |check| {
            check.delete(&longest_key)
        })
    }

    /// Many records, a few at a time.
    fn portions(&mut self) -> Result<()> {
        let key = |number: u8| [b'p', number];
        self.transaction(Durability::Soon, End::Commit, |check| {
            (0..=255).try_for_each(|number| check.put(&key(number), &[number]))
        })?;
        self.transaction(Durability::Soon, End::Commit, |check| {
            for first in (0..=255).step_by(8) {
                check.scan(&key(first), b"q", 8)?;
            }
            check.delete_range(&key(10), &key(200))?;
            check.scan(b"p", b"q", 1)?;
            check.scan(b"p", b"q", usize::MAX)
        })?;
        self.is_as_committed("after a commit")?;
        self.transaction(Durability::Now, End::Commit, |check| {
            check.delete_range(b"p", b"q")
        })
    }

    fn random_transaction(&mut self) -> Result<()> {
        let durability = match self.random.below(4) {
            0 => Durability::Now,
            _ => Durability::Soon,
        };
        let end = match self.random.below(3) {
            0 => End::Rollback,
            _ => End::Commit,
        };
        self.transaction(durability, end, |check| {
            for _ in 0..=check.random.below(CHANGES) {
                check.random_change()?;
            }
            Ok(())
        })?;
        self.is_as_committed(match end {
            End::Commit => "after a commit",
            End::Rollback => "after a rollback",
        })
    }

    fn random_change(&mut self) -> Result<()> {
        let (one, other) = (self.random_key(), self.random_key());
        let (from, to) = match one < other {
            true => (&one, &other),
            false => (&other, &one),
        };
        match self.random.below(10) {
            0..=3 => {
                let length = [0, 1, 2, 100, 5000][self.random.below(5)];
                let value: Vec<u8> = (0..length).map(|_| self.random.byte()).collect();
                self.put(&one, &value)
            }
            4 | 5 => self.delete(&one),
            6 if from < to => self.delete_range(from, to),
            7 if from < to => {
                let limit = 1 + self.random.below(5);
                self.scan(from, to, limit)
            }
            _ => self.get(&one),
        }
    }

    fn random_key(&mut self) -> Vec<u8> {
        let bytes = [0, 1, b'A', b'a', 0x7f, 0x80, 0xff];
        let length = 1 + self.random.below(3);
        let byte = |_| bytes[self.random.below(bytes.len())];
        (0..length).map(byte).collect()
    }

    fn claims(&mut self) -> Result<()> {
        self.transaction(Durability::Soon, End::Rollback, |check| {
            let claim = |check: &mut Self, channel| {
                let claimed = check.backing.claim(channel);
                claimed.map_err(|error| failed("claim", &error))
            };
            claim(check, 1)?;
            claim(check, 2)?;
            check.backing.release(1);
            claim(check, 1)?;
            check.backing.release(1);
            check.backing.release(2);
            Ok(())
        })
    }

    fn transaction(
        &mut self,
        durability: Durability,
        end: End,
        steps: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.when = "inside a transaction";
        let begun = self.backing.begin(durability);
        begun.map_err(|error| failed("begin", &error))?;
        let done = steps(self);
        if done.is_err() || end == End::Rollback {
            self.backing.rollback();
            self.current = self.committed.clone();
            return done;
        }
        let committed = self.backing.commit();
        committed.map_err(|error| failed("commit", &error))?;
        self.committed = self.current.clone();
        Ok(())
    }

    /// Another transaction sees what is committed, all of it and nothing else.
    fn is_as_committed(&mut self, when: &'static str) -> Result<()> {
        self.transaction(Durability::Soon, End::Rollback, |check| {
            check.when = when;
            check.scan(&BEGINNING, &END, usize::MAX)
        })
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let put = self.backing.put(key, value);
        put.map_err(|error| failed("put", &error))?;
        self.current.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn get(&mut self, key: &[u8]) -> Result<()> {
        let got = self.backing.get(key);
        let got = got.map_err(|error| failed("get", &error))?;
        let found: Vec<_> = got.into_iter().map(|value| (key.to_vec(), value)).collect();
        let record = self.current.get_key_value(key);
        let expected: Vec<_> = record.into_iter().collect();
        same("get", difference(&Asked::One, &expected, &found))
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        let deleted = self.backing.delete(key);
        deleted.map_err(|error| failed("remove", &error))?;
        self.current.remove(key);
        Ok(())
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        let deleted = self.backing.delete_range(from, to);
        deleted.map_err(|error| failed("remove_range", &error))?;
        self.current
            .retain(|key, _| key.as_slice() < from || key.as_slice() >= to);
        self.scan(&BEGINNING, &END, usize::MAX)
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<()> {
        let scanned = self.backing.scan(from, to, limit);
        let found = scanned.map_err(|error| failed("scan", &error))?;
        let range = from.to_vec()..to.to_vec();
        let expected: Vec<_> = self.current.range(range).take(limit).collect();
        let asked = Asked::Range { from, to, limit };
        same("scan", difference(&asked, &expected, &found))
    }
}

/// A function failed, which it has no reason to.
fn failed(function: &str, error: &Error) -> Error {
    Error::new(
        error.status(),
        format!("{function} failed: {}", error.message()),
    )
}

fn same(function: &str, difference: Option<String>) -> Result<()> {
    match difference {
        None => Ok(()),
        Some(why) => Err(Error::new(
            Status::DB,
            format!("{function} is wrong: {why}"),
        )),
    }
}

#[cfg(test)]
mod tests;
