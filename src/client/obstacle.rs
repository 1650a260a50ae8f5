//! What delays a call, as far as this client can know: the text of a time-out.

use std::time::Duration;

use crate::client::connection::{Lane, Owed};
use crate::client::shared::{Phase, Shared};
use crate::sync::lock;
use crate::{Error, Status};

/// The start of the text.
const OVER: &str = "the time limit ran out";

impl Shared {
    /// What delays everything that has to leave this machine.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        let phase = *lock(&self.phase);
        match phase {
            Phase::Connecting { .. } => Some(
                "the daemon has not opened a session yet; one without a document of its network \
                 holds that back for half a minute",
            ),
            Phase::Left => Some("the client is disconnected"),
            _ if !self.is_attached() => Some("the daemon is not reachable at the moment"),
            _ if !self.is_connected() => Some("the daemon is not on the mixnet at the moment"),
            _ => None,
        }
    }

    /// The error of a call whose time is over, with what delayed it.
    pub(crate) fn timed_out(&self) -> Error {
        self.timed_out_with(OVER)
    }

    /// A time-out whose text starts with `text` and continues with what the call waits for.
    pub(crate) fn timed_out_with(&self, text: &str) -> Error {
        let failure = self.lanes.iter().find_map(|lane| lane.failure());
        let mut reasons: Vec<String> = Vec::new();
        reasons.extend(self.obstacle().map(str::to_owned));
        let lacks_document = reasons.is_empty() && lock(&self.view).document().is_err();
        if lacks_document && *lock(&self.phase) == Phase::Open {
            reasons.push("the daemon has no document of its network yet".to_owned());
        }
        reasons.extend(self.silence());
        if reasons.is_empty() {
            reasons.extend(self.queue());
        }
        let mut text = match reasons.is_empty() {
            true => text.to_owned(),
            false => format!("{text}: {}", reasons.join("; ")),
        };
        let Some(failure) = failure else {
            return Error::new(Status::TIMEOUT, text);
        };
        let reason = failure.message();
        text.push_str(&format!("; a connection cannot be opened: {reason}"));
        Error::new(Status::TIMEOUT, text).with_errno_of(&failure)
    }

    /// For how long the daemon has owed what it sends without delay: answers, and greetings.
    fn silence(&self) -> impl Iterator<Item = String> {
        let is_open = *lock(&self.phase) == Phase::Open;
        let owed = self.lanes.iter().filter(|_| is_open);
        let owed: Vec<_> = owed.filter_map(|lane| lane.owed_since()).collect();
        [
            (Owed::Answer, "the daemon has not answered a request"),
            (
                Owed::Greeting,
                "the daemon has not greeted a new connection",
            ),
        ]
        .into_iter()
        .filter_map(move |(kind, text)| {
            let since = owed.iter().filter(|(owed, _)| *owed == kind);
            let oldest = since.map(|(_, since)| *since).min()?;
            Some(format!(
                "{text} for {}",
                seconds(crate::clock::since(oldest))
            ))
        })
    }

    /// Unanswered requests to the network, where nothing else is known to delay the call.
    fn queue(&self) -> Option<String> {
        let sum = |count: fn(&Lane) -> usize| -> usize {
            self.lanes.iter().map(|lane| count(lane)).sum()
        };
        let running = sum(|lane| lane.lock().resends.running());
        let in_line = sum(|lane| lane.lock().resends.queued());
        (running + in_line > 0).then(|| {
            format!(
                "the network has not answered {running} that the daemon sends, and {in_line} \
                 wait for their turn"
            )
        })
    }
}

/// With one decimal, as people say it.
fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
