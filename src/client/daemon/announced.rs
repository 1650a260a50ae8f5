//! What was published of the daemon, so that each change is published once.

use crate::wire::Id;

/// What was told, so that nothing is told twice.
#[derive(Default)]
pub(crate) struct Announced {
    /// The loss of the daemon, and its return was not.
    pub(crate) lost: bool,
    /// The daemon's word that it shuts down.
    pub(crate) shutting_down: bool,
    /// The daemon process, by the token that newer ones have; none before the first connection.
    pub(crate) instance: Option<Option<Id>>,
}

impl Announced {
    /// The daemon is reached. Gives what is to be told of that.
    pub(crate) fn reach(&mut self, instance: Option<Id>) -> Reached {
        let was_lost = std::mem::take(&mut self.lost);
        self.shutting_down = false;
        match self.instance.replace(instance) {
            None => Reached::First,
            Some(before) if before != instance => Reached::Restarted,
            // Without a token there are no sessions either: whatever it is, it has forgotten.
            Some(None) if was_lost => Reached::Restarted,
            Some(_) if was_lost => Reached::Resumed,
            Some(_) => Reached::Again,
        }
    }
}

/// How a lane's new connection looks from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    First,
    Restarted,
    Resumed,
    /// Another lane is up already.
    Again,
}
