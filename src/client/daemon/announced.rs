//! What was published about the daemon, so that each change is published once.

use crate::wire::Id;

/// What was published, so that nothing is published twice.
#[derive(Default)]
pub(crate) struct Announced {
    /// The loss of the daemon was published, and its return was not.
    pub(crate) lost: bool,
    /// The daemon's shutdown notice was published.
    pub(crate) shutting_down: bool,
    /// The daemon process, by the token that newer daemons have; `None` before the first
    /// connection.
    pub(crate) instance: Option<Option<Id>>,
}

impl Announced {
    /// The daemon is connected. Returns the change to publish.
    pub(crate) fn reach(&mut self, instance: Option<Id>) -> Reached {
        let was_lost = std::mem::take(&mut self.lost);
        self.shutting_down = false;
        match self.instance.replace(instance) {
            None => Reached::First,
            Some(before) if before != instance => Reached::Restarted,
            // Without a token there are no sessions either: such a daemon has lost its state.
            Some(None) if was_lost => Reached::Restarted,
            Some(_) if was_lost => Reached::Resumed,
            Some(_) => Reached::Again,
        }
    }
}

/// How a lane's new connection looks to the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    First,
    Restarted,
    Resumed,
    /// Another lane is connected already.
    Again,
}
