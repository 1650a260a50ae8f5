//! The library's own backings pass, and each way to break a rule is found.

use super::*;
use crate::secret::WipingVec;
use crate::store::backing::memory::Memory;
use crate::store::backing::sqlite::Sqlite;
use crate::store::backing::Record;

#[test]
fn the_backings_of_the_library_pass() {
    for seed in 1..4 {
        let mut memory = Memory::default();
        check(&mut memory, seed).unwrap();
        assert!(memory.records().is_empty());
        check(&mut Sqlite::open(None).unwrap(), seed).unwrap();
    }
}

#[test]
fn a_database_with_records_is_refused() {
    let mut memory = Memory::default();
    memory.begin(Durability::Now).unwrap();
    memory.put(b"mine", b"").unwrap();
    memory.commit().unwrap();
    let error = check(&mut memory, 1).unwrap_err();
    assert!(error.message().contains("must be empty"), "{error}");
    assert_eq!(memory.records().len(), 1);
}

/// A way to break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    RollbackKeeps,
    CommitLoses,
    CommitLosesTheLast,
    ReadsWhatIsCommitted,
    PutKeepsTheOld,
    EmptyIsMissing,
    ValueEndsAtZero,
    ValueIsCut,
    KeyEndsAtZero,
    KeyIsCut,
    CaseIsIgnored,
    BlanksAreTrimmed,
    OrderOfSignedBytes,
    OrderIsReversed,
    RangeHasItsEnd,
    RangeLacksItsBeginning,
    LimitIsIgnored,
    LimitIsOneLess,
    DeleteOfNothingFails,
    DeleteDoesNothing,
    DeleteRangeHasItsEnd,
    DeleteRangeLacksItsBeginning,
    ClaimIsKept,
}

const FAULTS: [Fault; 23] = [
    Fault::RollbackKeeps,
    Fault::CommitLoses,
    Fault::CommitLosesTheLast,
    Fault::ReadsWhatIsCommitted,
    Fault::PutKeepsTheOld,
    Fault::EmptyIsMissing,
    Fault::ValueEndsAtZero,
    Fault::ValueIsCut,
    Fault::KeyEndsAtZero,
    Fault::KeyIsCut,
    Fault::CaseIsIgnored,
    Fault::BlanksAreTrimmed,
    Fault::OrderOfSignedBytes,
    Fault::OrderIsReversed,
    Fault::RangeHasItsEnd,
    Fault::RangeLacksItsBeginning,
    Fault::LimitIsIgnored,
    Fault::LimitIsOneLess,
    Fault::DeleteOfNothingFails,
    Fault::DeleteDoesNothing,
    Fault::DeleteRangeHasItsEnd,
    Fault::DeleteRangeLacksItsBeginning,
    Fault::ClaimIsKept,
];

#[test]
fn each_broken_rule_is_found() {
    for fault in FAULTS {
        let mut faulty = Faulty {
            memory: Memory::default(),
            fault,
            last: None,
        };
        let error = check(&mut faulty, 1).expect_err(&format!("{fault:?} is not found"));
        assert_eq!(error.status(), Status::DB, "{fault:?}");
        println!("{fault:?}: {error}");
    }
}

/// Records in memory, with one fault.
struct Faulty {
    memory: Memory,
    fault: Fault,
    last: Option<Vec<u8>>,
}

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        let until_zero = || key.iter().take_while(|byte| **byte != 0).copied().collect();
        match self.fault {
            Fault::KeyEndsAtZero => until_zero(),
            Fault::KeyIsCut => key[..key.len().min(255)].to_vec(),
            Fault::CaseIsIgnored => key.to_ascii_lowercase(),
            Fault::BlanksAreTrimmed => key.trim_ascii_end().to_vec(),
            _ => key.to_vec(),
        }
    }

    fn value(&self, value: &[u8]) -> Vec<u8> {
        let length = match self.fault {
            Fault::ValueEndsAtZero => value.iter().position(|byte| *byte == 0),
            Fault::ValueIsCut => Some(value.len().min(1 << 20)),
            _ => None,
        };
        value[..length.unwrap_or(value.len())].to_vec()
    }

    /// All that is in a range, as the faulty one sees it.
    fn range(&mut self, from: &[u8], to: &[u8]) -> Result<Vec<Record>> {
        let mut end = to.to_vec();
        if self.has(Fault::RangeHasItsEnd) {
            end.push(0);
        }
        let mut records = self.memory.scan(from, &end, usize::MAX)?;
        match self.fault {
            Fault::RangeLacksItsBeginning => records.retain(|(key, _)| key != from),
            Fault::OrderIsReversed => records.reverse(),
            Fault::OrderOfSignedBytes => {
                records.sort_by_key(|(key, _)| {
                    let signed = key.iter().map(|byte| byte.cast_signed());
                    signed.collect::<Vec<_>>()
                });
            }
            _ => {}
        }
        Ok(records)
    }
}

impl Backing for Faulty {
    fn begin(&mut self, durability: Durability) -> Result<()> {
        self.last = None;
        self.memory.begin(durability)
    }

    fn commit(&mut self) -> Result<()> {
        match self.fault {
            Fault::CommitLoses => self.memory.rollback(),
            Fault::CommitLosesTheLast => {
                if let Some(last) = self.last.take() {
                    self.memory.delete(&last)?;
                }
                self.memory.commit()?;
            }
            _ => self.memory.commit()?,
        }
        Ok(())
    }

    fn rollback(&mut self) {
        match self.fault {
            Fault::RollbackKeeps => self.memory.commit().unwrap(),
            _ => self.memory.rollback(),
        }
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        if self.has(Fault::ReadsWhatIsCommitted) && self.last.is_some() {
            return Ok(None);
        }
        let found = self.memory.get(&self.key(key))?;
        Ok(found.filter(|value| !self.has(Fault::EmptyIsMissing) || !value.is_empty()))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let key = self.key(key);
        self.last = Some(key.clone());
        if self.has(Fault::PutKeepsTheOld) && self.memory.get(&key)?.is_some() {
            return Ok(());
        }
        self.memory.put(&key, &self.value(value))
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        let key = self.key(key);
        if self.has(Fault::DeleteOfNothingFails) && self.memory.get(&key)?.is_none() {
            return Err(Error::new(Status::DB, "there is no such record"));
        }
        match self.fault {
            Fault::DeleteDoesNothing => Ok(()),
            _ => self.memory.delete(&key),
        }
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        let (mut begin, mut end) = (from.to_vec(), to.to_vec());
        match self.fault {
            Fault::DeleteRangeHasItsEnd => end.push(0),
            Fault::DeleteRangeLacksItsBeginning => begin.push(0),
            _ => {}
        }
        self.memory.delete_range(&begin, &end)
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        let mut records = self.range(from, to)?;
        records.truncate(match self.fault {
            Fault::LimitIsIgnored => usize::MAX,
            Fault::LimitIsOneLess => limit.saturating_sub(1).max(1),
            _ => limit,
        });
        Ok(records)
    }

    fn claim(&mut self, channel: u64) -> Result<()> {
        self.memory.claim(channel)
    }

    fn release(&mut self, channel: u64) {
        if !self.has(Fault::ClaimIsKept) {
            self.memory.release(channel);
        }
    }
}
