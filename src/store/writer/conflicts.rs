//! The conflicts of a writer, numbered: who steps over one does not step over the next.

use crate::Error;

/// The conflict that there is, and what became of those before.
#[derive(Default)]
pub(crate) struct Conflicts {
    /// How many there have been; the number of the last.
    count: u64,
    /// The last one, while it is there.
    current: Option<Error>,
    /// The program wants to step over all up to this one.
    step: u64,
    /// The last one that was stepped over.
    resolved: u64,
}

impl Conflicts {
    /// There is another one. Returns its number.
    pub(crate) fn begin(&mut self, error: Error) -> u64 {
        self.count += 1;
        self.current = Some(error);
        self.count
    }

    pub(crate) fn current(&self) -> Option<&Error> {
        self.current.as_ref()
    }

    /// The program wants to step over the one that there is. Returns its number.
    pub(crate) fn step_over(&mut self) -> Option<u64> {
        self.current.as_ref()?;
        self.step = self.count;
        Some(self.count)
    }

    pub(crate) fn is_to_be_stepped_over(&self, number: u64) -> bool {
        self.step >= number
    }

    /// The last one is over: other boxes were chosen, or that has failed.
    pub(crate) fn end(&mut self, was_resolved: bool) {
        self.current = None;
        if was_resolved {
            self.resolved = self.count;
        }
    }

    pub(crate) fn is_over(&self, number: u64) -> bool {
        self.count != number || self.current.is_none()
    }

    pub(crate) fn was_resolved(&self, number: u64) -> bool {
        self.resolved >= number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    fn taken() -> Error {
        Error::new(Status::BOX_ALREADY_EXISTS, "taken")
    }

    #[test]
    fn who_steps_over_one_conflict_does_not_step_over_the_next() {
        let mut conflicts = Conflicts::default();
        assert_eq!(conflicts.step_over(), None);
        let first = conflicts.begin(taken());
        assert!(!conflicts.is_to_be_stepped_over(first));
        assert_eq!(conflicts.step_over(), Some(first));
        assert_eq!(conflicts.step_over(), Some(first), "twice is once");
        assert!(conflicts.is_to_be_stepped_over(first) && !conflicts.is_over(first));
        conflicts.end(true);
        assert!(conflicts.is_over(first) && conflicts.was_resolved(first));
        let second = conflicts.begin(taken());
        assert!(!conflicts.is_to_be_stepped_over(second));
        assert!(conflicts.is_over(first));
        conflicts.end(false);
        assert!(conflicts.is_over(second) && !conflicts.was_resolved(second));
    }
}
