//! Ordered faults.

use super::types::Fault;

/// Open faults, in the order of their commands.
#[derive(Default)]
pub(super) struct Faults(Vec<(Fault, u32)>);

impl Faults {
    /// Applies a fault to the next `times` matching events.
    pub(super) fn add(&mut self, fault: Fault, times: u32) {
        if times > 0 {
            self.0.push((fault, times));
        }
    }

    /// Discards all open faults.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the first matching fault, once.
    pub(super) fn take<T>(&mut self, matching: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let (at, found) = self
            .0
            .iter()
            .enumerate()
            .find_map(|(at, (fault, _))| matching(fault).map(|found| (at, found)))?;
        self.0[at].1 -= 1;
        if self.0[at].1 == 0 {
            self.0.remove(at);
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_asked_and_only_where_it_matches() {
        let mut faults = Faults::default();
        faults.add(Fault::ReplicaRead(4), 2);
        faults.add(Fault::DamagedBox, 1);
        faults.add(Fault::Copy(1), 0);
        let read = |fault: &Fault| match fault {
            Fault::ReplicaRead(code) => Some(*code),
            _ => None,
        };
        assert_eq!(faults.take(read), Some(4));
        assert_eq!(faults.take(read), Some(4));
        assert_eq!(faults.take(read), None);
        assert!(faults
            .take(|fault| (*fault == Fault::DamagedBox).then_some(()))
            .is_some());
        assert!(faults.0.is_empty());
    }
}
