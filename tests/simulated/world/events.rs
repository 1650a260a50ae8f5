//! What a sink tells.

use kpclient::client::{Event, EventSink, Timeout};

use super::waiting::PATIENCE;

/// The next event for which `pick` gives something; what comes before it is passed over.
pub fn await_event<T>(sink: &EventSink, pick: impl Fn(&Event) -> Option<T>) -> T {
    loop {
        let event = sink.next(PATIENCE).unwrap();
        if let Some(found) = pick(&event.expect("it never comes")) {
            return found;
        }
    }
}

/// Waits for an event and gives it with all before it.
pub fn events_until(sink: &EventSink, is_last: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let event = sink.next(PATIENCE).unwrap().expect("an event in time");
        let was_last = is_last(&event);
        events.push(event);
        if was_last {
            return events;
        }
    }
}

/// What a sink holds now, as far as `pick` gives something for it.
pub fn events<T>(sink: &EventSink, pick: impl Fn(Event) -> Option<T>) -> Vec<T> {
    drain(sink).into_iter().filter_map(pick).collect()
}

/// What a sink holds now.
pub fn drain(sink: &EventSink) -> Vec<Event> {
    let mut events = Vec::new();
    while let Ok(Some(event)) = sink.next(Timeout::Poll) {
        events.push(event);
    }
    events
}
